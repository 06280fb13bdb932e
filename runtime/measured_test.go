package taskqueue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

var histograms = cmpopts.IgnoreUnexported(taskqueue.Durations{})

// What a worker measures, every process can read: while it runs and afterwards.
func TestMetricsOfAllWorkers(t *testing.T) {
	bubble(t, func(f *fixture) {
		config := tasks(func(context.Context, string) (string, error) {
			time.Sleep(100 * time.Millisecond)
			return "", nil
		})
		one, stopOne := f.work(config)
		two, stopTwo := f.work(config)
		for range 20 {
			f.add(job("x"))
		}
		pass(2 * time.Second)
		if all, err := f.Client.Metrics(f.Context()); err != nil || len(all) != 0 {
			t.Errorf("before anybody tells: %v, %v", all, err)
		}
		pass(5 * time.Second)
		all, err := f.Client.Metrics(f.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("%d workers, %v", len(all), err)
		}
		var sum taskqueue.Metrics
		for _, w := range all {
			own := one.Metrics()
			if w.Worker == two.Name() {
				own = two.Metrics()
			}
			if diff := cmp.Diff(own.Kinds(), w.Kinds, histograms); diff != "" {
				t.Errorf("%s (-measured +told):\n%s", w.Worker, diff)
			}
			sum.Add(w.Kinds...)
		}
		k := sum.Kinds()[0]
		if k.Done != 20 || k.Run.Count != 20 || k.Run.Max != 100*time.Millisecond || k.Run.Quantile(0.5) > k.Run.Max {
			t.Errorf("together: %+v", k)
		}
		f.add(job("x"))
		pass(time.Second)
		stopOne()
		stopTwo()
		if all, err = f.Client.Metrics(f.Context()); err != nil || all[0].Kinds[0].Done+all[1].Kinds[0].Done != 21 {
			t.Errorf("the last run is not told: %v, %v", all, err)
		}
		pass(20 * time.Minute)
		if all, err = f.Client.Metrics(f.Context()); err != nil || len(all) != 0 {
			t.Errorf("of workers that are long gone: %v, %v", all, err)
		}
	})
}

// A worker with more kinds than a row holds has several.
func TestMetricsOfManyKinds(t *testing.T) {
	bubble(t, func(f *fixture) {
		w, _ := f.work(tasks(func(context.Context, string) (string, error) { return "", nil }))
		for i := range taskqueue.MaxSeries {
			for power := range 40 {
				d := time.Duration(1) << power
				w.Metrics().Observe(taskqueue.Event{Queue: "q", Kind: fmt.Sprintf("kind%04d", i), Outcome: taskqueue.Retried, Run: d, Wait: 3 * d})
			}
		}
		pass(6 * time.Second)
		all, err := f.Client.Metrics(f.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%d workers, %v", len(all), err)
		}
		if diff := cmp.Diff(w.Metrics().Kinds(), all[0].Kinds, histograms); diff != "" {
			t.Errorf("(-measured +told):\n%s", diff)
		}
	})
}

// What another release wrote, or nobody, is left out.
func TestMetricsOfAnotherForm(t *testing.T) {
	bubble(t, func(f *fixture) {
		for i, data := range []string{"", "\x02", "\x01\xff", "\x01\x01q\x01", "\x01\x01q\x01k\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f"} {
			if _, err := f.store.Put(f.Context(), "metrics", broker.Record{Name: fmt.Sprint(i), Data: []byte(data), If: broker.Any}); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := f.Client.Metrics(f.Context()); err != nil || len(all) != 0 {
			t.Errorf("%v, %v", all, err)
		}
	})
}

// Workers tell how their tasks are read; an older release does not undo a newer one.
func TestSchemas(t *testing.T) {
	bubble(t, func(f *fixture) {
		schema := func(version int) string { return fmt.Sprintf(`{"version":%d,"payload":{}}`, version) }
		run := func(version uint16) {
			kind := &taskqueue.Kind{Name: "test.Schema", Was: []string{"test.Old"}, Version: version, Schema: schema(int(version))}
			_, stop := f.work(taskqueue.WorkerConfig{Tasks: []taskqueue.Task{task(kind, func(_ context.Context, text string) (string, error) { return text, nil })}})
			pass(6 * time.Second)
			stop()
		}
		for _, tt := range []struct {
			version uint16
			want    int
		}{{2, 2}, {1, 2}, {3, 3}} {
			run(tt.version)
			all, err := f.Client.Schemas(f.Context())
			if diff := cmp.Diff(map[string]string{"test.Schema": schema(tt.want), "test.Old": schema(tt.want)}, all); diff != "" || err != nil {
				t.Errorf("after version %d: %v (-want +got):\n%s", tt.version, err, diff)
			}
		}
		if one, err := f.Client.Schemas(f.Context(), "test.Old", "test.Other"); err != nil || len(one) != 1 {
			t.Errorf("%v, %v", one, err)
		}
		pass(91 * 24 * time.Hour)
		if all, err := f.Client.Schemas(f.Context()); err != nil || len(all) != 0 {
			t.Errorf("long after the last worker: %v, %v", all, err)
		}
	})
}
