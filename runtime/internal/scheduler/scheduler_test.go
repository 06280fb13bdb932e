package scheduler

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func (x *fixture) want(ticks ...string) {
	x.Helper()
	if diff := cmp.Diff(ticks, x.ticks()); diff != "" {
		x.Errorf("ticks (-want +got):\n%s", diff)
	}
}

func TestOneTaskATick(t *testing.T) {
	for _, engines := range []int{1, 2, 5} {
		bubble(t, func(x *fixture) {
			var all []*Engine
			for range engines {
				all = append(all, x.engine(x.schedule("beat", "@every 1s", "")))
			}
			x.run(all...)
			pass(20 * time.Second)
			if n := len(x.ticks()); n != 20 {
				x.Errorf("%d engines: %d tasks in 20 s", engines, n)
			}
			pass(100 * time.Second)
			if n := len(x.ticks()); n != 100 {
				x.Errorf("%d engines: %d tasks in 100 s", engines, n)
			}
			if other := x.calls - engines*120; other > engines*4 { // marks, and the time once a minute
				x.Errorf("%d engines: %d calls that do not enqueue", engines, other)
			}
			x.expect()
		})
	}
}

// A year of hourly cron, with what the zone's clocks do meanwhile.
func TestYear(t *testing.T) {
	for _, tt := range []struct {
		spec, zone string
		want       int
	}{
		{"0 * * * *", "America/New_York", 366 * 24},
		{"30 1,2 * * *", "America/New_York", 366 * 2},
	} {
		t.Run(tt.spec+" "+tt.zone, func(t *testing.T) {
			began := time.Now()
			bubble(t, func(x *fixture) {
				x.run(x.engine(x.schedule("hour", tt.spec, tt.zone)))
				pass(366 * 24 * time.Hour)
				if n := len(x.taken); n != tt.want {
					x.Errorf("%d ticks, want %d", n, tt.want)
				}
				for _, tick := range x.taken {
					if !tick.at.Equal(tick.tick) {
						x.Fatalf("tick %v was sent at %v", tick.tick, tick.at)
					}
				}
				x.expect()
			})
			t.Logf("%v for a year", time.Since(began))
		})
	}
}

func TestChangedClocks(t *testing.T) {
	bubble(t, func(x *fixture) {
		x.run(x.engine(x.schedule("gap", "30 2 * * *", "America/New_York"), x.schedule("repeat", "30 1 * * *", "America/New_York")))
		pass(time.Until(time.Date(2000, 4, 1, 12, 0, 0, 0, time.UTC)))
		x.ticks()
		pass(48 * time.Hour) // clocks go from 02:00 to 03:00 on 04-02, 07:00 in UTC
		x.want("04-02 06:30:00", "04-02 07:00:00", "04-03 05:30:00", "04-03 06:30:00")
		pass(time.Until(time.Date(2000, 10, 28, 12, 0, 0, 0, time.UTC)))
		x.ticks()
		pass(48 * time.Hour) // clocks go from 02:00 back to 01:00 on 10-29, 06:00 in UTC
		x.want("10-29 05:30:00", "10-29 07:30:00", "10-30 06:30:00", "10-30 07:30:00")
	})
}

// Processes whose clocks are wrong go by the store's clock, whatever it shows.
func TestWrongClocks(t *testing.T) {
	for _, ahead := range []time.Duration{0, -75 * time.Second, time.Hour} {
		bubble(t, func(x *fixture) {
			x.ahead = ahead + 300*time.Millisecond
			var engines []*Engine
			for _, off := range []time.Duration{-75 * time.Second, time.Hour, 0} {
				e := x.engine(x.schedule("beat", "@every 1s", ""))
				e.clock.now = func() time.Time { return time.Now().Add(off) }
				engines = append(engines, e)
			}
			x.run(engines...)
			for range 10 {
				pass(20 * time.Second)
				if n := len(x.taken); n != 20 {
					x.Errorf("%d ticks in 20 s", n)
				}
				for _, tick := range x.taken {
					if !tick.at.Equal(tick.tick) {
						x.Errorf("tick %v was sent at %v", tick.tick, tick.at)
					}
				}
				x.ticks()
			}
		})
	}
}

