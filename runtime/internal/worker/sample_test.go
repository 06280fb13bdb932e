package worker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A sample says what runs, what ended and how, and for how long slots were busy.
func TestSample(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.handle("work", func(_ context.Context, payload string) (string, error) {
			time.Sleep(4 * time.Second)
			switch payload {
			case "retry":
				return "", errors.New("boom")
			case "dead":
				return "", &Verdict{Outcome: broker.Dead, Err: errors.New("never")}
			}
			return "", nil
		})
		tally := &Tally{Started: make([]Starts, 1)}
		f.config.Kinds["work"].Tally, f.config.Tallies = tally, []*Tally{tally}
		f.config.Slots = 3
		f.start()
		f.put("mail", "work", []string{"ok", "dead", "retry", "ok"})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		var s Sample
		f.engine.Sample(&s)
		if s.Active != 3 || s.Tallies[0].Running != 3 || s.Busy != 9*time.Second || s.Outage {
			t.Errorf("while they run: %+v", s)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		f.engine.Sample(&s)
		want := Tally{
			Started: []Starts{{First: 4, Again: 3}}, Succeeded: 3, Failed: 4,
			SuccessSeconds: 12, SuccessArea: 48, FailedSeconds: 16,
		}
		if diff := cmp.Diff(want, s.Tallies[0], cmpopts.IgnoreUnexported(Tally{})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if s.Busy != 28*time.Second || s.Waits[0].Count != 7 || s.Waits[0].Quantile(1) < 3*time.Second {
			t.Errorf("afterwards: busy %v, waits %d, longest %v", s.Busy, s.Waits[0].Count, s.Waits[0].Max)
		}
	})
}
