package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/runtime/internal/autoscaler"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/peer"
	"github.com/tqgen/taskqueue/runtime/internal/autoscaler/sim/workload"
)

func strips(t *testing.T, name string) (*sim.Trace, []Strip) {
	t.Helper()
	w, err := workload.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	tr := w.Make(1)
	ours, err := sim.NewProduct("ours", sim.ConfigFor(tr), nil)
	if err != nil {
		t.Fatal(err)
	}
	kpa, err := peer.Named("kpa")
	if err != nil {
		t.Fatal(err)
	}
	var all []Strip
	for _, c := range []sim.Controller{ours, kpa.New(tr)} {
		all = append(all, Strip{c.Name() + " <&>", sim.Run(tr, c, sim.Options{Course: true}).Course})
	}
	return tr, all
}

// The picture is well-formed, and shows every line and every term that decided.
func TestWrite(t *testing.T) {
	tr, all := strips(t, "errslow_pod")
	var b bytes.Buffer
	if err := Write(&b, tr, all); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
	if count["polyline"] != 2*4 || count["polygon"] != 2 {
		t.Errorf("%d lines and %d areas for two controllers", count["polyline"], count["polygon"])
	}
	for _, p := range all[0].Course {
		if p.Term != "" && !strings.Contains(b.String(), "<title>"+p.Term+"</title>") {
			t.Fatalf("%s decided and is not in the ribbon", p.Term)
		}
	}
	if strings.Contains(b.String(), "NaN") {
		t.Error("NaN in the picture")
	}
}

func TestEveryTermHasItsColor(t *testing.T) {
	seen := map[string]autoscaler.Term{}
	for _, term := range autoscaler.Terms() {
		color := termColor(string(term))
		if other, twice := seen[color]; twice || color == termColor("") {
			t.Errorf("%s has the color of %q", term, other)
		}
		seen[color] = term
	}
}

func TestThinKeepsTheWorst(t *testing.T) {
	points := make([]sim.Point, 5000)
	for i := range points {
		points[i].At = float64(i)
	}
	points[1234].OldestWait = 99
	kept := thin(points)
	found := false
	for i, p := range kept {
		found = found || p.OldestWait == 99
		if i > 0 && p.At <= kept[i-1].At {
			t.Fatal("out of order")
		}
	}
	if !found || len(kept) > width {
		t.Errorf("%d points kept, the worst among them: %v", len(kept), found)
	}
}

func TestNothingToDraw(t *testing.T) {
	tr := sim.NewTrace()
	tr.Duration = 10
	if err := Write(io.Discard, tr, []Strip{{Name: "empty"}}); err != nil {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteReportsErrors(t *testing.T) {
	tr, all := strips(t, "trickle_pod")
	if err := Write(broken{}, tr, all); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}
