package fleet

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker/membroker"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
)

// largest is about the largest state that a controller has: fifty kinds in ten
// queues, a history of a day, and a window of demands that fell each second for as
// long as max_workers lets them.
func largest(t *testing.T) *State {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	list := func(n int, one func(i int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = one(i)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	x := func() string { return fmt.Sprint(random.Float64() * 1000) }
	at := func(i int) string { return fmt.Sprint(1.7e9 + float64(i) + random.Float64()) }
	text := fmt.Sprintf(`{"Version":1,"Memory":{"At":%s,"Types":%s,"Queues":%s,"Reserve":{"Plans":%s,"History":%s},"Hysteresis":{"Demands":%s},"Startup":{"Raises":%s}}}`, at(0),
		list(50, func(i int) string {
			return fmt.Sprintf(`{"Name":"shop.SomeKindOfTask%d","Seen":{"Retried":%d,"Seconds":%s},"Count":%s,"Sum":%s,"Squares":%s,"FastSum":%s,"Baseline":%s,"Rate":%s,"OK":%s,"BurstSum":%s,"HealthySeconds":%s,"MemoryMB":%s,"MemoryVariance":%s}`, i, random.Uint32(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x(), x())
		}),
		list(10, func(i int) string {
			return fmt.Sprintf(`{"Name":"queue%d","Seen":%s,"Work":%s}`, i, list(50, func(int) string { return fmt.Sprint(random.Uint32()) }), x())
		}),
		list(720, func(i int) string { return fmt.Sprintf(`{"At":%s,"Offered":%s}`, at(i), x()) }),
		list(720, func(int) string { return fmt.Sprintf(`{"Came":%s,"Planned":%s}`, x(), x()) }),
		list(1000, func(i int) string { return fmt.Sprintf(`{"At":%s,"N":%d}`, at(i), 1000-i) }),
		list(64, func(i int) string { return fmt.Sprintf(`{"At":%s,"N":%d}`, at(i), i) }))
	learned := new(autoscaler.State)
	if err := json.Unmarshal([]byte(text), learned); err != nil {
		t.Fatal(err)
	}
	return &State{At: time.Now().UTC(), Learned: learned, Plan: Plan{Leader: "p", Desired: 7}, Starting: Starting{Asked: []Asked{{time.Now().UTC(), 3}}}}
}

// Whatever a controller has learned finds room in a row.
func TestLargestState(t *testing.T) {
	store := membroker.New(membroker.Config{})
	defer store.Close()
	b := &Book{Store: store, Fleet: "f"}
	want := largest(t)
	if err := b.Save(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := b.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	encode := func(s *State) string {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if diff := cmp.Diff(encode(want), encode(got)); diff != "" {
		t.Errorf("(-saved +loaded)\n%s", diff)
	}
	rows, err := store.Records(t.Context(), statesTable)
	if err != nil || len(rows) != 1 {
		t.Fatal(err)
	}
	t.Logf("%d bytes of %d", len(rows[0].Data), len(encode(want)))
}
