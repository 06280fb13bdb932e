package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

// evil would tell, if anything ran it.
const evil = `bad <img src=x onerror="window.ran=1"><script>window.ran=1</script>`

// What a machine that has much else to do may take: for all, and for one thing.
const (
	patience = 9 * time.Minute
	moment   = time.Minute
)

// A browser looks at the dashboard of a fixture.
type browser struct {
	*fixture
	ctx  context.Context
	base string

	commands []string // that the questions showed

	mu     sync.Mutex
	errors []string
}

// chromium finds the browser. With TASKQUEUE_BROWSER set it must be there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("TASKQUEUE_BROWSER") != "" {
		t.Fatal("there is no browser: install chromium")
	}
	t.Skip("THE DASHBOARD IS NOT TESTED: install chromium, or run make test-web to see this fail")
	return ""
}

func newBrowser(t *testing.T, f *fixture) *browser {
	t.Helper()
	server := httptest.NewServer(f.handler)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(ctx)
	ctx, cancel := context.WithTimeout(ctx, patience)
	b := &browser{fixture: f, ctx: ctx, base: server.URL + "/tasks/"}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("the browser does not end: %v", err)
		}
		cancel()
		leave()
		stop()
	})
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

// listen collects what the console says is wrong.
func (b *browser) listen(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			text = fmt.Sprint(e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	}
	if text != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.errors = append(b.errors, text)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// run runs a script in the page.
func (b *browser) run(script string) {
	b.Helper()
	if b.is("(" + script + ", false)") {
		b.Fatalf("%s: it did not run", script)
	}
}

// is evaluates a condition in the page.
func (b *browser) is(condition string) bool {
	b.Helper()
	holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](condition))
	if err != nil {
		b.Fatalf("%s: %v", condition, err)
	}
	return holds
}

// until waits until a condition holds in the page.
func (b *browser) until(condition string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(moment))); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.Fatalf("never: %s: %v\n%s", condition, err, text)
	}
}

// open shows a page and waits for a text on it.
func (b *browser) open(hash, text string) {
	b.Helper()
	b.run("location.hash = " + quote(hash))
	b.until("document.querySelector('main').dataset.shows === " + quote(hash) + " && document.querySelector('main').innerText.includes(" + quote(text) + ")")
}

// quote is a text as JavaScript has it.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// press clicks a button of the page by its text, fills in what the question asks for,
// and agrees. Each question tells the command that does the same.
func (b *browser) press(text string, values ...string) {
	b.Helper()
	find := "[...document.querySelectorAll('main button')].find((b) => b.textContent === " + quote(text) + ")"
	b.until("!!" + find)
	b.run(find + ".click()")
	b.until("document.querySelector('dialog').open && document.querySelector('dialog .note').textContent !== 'counting …'")
	for i, v := range values {
		b.run(fmt.Sprintf("document.querySelectorAll('dialog input')[%d].value = %s", i, quote(v)))
	}
	b.run("document.querySelector('dialog form').oninput()")
	command, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.querySelector('dialog .command code')?.textContent ?? ''"))
	if err != nil || !strings.HasPrefix(command, "tq ") {
		b.Errorf("%s shows the command %q, %v", text, command, err)
	}
	b.commands = append(b.commands, command)
	b.run("document.querySelector('dialog [type=submit]').click()")
	b.until("!document.querySelector('dialog').open")
}

// tick chooses the first n tasks of a list.
func (b *browser) tick(n int) {
	b.Helper()
	b.until(fmt.Sprintf("document.querySelectorAll('tbody input[type=checkbox]').length >= %d", n))
	b.run(fmt.Sprintf("[...document.querySelectorAll('tbody input[type=checkbox]')].slice(0, %d).forEach((box) => box.click())", n))
}

// rows waits until a list has so many.
func (b *browser) rows(n int) {
	b.Helper()
	b.until(fmt.Sprintf("document.querySelectorAll('tbody tr').length === %d", n))
}

// queue is the default queue as the store has it.
func (b *browser) queue() taskqueue.QueueInfo {
	b.Helper()
	q, err := b.client.Queues(b.Context(), taskqueue.Default)
	if err != nil {
		b.Fatal(err)
	}
	return q[0]
}

func (b *browser) state(id taskqueue.ID) string {
	e, err := b.client.Find(b.Context(), id)
	if err != nil {
		return "gone"
	}
	return e.State.String()
}

// A page is an address with a text that it shows.
type page struct{ hash, text string }

