package main

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A report is what a run has found.
type report struct {
	Date         string            `json:"date"` // UTC
	Machine      machine           `json:"machine"`
	Versions     map[string]string `json:"versions"`
	Rounds       int               `json:"rounds"`
	Tasks        int               `json:"tasks"` // a queue held
	PayloadBytes int               `json:"payload_bytes"`
	Samples      samples           `json:"samples"` // metric, system: one figure a round

	figures []figure
}

func newReport(here machine, versions map[string]string, p plan, all samples) *report {
	return &report{
		Date:         time.Now().UTC().Format(time.DateOnly),
		Machine:      here,
		Versions:     versions,
		Rounds:       p.rounds,
		Tasks:        p.size.tasks,
		PayloadBytes: payloadBytes,
		Samples:      all,
		figures:      figures(all),
	}
}

// MarshalJSON puts the figures beside the report's own fields, so that others
// find each by its key.
func (r *report) MarshalJSON() ([]byte, error) {
	type plain report
	own, err := json.Marshal((*plain)(r))
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(own, &all); err != nil {
		return nil, err
	}
	for key, value := range r.keyed() {
		all[key] = json.RawMessage(strconv.FormatFloat(value, 'f', decimals(value), 64))
	}
	return json.Marshal(all)
}

// keyed are the figures by key: the published ones, and all raw ones.
func (r *report) keyed() map[string]float64 {
	values := medians(r.Samples)
	published := map[string]float64{}
	for _, f := range r.figures {
		if f.ratio != "" {
			published[f.ratio] = f.times
		}
		if f.key != "" {
			published[f.key] = f.us
		}
	}
	maps.Copy(values, published)
	if us := r.Samples["drain_c10_per_s"][systems[0].name]; len(us) > 0 {
		if _, best := bestPeer(r.Samples, "drain_c10_per_s"); best > 0 {
			values["drain_c10_ratio_best_go_peer"] = median(us) / best
		}
	}
	return values
}

func (r *report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func amount(x float64, unit string) string { return strings.TrimSpace(digits(x) + " " + unit) }

func times(x float64) string {
	if x == 0 {
		return "–"
	}
	return digits(x)
}

// digits writes a number with three digits, or all before the point, in groups
// of thousands.
func digits(x float64) string {
	whole, fraction, point := strings.Cut(strconv.FormatFloat(x, 'f', decimals(x), 64), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		return whole + "." + fraction
	}
	return whole
}

// decimals is how many digits after the point make three in all.
func decimals(x float64) int {
	if x == 0 {
		return 0
	}
	return max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
}
