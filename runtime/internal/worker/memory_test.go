package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// sized is tallied with what a run of the kind declares to take, in bytes.
func (f *fixture) sized(kind string, bytes int64) {
	f.tallied(kind)
	f.config.Kinds[kind].Memory = bytes
}

// watch lets d pass and returns how many of each kind ran at once at most.
func (f *fixture) watch(d time.Duration) []int {
	most := make([]int, len(f.config.Tallies))
	for range int(d / (100 * time.Millisecond)) {
		f.pass(100 * time.Millisecond)
		for i, t := range f.sample().Tallies {
			most[i] = max(most[i], t.Running)
		}
	}
	return most
}

// As many run as there is memory for. What does not fit beside them takes no slot
// from tasks that say nothing, spends no attempt, and runs in its turn.
func TestRoom(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.sized("big", 300)
		f.tallied("small")
		f.config.Slots, f.config.Room = 8, 1000
		f.start()
		f.put("mail", "big", times(12, "2s"))
		f.put("mail", "small", times(20, "1s"))
		most := f.watch(10 * time.Second)
		if most[0] != 3 || most[1] < 5 {
			t.Errorf("at once at most %v; there is room for 3 of the first", most)
		}
		if s := f.sample(); s.Tallies[1].Succeeded != 20 || s.Refused == 0 || s.Reserved != int64(300*s.Tallies[0].Running) {
			t.Errorf("after 10 s: %+v", s)
		}
		if most = f.watch(time.Minute); most[0] > 3 {
			t.Errorf("then at once at most %v", most)
		}
		if q := f.info("mail"); q.Done != 32 || q.Retried != 0 || q.Died != 0 || q.Pending+q.Scheduled+q.Active != 0 {
			t.Errorf("in the end: %+v", q)
		}
		if s := f.sample(); s.Reserved != 0 || s.Tallies[0].Started[0].Again != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

// The room changes with what the rest of the process takes: where there is none, one
// task runs.
func TestRoomChanges(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.sized("big", 300)
		f.config.Slots, f.config.Room = 8, 1000
		f.start()
		f.put("mail", "big", times(100, "2s"))
		for _, test := range []struct {
			room        int64
			least, most int
		}{{1000, 3, 3}, {0, 1, 1}, {650, 2, 2}, {1 << 40, 4, 8}} {
			f.engine.Room(test.room)
			f.pass(5 * time.Second)
			if n := f.watch(10 * time.Second)[0]; n < test.least || n > test.most {
				t.Errorf("room of %d: up to %d run at once, want %d to %d", test.room, n, test.least, test.most)
			}
		}
	})
}

// A stream of small tasks leaves room for a large one, though it came first.
func TestLargeTaskIsNotStarved(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.sized("large", 800)
		f.sized("small", 100)
		f.config.Slots, f.config.Room = 10, 1000
		f.start()
		f.put("mail", "small", times(400, "1s"))
		f.pass(2 * time.Second)
		large := f.put("mail", "large", times(3, "1s"), func(m *broker.Message) { m.Priority = 1 })
		f.watch(20 * time.Second)
		for i, ref := range large {
			if e := f.find(ref); e.State != broker.StateDone {
				t.Errorf("large task %d is %v after 20 s", i, e.State)
			}
		}
		if s := f.sample(); s.Tallies[1].Succeeded < 50 {
			t.Errorf("only %d small ones are done meanwhile", s.Tallies[1].Succeeded)
		}
	})
}

// A kind that can never fit here is left to another worker, as one that is unknown.
func TestUnfit(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.config.Unfit = map[string]string{"huge": "a run takes 4000 MB, and this process may use 900"}
		f.start()
		ref := f.put("mail", "huge", times(1, "1s"))[0]
		f.pass(10 * time.Second)
		if q := f.info("mail"); q.Done != 0 || q.Active != 0 || f.engine.Stats().Unknown == 0 {
			t.Errorf("%+v", q)
		}
		if said := f.log.grep("too large for this process"); len(said) != 1 || !strings.Contains(said[0], "4000 MB") || len(f.log.grep("no handler")) > 0 {
			t.Errorf("log: %q", said)
		}
		other := f.another()
		other.handle("huge", sleeper)
		other.start()
		f.pass(time.Minute)
		if e := f.find(ref); e.State != broker.StateDone {
			t.Errorf("with a worker that is large enough it is %v", e.State)
		}
	})
}