// TestBrowser: every page shows live data, every action works, and what tasks
// carry stays text.
func TestBrowser(t *testing.T) {
	f := busy(t, web.Config{ShowRaw: true})
	f.addCron("nightly")
	f.tellSchema("test.Note", `{"version":1,"payload":{"type":"array","prefixItems":[{"title":"text","type":"string"},{"title":"pin","type":"string","writeOnly":true}]},"result":{"type":"string"}}`)
	for range 2 {
		f.add(evil, taskqueue.WithHeader("<b>", evil))
	}
	f.settled(6)
	b := newBrowser(t, f)
	b.do(chromedp.Navigate(b.base))
	dead := b.firstDead()
	pages := []page{
		{"#/", "test.Note"},
		{"#/queues", "default"},
		{"#/queues/default", "Since the queue was first used"},
		{"#/tasks?queue=default&state=dead", dead},
		{"#/task/" + dead, "<script>window.ran=1</script>"},
		{"#/errors", "bad <img src=x"},
		{"#/dead?queue=default&error=IMG", "2 of 3 that were looked at"},
		{"#/workers", "1 of 4"},
		{"#/workers/" + f.worker.Name(), "Queues, in its order"},
		{"#/schedules", "30 3 * * *"},
		{"#/autoscaler", "No worker has an autoscaler"},
		{"#/types", "pin"},
		{"#/store", "the memory of this process"},
	}
	for _, p := range pages {
		b.open(p.hash, p.text)
		if !b.is("window.ran === undefined && !document.querySelector('main img, main script')") {
			t.Errorf("%s: a task's text is more than text", p.hash)
		}
	}
	b.widths(pages)
	b.live()
	b.keyboard(dead)
	actions := b.actions(dead)
	b.result()
	b.mistyped()
	b.outage()
	b.spelled()
	b.mu.Lock()
	errors := len(b.errors)
	for _, e := range b.errors {
		t.Errorf("console: %s", e)
	}
	b.mu.Unlock()
	b.crossSite()
	t.Logf("web: %d endpoints, %d pages, %d actions, %d console errors", b.endpoints(), len(pages), actions, errors)
}

// widths: on a phone, a tablet and a desk nothing has to be moved aside to be seen.
func (b *browser) widths(pages []page) {
	b.Helper()
	for _, width := range []int64{390, 820, 1280} {
		b.do(chromedp.EmulateViewport(width, 900))
		for _, p := range pages {
			b.open(p.hash, p.text)
			if !b.is("[document.documentElement, ...document.querySelectorAll('.scroll')].every((e) => e.scrollWidth <= e.clientWidth + 1)") {
				b.Errorf("%s is wider than %d px", p.hash, width)
			}
			if !b.is(fmt.Sprintf("[...document.querySelectorAll('main .reason')].every((e) => e.getBoundingClientRect().right <= %d && e.getBoundingClientRect().height > 0)", width)) {
				b.Errorf("%s at %d px: a reason is out of sight", p.hash, width)
			}
		}
	}
}

// live: what happens is shown without a reload.
func (b *browser) live() {
	b.Helper()
	b.open("#/queues/default", "Dead letters")
	due := b.add("soon", taskqueue.In(time.Hour))
	b.until("[...document.querySelectorAll('.figure')].some((f) => f.innerText.includes('Scheduled') && f.innerText.includes('1'))")
	if err := b.client.Delete(b.Context(), due); err != nil {
		b.Fatal(err)
	}
}

// keyboard does without a mouse: search, pages, rows, boxes, help.
func (b *browser) keyboard(id string) {
	b.Helper()
	b.do(chromedp.KeyEvent("/"))
	b.until("document.activeElement.id === 'query'")
	b.do(chromedp.KeyEvent(id), chromedp.KeyEvent("\r"))
	b.until("location.hash === " + quote("#/task/"+id))
	b.do(chromedp.KeyEvent("2"))
	b.until("location.hash === '#/queues'")
	b.do(chromedp.KeyEvent("5"))
	b.until("location.hash === '#/dead' && document.querySelectorAll('tbody tr').length === 3")
	b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"), chromedp.KeyEvent("x"))
	b.until("document.querySelector('tbody tr').contains(document.activeElement) && document.querySelector('tbody input').checked")
	b.do(chromedp.KeyEvent("?"))
	b.until("document.querySelector('dialog').open && document.querySelector('dialog').innerText.includes('choose the row')")
	b.do(chromedp.KeyEvent("\r"))
	b.until("!document.querySelector('dialog').open")
}

// actions does everything that can be done, and returns how much that was.
func (b *browser) actions(dead string) int {
	b.Helper()
	n := 0
	hold := func(what string, ok bool) {
		n++
		if !ok {
			b.Errorf("%s did not work: %+v", what, b.queue())
		}
	}
	b.open("#/queues", "Pause")
	b.press("Pause")
	hold("pause", b.queue().Settings.Paused)
	b.press("Resume")
	b.until("!document.querySelector('.state.paused')")
	hold("resume", !b.queue().Settings.Paused)
	b.press("Limit", "77", "5", "10")
	s := b.queue().Settings
	hold("limit", s.MaxTasks == 77 && s.Concurrency == 5 && s.Rate.N == 10)

	b.open("#/task/"+dead, dead)
	b.press("Delete")
	hold("delete", b.queue().Dead == 2)
	if err := b.client.Pause(b.Context(), taskqueue.Default); err != nil {
		b.Fatal(err)
	}
	b.open("#/errors", "bad <img")
	b.press("Run again")
	hold("run a group again", b.queue().Dead+b.queue().Pending == 2 && b.queue().Dead == 1)
	b.press("Run all of default")
	hold("run all again", b.queue().Dead == 0 && b.queue().Pending == 2)

	n += b.taskActions()
	n += b.bulkActions()
	n += b.cronActions()
	b.open("#/queues/default", "Purge pending")
	b.press("Purge pending")
	hold("purge", b.queue().Pending == 0)
	return n
}

