package webtest

import (
	"slices"
	"strings"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// result: what a task left is shown as the schema says.
func (b *browser) result() {
	b.Helper()
	if err := b.client.Resume(b.Context(), taskqueue.Default); err != nil {
		b.Fatal(err)
	}
	id := b.add("kept", taskqueue.Retention(time.Hour))
	b.await(func() bool { return b.state(id) == "done" })
	b.open("#/task/"+id.String(), "seen kept")
}

// mistyped: an address that means nothing is said to be one.
func (b *browser) mistyped() {
	b.Helper()
	for _, hash := range []string{"#/constructor", "#/__proto__/x", "#/nothing", "#/%E0%A4%A"} {
		b.open(hash, "There is no such page.")
	}
	b.refused("400", func() {
		b.run(`location.hash = "#/task/%"`)
		b.until("document.getElementById('trouble').textContent.includes('no task id')")
	})
}

// outage: while the store is down each page says so, and when it is back each is live.
func (b *browser) outage() {
	b.Helper()
	pages := []page{
		{"#/queues/default", "Limits"}, {"#/tasks", "Type"}, {"#/errors", "Errors"}, {"#/dead", "Type"}, {"#/workers", "running"},
		{"#/schedules", "nightly"}, {"#/autoscaler", "autoscaler"}, {"#/types", "test.Note"}, {"#/store", "memory"},
	}
	b.refused("503", func() {
		b.open("#/", "test.Note")
		b.store.down.Store(true)
		b.until("document.getElementById('trouble').textContent.includes('store') && document.getElementById('health').textContent === 'trouble'")
		for _, p := range pages {
			b.run("document.getElementById('trouble').textContent = '', location.hash = " + quote(p.hash))
			b.until("document.getElementById('trouble').textContent.includes('store') && !document.getElementById('trouble').hidden")
		}
		b.store.down.Store(false)
		b.until("document.getElementById('trouble').hidden && document.getElementById('health').textContent !== 'trouble'")
		for _, p := range pages {
			b.open(p.hash, p.text)
		}
	})
}

// refused does what the server answers with a status; the browser tells its console of
// that, and may tell of nothing else.
func (b *browser) refused(status string, do func()) {
	b.Helper()
	b.mu.Lock()
	before := len(b.errors)
	b.mu.Unlock()
	do()
	b.open("#/queues", "default")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errors = slices.DeleteFunc(b.errors, func(e string) bool { return strings.Contains(e, "status of "+status) })
	for _, e := range b.errors[min(before, len(b.errors)):] {
		b.Errorf("besides %s: %s", status, e)
	}
}
