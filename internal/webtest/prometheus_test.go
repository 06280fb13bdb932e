package webtest

import (
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/tqgen/taskqueue/runtime/web"
)

// The text is what the Prometheus project's own parser takes.
func TestPrometheusText(t *testing.T) {
	f := busy(t, web.Config{})
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(f.get("/tasks/metrics/prometheus")))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"taskqueue_run_seconds", "taskqueue_fleet_run_seconds"} {
		h := families[name].GetMetric()[0].GetHistogram()
		if h.GetSampleCount() != 4 || h.GetSampleSum() <= 0 || len(h.GetBucket()) != 16 {
			t.Errorf("%s: %v", name, h)
		}
	}
	if n := len(families); n < 20 {
		t.Errorf("%d families", n)
	}
}