// A clock that goes wrong is noticed, as the store is asked again and again.
func TestClockDrifts(t *testing.T) {
	bubble(t, func(x *fixture) {
		e := x.engine(x.schedule("noon", "0 12 * * *", ""))
		began := time.Now()
		e.clock.now = func() time.Time { return began.Add(time.Since(began) * 101 / 100) } // fast by 1 %
		x.run(e)
		pass(72 * time.Hour)
		for _, tick := range x.taken {
			if tick.at.Before(tick.tick) || tick.at.Sub(tick.tick) > time.Second {
				x.Errorf("tick %v was sent at %v", tick.tick, tick.at)
			}
		}
		x.want("01-01 12:00:00", "01-02 12:00:00", "01-03 12:00:00")
	})
}

func TestMissed(t *testing.T) {
	const leftOut, notInTime = "cron tick is left out: it was missed", "not sent in time here"
	tests := []struct {
		name   string
		missed int
		spec   string
		away   time.Duration
		want   []string
		log    []string
	}{
		{"skip", 0, "0 * * * *", 5*time.Hour + 30*time.Minute, nil, []string{notInTime, leftOut}},
		{"skip one", 0, "0 * * * *", time.Hour + 30*time.Minute, nil, []string{leftOut}},
		{"skip, but the newest was just now", 0, "0 * * * *", 5*time.Hour + time.Minute, []string{"01-01 06:00:00"}, []string{notInTime}},
		{"skip nothing", 0, "0 * * * *", 30 * time.Minute, nil, nil},
		{"once", 1, "0 * * * *", 5*time.Hour + 30*time.Minute, []string{"01-01 06:00:00"}, []string{notInTime}},
		{"once, one missed", 1, "0 * * * *", time.Hour + 30*time.Minute, []string{"01-01 02:00:00"}, nil},
		{"up to three", 3, "0 * * * *", 5*time.Hour + 30*time.Minute, []string{"01-01 04:00:00", "01-01 05:00:00", "01-01 06:00:00"}, []string{notInTime}},
		{"all", 1000, "0 * * * *", 3*time.Hour + 30*time.Minute, []string{"01-01 02:00:00", "01-01 03:00:00", "01-01 04:00:00"}, nil},
		{"all within the bound", 3, "@every 1h", 3*time.Hour + 30*time.Minute, []string{"01-01 02:00:00", "01-01 03:00:00", "01-01 04:00:00"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(x *fixture) {
				s := x.schedule("job", tt.spec, "")
				s.Missed = tt.missed
				stop := x.run(x.engine(s))
				pass(time.Hour)
				x.want("01-01 01:00:00")
				stop()
				pass(tt.away)
				x.run(x.engine(s))
				x.want(tt.want...)
				x.expect(tt.log...)
				x.run(x.engine(s))
				x.want()
				pass(time.Hour)
				if n := len(x.ticks()); n != 1 {
					x.Errorf("%d ticks in the next hour", n)
				}
			})
		})
	}
}

// A schedule that never ran has missed nothing.
func TestBeginning(t *testing.T) {
	bubble(t, func(x *fixture) {
		pass(100 * time.Hour)
		s := x.schedule("job", "0 * * * *", "")
		s.Missed = 1000
		x.run(x.engine(s))
		x.want()
		pass(time.Hour)
		x.want("01-05 05:00:00")
	})
}

func TestOutage(t *testing.T) {
	unknown := func(messages []broker.Message) []broker.Receipt { return receipts(messages, broker.ErrUnknown) }
	for _, tt := range []struct {
		name   string
		before error
		after  func([]broker.Message) []broker.Receipt
		want   []string // sent behind the outage, from 00:00:10 to 00:02:20
		missed int
	}{
		{"unavailable, all", broker.ErrUnavailable, nil, []string{"01-01 00:00:20", "01-01 00:00:40", "01-01 00:01:00", "01-01 00:01:20", "01-01 00:01:40", "01-01 00:02:00"}, 1000},
		{"unavailable, once", broker.ErrUnavailable, nil, []string{"01-01 00:02:00"}, 1},
		{"unavailable, skip", broker.ErrUnavailable, nil, []string{"01-01 00:02:00"}, 0},
		{"unknown but done", nil, unknown, []string{"01-01 00:00:20", "01-01 00:00:40", "01-01 00:01:00", "01-01 00:01:20", "01-01 00:01:40", "01-01 00:02:00"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(x *fixture) {
				s := x.schedule("job", "@every 20s", "")
				s.Missed = tt.missed
				x.run(x.engine(s))
				pass(10 * time.Second)
				var before func(context.Context) error
				if tt.before != nil {
					before = func(context.Context) error { return tt.before }
				}
				x.calls = 0
				x.fail(before, tt.after)
				pass(2 * time.Minute)
				if tt.after == nil && (x.calls < 10 || x.calls > 50) {
					x.Errorf("%d calls in two minutes", x.calls)
				}
				x.fail(nil, nil)
				pass(9 * time.Second)
				x.want(tt.want...)
				pass(11 * time.Second)
				x.want("01-01 00:02:20")
			})
		})
	}
}

