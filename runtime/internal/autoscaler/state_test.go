package autoscaler

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lived is the state of a controller that has seen something, as JSON.
func lived(t *testing.T) (*world, []byte) {
	t.Helper()
	w := begin(t, wide(), 5, "a", "b")
	w.random, w.startup = rand.New(rand.NewPCG(3, 4)), 20
	w.rates[0], w.rates[1], w.fails[1] = 30, 5, 0.9
	w.o.Memory = Memory{UsedMB: 500, IdleMB: 100, LimitMB: 8000}
	w.run(300)
	text, err := json.Marshal(w.c.State())
	if err != nil {
		t.Fatal(err)
	}
	return w, text
}

// A controller with a restored state decides as the one that it is of.
func TestStateSurvives(t *testing.T) {
	w, text := lived(t)
	t.Logf("%d bytes", len(text))
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	twin, err := New(wide())
	if err != nil {
		t.Fatal(err)
	}
	twin.Restore(s)
	w.watch = func(now time.Time, o Observation) {
		if diff := cmp.Diff(w.last, twin.Decide(now, o)); diff != "" {
			t.Fatalf("at %v (-original +twin):\n%s", now, diff)
		}
	}
	for i := range 300 {
		w.rates[0] = float64(10 + i%100)
		w.tick()
	}
}

func TestStateIsACopy(t *testing.T) {
	w, text := lived(t)
	s := w.c.State()
	w.run(100)
	again, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Errorf("the controller went on, and its state changed (-before +after):\n%s", diff)
	}
}

func TestStateRefuses(t *testing.T) {
	_, good := lived(t)
	tests := []struct {
		name, old, new, want string
	}{
		{"another version", `"Version":1`, `"Version":2`, "version 2, this program reads 1"},
		{"an unknown field", `"Version":1`, `"Version":1,"Color":"red"`, "unknown field"},
		{"a negative number", `"Phi":`, `"Phi":-`, "state.Margin.Phi"},
		{"a huge number", `"Phi":`, `"Phi":1e99,"Delay":`, "unknown field"},
		{"a huge time", `"At":`, `"At":9e90,"Mean":1,"Busy":`, "state.At"},
		{"counters of another type", `"Seen":[`, `"Seen":[7,`, "counts 3 types of 2"},
		{"no JSON", `{`, `[`, "invalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s State
			err := json.Unmarshal([]byte(strings.Replace(string(good), test.old, test.new, 1)), &s)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestRestoreKeepsToTheConfig(t *testing.T) {
	w, _ := lived(t)
	c := wide()
	c.Triggers.QueuePressure = 0.1
	strict, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	strict.Restore(w.c.State())
	if got := strict.Margin.Pressure; got > 0.1 {
		t.Errorf("the pressure threshold is %v, configured are 0.1", got)
	}
}

// Whatever a state says, a decision is within its bounds.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"Version":1,"Memory":{}}`))
	f.Add([]byte(`{"Version":1,"Memory":{"At":1772362900,"Mean":1e15,"Level":{"Known":true,"Slow":1e15,"Rate":1e-300},"Margin":{"Phi":9}}}`))
	f.Add([]byte(`{"Version":1,"Memory":{"At":1772362900,"Types":[{"Name":"a","Sick":true,"Cap":1e15}],"Queues":[{"Name":"default","Seen":[5]}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s State
		if json.Unmarshal(text, &s) != nil {
			return
		}
		w := begin(t, wide(), 5, "a", "b")
		w.c.Restore(s)
		w.rates[0] = 10
		w.o.Memory = Memory{UsedMB: 500, IdleMB: 100, LimitMB: 8000}
		for range 5 {
			if d := w.tick(); d.To < 2 || d.To > 200 || d.String() == "" {
				t.Fatalf("decided %v", d)
			}
		}
		if text, err := json.Marshal(w.c.State()); err != nil {
			t.Fatalf("the state that follows: %v: %s", err, text)
		}
		w.now = w.now.Add(time.Hour)
		w.tick()
	})
}
