package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBrokerReport(t *testing.T) {
	const events = `{"Action":"pass","Package":"m","Test":"TestConformance/a"}
{"Action":"pass","Package":"m","Test":"TestConformanceCluster/b"}
{"Action":"pass","Package":"m","Test":"TestConformance"}
{"Action":"output","Package":"m","Test":"TestProperty","Output":"    property.go:16: property: 8489 steps\n"}
{"Action":"pass","Package":"m","Test":"TestProperty"}
{"Action":"output","Package":"r","Test":"TestConformance/c","Output":"claimed (-want +got)\n"}
{"Action":"fail","Package":"r","Test":"TestConformance/c"}
{"Action":"fail","Package":"r"}
`
	var r brokerReport
	var out bytes.Buffer
	if err := r.read(strings.NewReader(events), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(brokerReport{cases: 2, steps: 8489, divergences: 1}, r, cmp.AllowUnexported(brokerReport{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(out.String(), "claimed") {
		t.Errorf("the output of what failed is missing: %q", out.String())
	}
	if err := new(brokerReport).read(strings.NewReader("no json"), &out); err == nil {
		t.Error("what is no JSON was read")
	}
}