func TestOutageIsOneLine(t *testing.T) {
	bubble(t, func(x *fixture) {
		x.fail(func(context.Context) error { return broker.ErrUnavailable }, nil)
		x.run(x.engine(x.schedule("a", "@every 20s", ""), x.schedule("b", "@every 20s", "")))
		pass(time.Hour)
		x.fail(nil, nil)
		pass(time.Minute)
		x.expect("cron cannot reach its store; it goes on trying", "cron has its store again")
		if n := len(x.ticks()); n < 4 {
			x.Errorf("only %d ticks in the minute afterwards", n)
		}
	})
}

// What comes behind a tick of which nothing is known is not counted: both are
// sent again.
func TestUnknownInFront(t *testing.T) {
	bubble(t, func(x *fixture) {
		s := x.schedule("job", "@every 20s", "")
		s.Missed = 2
		stop := x.run(x.engine(s))
		pass(20 * time.Second)
		x.want("01-01 00:00:20")
		stop()
		pass(50 * time.Second)
		x.fail(nil, func(messages []broker.Message) []broker.Receipt { return receipts(messages[:1], broker.ErrUnknown) })
		x.run(x.engine(s))
		x.want("01-01 00:00:40", "01-01 00:01:00")
		x.fail(nil, nil)
		pass(9 * time.Second)
		x.want()
		if n := x.sent["job"]; n != 1+2+2 {
			x.Errorf("%d messages were sent", n)
		}
	})
}

// A call that hangs ends by itself.
func TestStoreHangs(t *testing.T) {
	bubble(t, func(x *fixture) {
		x.run(x.engine(x.schedule("job", "@every 20s", "")))
		pass(10 * time.Second)
		hang := func(ctx context.Context) error {
			<-ctx.Done()
			return broker.ErrUnavailable
		}
		x.fail(hang, nil)
		pass(11 * time.Second)
		x.fail(nil, nil)
		pass(10*time.Second + callTimeout)
		x.want("01-01 00:00:20", "01-01 00:00:40")
	})
}

func TestFullQueue(t *testing.T) {
	bubble(t, func(x *fixture) {
		if err := x.Configure(x.Context(), "q", broker.Settings{MaxTasks: 1}); err != nil {
			x.Fatal(err)
		}
		full := x.schedule("full", "@every 1m", "")
		full.Missed = 2
		free := x.schedule("free", "@every 1m", "")
		free.Queue = "other"
		free.Make = func(context.Context, time.Time) (broker.Message, error) {
			m := message()
			m.Queue = "other"
			return m, nil
		}
		busy := free
		busy.Name, busy.Ticks = "busy", x.schedule("", "@every 1s", "").Ticks
		e := x.engine(full, free)
		x.run(e)
		pass(time.Minute)
		x.want("01-01 00:01:00", "01-01 00:01:00")
		pass(130 * time.Second)
		x.want("01-01 00:02:00", "01-01 00:03:00") // of the other queue
		before := x.sent["full"]
		if err := e.Add(busy); err != nil {
			x.Fatal(err)
		}
		pass(20 * time.Second)
		if n := x.sent["full"] - before; n > 2*6 { // two ticks at a time, every 4 to 6 s
			x.Errorf("%d messages to a full queue in 20 s", n)
		}
		e.Remove("busy")
		x.ticks()
		if err := x.Configure(x.Context(), "q", broker.Settings{}); err != nil {
			x.Fatal(err)
		}
		pass(15 * time.Second)
		x.want("01-01 00:02:00", "01-01 00:03:00")
		x.expect("cron tick has to wait")
	})
}

func TestHeldKey(t *testing.T) {
	bubble(t, func(x *fixture) {
		s := x.schedule("job", "@every 1m", "")
		s.Make = func(context.Context, time.Time) (broker.Message, error) {
			m := message()
			m.Unique.Key = "one at a time"
			return m, nil
		}
		x.run(x.engine(s))
		pass(3 * time.Minute)
		x.want("01-01 00:01:00")
		x.expect("an earlier one holds its unique key", "an earlier one holds its unique key")
	})
}

