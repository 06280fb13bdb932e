package worker

import (
	"fmt"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// An idle process asks little of its store, however many queues it serves, and a
// session that lapses meanwhile costs the next task nothing.
func TestIdle(t *testing.T) {
	for _, test := range []struct{ queues, most int }{{1, 4}, {3, 12}, {50, 0}} {
		t.Run(fmt.Sprint(test.queues, " queues"), func(t *testing.T) {
			bubble(t, func(f *fixture) {
				for i := range test.queues - 1 {
					f.config.Queues = append(f.config.Queues, Queue{Name: fmt.Sprint("q", i), Weight: 1})
				}
				f.handle("test", sleeper)
				f.start()
				f.pass(time.Second)
				before := f.faults.count()
				f.pass(time.Minute)
				if n := f.faults.count() - before; n > test.most {
					t.Errorf("%d cycles in a minute, want at most %d", n, test.most)
				}
				before = f.faults.count()
				ref := f.put("mail", "test", []string{"1ms"})[0]
				f.pass(10 * time.Millisecond)
				if e := f.find(ref); e.State != broker.StateDone {
					t.Errorf("%v", e.State)
				}
				if n := f.faults.count() - before; n > 3 {
					t.Errorf("%d cycles for a task", n)
				}
			})
		})
	}
}
