package broker_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

func limited() broker.Settings {
	rate := broker.Rate{N: 10, Period: time.Second, Burst: 2}
	return broker.Settings{
		MaxTasks: 1, Rate: rate, Concurrency: 2,
		Groups: map[string]broker.Limit{"g": {Rate: rate, Concurrency: 3, KeyRate: rate, KeyConcurrency: 4}},
	}
}

func TestSettingsEqual(t *testing.T) {
	for name, change := range map[string]func(*broker.Settings){
		"paused":      func(s *broker.Settings) { s.Paused = true },
		"closed":      func(s *broker.Settings) { s.Closed = true },
		"max":         func(s *broker.Settings) { s.MaxTasks++ },
		"bytes":       func(s *broker.Settings) { s.MaxBytes++ },
		"dead":        func(s *broker.Settings) { s.Dead.Age = -1 },
		"rate":        func(s *broker.Settings) { s.Rate.Burst++ },
		"concurrency": func(s *broker.Settings) { s.Concurrency = 0 },
		"no groups":   func(s *broker.Settings) { s.Groups = nil },
		"a group":     func(s *broker.Settings) { s.Groups["g"] = broker.Limit{Concurrency: 3} },
		"more groups": func(s *broker.Settings) { s.Groups["h"] = broker.Limit{} },
	} {
		a, b := limited(), limited()
		if !a.Equal(&b) {
			t.Error("the same settings differ")
		}
		if change(&b); a.Equal(&b) {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestSettingsLimited(t *testing.T) {
	for name, c := range map[string]struct {
		settings broker.Settings
		want     bool
	}{
		"nothing":     {broker.Settings{Paused: true, MaxTasks: 9}, false},
		"rate":        {broker.Settings{Rate: broker.Rate{N: 1, Period: time.Second}}, true},
		"concurrency": {broker.Settings{Concurrency: 1}, true},
		"group":       {broker.Settings{Groups: map[string]broker.Limit{"g": {Concurrency: 1}}}, true},
	} {
		if got := c.settings.Limited(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSettingsNormal(t *testing.T) {
	fine := limited()
	fine.Groups["empty"] = broker.Limit{}
	fine.Rate.Period += time.Microsecond
	g := fine.Groups["g"]
	g.Rate.Period += time.Microsecond
	g.KeyRate.Period += time.Nanosecond
	fine.Groups["g"] = g
	got := fine.Normal()
	if diff := cmp.Diff(limited(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got.Groups["g"] = broker.Limit{}
	if fine.Groups["g"] != g {
		t.Error("it shares its groups")
	}
}

func TestBoundsEffective(t *testing.T) {
	d := broker.DefaultBounds()
	for b, want := range map[broker.Bounds]broker.Bounds{
		{}:                            d,
		{Max: -1, Age: -1, Bytes: -1}: {Max: -1, Age: -1, Bytes: -1},
		{Max: 7}:                      {Max: 7, Age: d.Age, Bytes: d.Bytes},
	} {
		if got := b.Effective(); got != want {
			t.Errorf("%+v: %+v, want %+v", b, got, want)
		}
	}
}