func TestTaskThatCannotBeMade(t *testing.T) {
	for name, task := range map[string]func(ctx context.Context, tick time.Time) (broker.Message, error){
		"an error": func(context.Context, time.Time) (broker.Message, error) { return broker.Message{}, errors.New("boom") },
		"no kind": func(context.Context, time.Time) (broker.Message, error) {
			return broker.Message{ID: broker.NewID("q", time.Now()), Queue: "q"}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(x *fixture) {
				bad := x.schedule("bad", "@every 1m", "")
				good := bad.Make
				bad.Make = func(ctx context.Context, tick time.Time) (broker.Message, error) {
					if tick.Minute()%2 == 0 {
						return good(ctx, tick)
					}
					return task(ctx, tick)
				}
				x.run(x.engine(bad, x.schedule("good", "@every 1m", "")))
				pass(2 * time.Minute)
				x.want("01-01 00:01:00", "01-01 00:02:00", "01-01 00:02:00")
				x.expect("its task cannot be made")
			})
		})
	}
}

func TestMarkAhead(t *testing.T) {
	bubble(t, func(x *fixture) {
		m := message()
		m.Due = time.Now().Add(time.Hour)
		m.Once = broker.Once{Name: "job", Seq: m.Due.UnixMilli()}
		if _, err := x.Broker.Enqueue(x.Context(), []broker.Message{m}); err != nil {
			x.Fatal(err)
		}
		x.run(x.engine(x.schedule("job", "@every 20m", "")))
		x.expect("its last tick lies in the future")
		pass(90 * time.Minute)
		x.want("01-01 01:20:00")
	})
}

func TestAddAndRemove(t *testing.T) {
	bubble(t, func(x *fixture) {
		e := x.engine()
		x.run(e)
		pass(time.Minute)
		if x.calls != 0 {
			x.Errorf("%d calls of the store without a schedule", x.calls)
		}
		for _, s := range []Schedule{x.schedule("a", "@every 20s", ""), x.schedule("b", "@every 30s", "")} {
			if err := e.Add(s); err != nil {
				x.Fatal(err)
			}
		}
		if err := e.Add(x.schedule("a", "@every 5s", "")); !errors.Is(err, broker.ErrInvalid) {
			x.Errorf("a second schedule of one name: %v", err)
		}
		pass(30 * time.Second)
		x.want("01-01 00:01:20", "01-01 00:01:30")
		if !e.Remove("a") || e.Remove("a") {
			x.Error("a schedule is removed once")
		}
		pass(30 * time.Second)
		x.want("01-01 00:02:00")
		if err := e.Add(x.schedule("a", "@every 20s", "")); err != nil { // it has missed 01:40 and 02:00, this just now
			x.Fatal(err)
		}
		synctest.Wait()
		x.want("01-01 00:02:00")
	})
}

func TestNext(t *testing.T) {
	bubble(t, func(x *fixture) {
		x.ahead = time.Hour
		e := x.engine(x.schedule("a", "@every 20m", ""), x.schedule("b", "45 1 * * *", ""))
		list := func(n int) (ticks []string) {
			for _, tick := range e.Next(n) {
				ticks = append(ticks, fmt.Sprintf("%s %s", tick.Name, tick.At.Format("15:04")))
			}
			return ticks
		}
		if diff := cmp.Diff([]string{"a 00:20"}, list(1)); diff != "" {
			x.Errorf("before Run (-want +got):\n%s", diff)
		}
		x.run(e)
		if diff := cmp.Diff([]string{"a 01:20", "a 01:40", "b 01:45", "a 02:00"}, list(4)); diff != "" {
			x.Errorf("by the store's clock (-want +got):\n%s", diff)
		}
		if list(0) != nil || x.engine().Next(3) != nil {
			x.Error("ticks from nothing")
		}
		x.expect("clocks differ: cron goes by the store's")
	})
}

func TestClosedStore(t *testing.T) {
	bubble(t, func(x *fixture) {
		e := x.engine(x.schedule("job", "@every 20s", ""))
		ended := make(chan error, 1)
		go func() { ended <- e.Run(context.Background()) }()
		pass(10 * time.Second)
		if err := x.Close(); err != nil {
			x.Fatal(err)
		}
		pass(10 * time.Second)
		if err := <-ended; !errors.Is(err, broker.ErrClosed) {
			x.Errorf("Run: %v", err)
		}
	})
}