func (b *browser) taskActions() int {
	b.Helper()
	id := b.add("later", taskqueue.In(time.Hour))
	b.open("#/task/"+id.String(), "scheduled")
	b.press("Reschedule", "7200")
	if e, err := b.client.Find(b.Context(), id); err != nil || time.Until(e.At) < 100*time.Minute {
		b.Errorf("reschedule did not work: %+v, %v", e, err)
	}
	b.press("Run now")
	b.until("document.querySelector('.state').textContent === 'pending'")
	if got := b.state(id); got != "pending" {
		b.Errorf("run now: it is %s", got)
	}
	b.press("Cancel", "not wanted")
	if got := b.state(id); got != "gone" {
		b.Errorf("cancel: it is %s", got)
	}
	return 3
}

// bulkActions changes the tasks that are chosen, and all that a filter means.
func (b *browser) bulkActions() int {
	b.Helper()
	for range 6 {
		b.add("later", taskqueue.In(time.Hour))
	}
	b.open("#/tasks?queue=default&state=scheduled", "test.Note")
	b.tick(2)
	b.press("Run 2")
	if q := b.queue(); q.Scheduled != 4 {
		b.Errorf("two are run: %+v", q)
	}
	b.rows(4)
	b.tick(1)
	b.press("Cancel 1", "enough")
	b.rows(3)
	b.tick(1)
	b.press("Delete 1")
	if q := b.queue(); q.Scheduled != 2 || q.Discarded == 0 || q.Deleted == 0 {
		b.Errorf("one is cancelled, one deleted: %+v", q)
	}
	b.open("#/tasks?queue=default&state=scheduled&kind=test.Note", "looked at")
	b.press("Run all")
	if q := b.queue(); q.Scheduled != 0 {
		b.Errorf("all that match are run: %+v", q)
	}
	b.open("#/tasks?queue=default&state=pending&kind=test.Note", "looked at")
	b.press("Delete all")
	if q := b.queue(); q.Pending != 0 {
		b.Errorf("all that match are deleted: %+v", q)
	}
	return 5
}

func (b *browser) cronActions() int {
	b.Helper()
	b.open("#/schedules", "nightly")
	b.press("Pause")
	b.until("!!document.querySelector('.state.paused')")
	b.press("Resume")
	b.until("!document.querySelector('.state.paused')")
	before := b.queue().Enqueued
	b.press("Run now")
	if got := b.queue().Enqueued; got != before+1 {
		b.Errorf("a cron is run: %d tasks more", got-before)
	}
	return 3
}

// spelled: the commands that were shown are ones that tq knows.
func (b *browser) spelled() {
	b.Helper()
	tq := filepath.Join(b.TempDir(), "tq")
	if out, err := exec.Command("go", "build", "-o", tq, "github.com/tqgen/taskqueue/cmd/tq").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	slices.Sort(b.commands)
	for _, command := range slices.Compact(b.commands) {
		shell := exec.Command("sh", "-c", command+" --help")
		shell.Env = append(os.Environ(), "PATH="+filepath.Dir(tq)+":"+os.Getenv("PATH"))
		if out, err := shell.CombinedOutput(); err != nil || !strings.Contains(string(out), "Usage:") {
			b.Errorf("%s: %v\n%s", command, err, out)
		}
	}
}

// crossSite: a page of another origin cannot do anything.
func (b *browser) crossSite() {
	b.Helper()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>another site</title>"))
	}))
	defer other.Close()
	if err := b.client.Resume(b.Context(), taskqueue.Default); err != nil {
		b.Fatal(err)
	}
	b.do(chromedp.Navigate(other.URL))
	for _, kind := range []string{"text/plain", "application/json"} {
		b.run(fmt.Sprintf("window.over = 0, fetch(%s, {method: 'POST', mode: %s, headers: {'Content-Type': %s}, body: '{}'}).catch(() => 0).then(() => { window.over = 1 })",
			quote(b.base+"queues/default/pause"), quote(map[bool]string{true: "no-cors", false: "cors"}[strings.HasPrefix(kind, "text")]), quote(kind)))
		b.until("window.over === 1")
		if b.queue().Settings.Paused {
			b.Errorf("a page of another origin has paused a queue with %s", kind)
		}
	}
}
