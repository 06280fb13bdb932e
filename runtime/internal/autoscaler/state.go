package autoscaler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// memory is what a controller has learned. Its fields are exported for JSON
// only.
type memory struct {
	At         float64 // of the last decision, s since 1970; 0: never
	Mean       float64 // service time over all types, s
	Busy       float64 // counters of the fleet
	Slots      float64
	Types      []taskType
	Queues     []queue
	Level      level
	Trend      trend
	Margin     margin
	Startup    startup
	Reserve    reserve
	Hysteresis hysteresis
	Brake      memoryBrake
}

// A State is what a controller has learned, to outlive its process: some
// kilobytes of JSON.
type State struct{ memory memory }

const stateVersion = 1

type stateFile struct {
	Version int
	Memory  memory
}

// State returns a copy of what was learned.
func (c *Controller) State() State { return State{c.memory.clone()} }

// Restore continues from a state. What the config bounds is bounded anew.
func (c *Controller) Restore(s State) {
	c.memory = s.memory.clone()
	c.Margin.Phi = clamp(c.Margin.Phi, 0, 2)
	c.Margin.Pressure = clamp(c.Margin.Pressure, lowestMargin*c.config.Triggers.QueuePressure, c.config.Triggers.QueuePressure)
}

// Rebase says that the counters of the next observation have nothing to do with
// those before: somebody else counts, by another clock. That observation teaches
// nothing, and its size stays.
func (c *Controller) Rebase() { c.rebased = true }

func (m *memory) clone() memory {
	n := *m
	n.Types = slices.Clone(m.Types)
	n.Queues = slices.Clone(m.Queues)
	for i := range n.Queues {
		n.Queues[i].Seen = slices.Clone(n.Queues[i].Seen)
	}
	n.Startup.Raises = slices.Clone(m.Startup.Raises)
	n.Reserve.Plans = slices.Clone(m.Reserve.Plans)
	n.Reserve.History = slices.Clone(m.Reserve.History)
	n.Reserve.sorted = nil
	n.Hysteresis.Demands = slices.Clone(m.Hysteresis.Demands)
	return n
}

// forgetTimes makes everything that was due at a time due now. The clock has
// jumped.
func (m *memory) forgetTimes() {
	m.Margin.LearnedAt, m.Reserve.SizedAt = 0, 0
	m.Hysteresis = hysteresis{}
	m.Startup.Raises, m.Reserve.Plans = nil, nil
	m.Level.Evidence = 0
	for i := range m.Types {
		m.Types[i].CapAt = 0
	}
}

// MarshalJSON writes a state with its version.
func (s State) MarshalJSON() ([]byte, error) {
	return json.Marshal(stateFile{stateVersion, s.memory})
}

// UnmarshalJSON reads what MarshalJSON wrote. It refuses other versions,
// unknown fields and values that no controller writes.
func (s *State) UnmarshalJSON(text []byte) error {
	var f stateFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return fmt.Errorf("autoscaler state: %w", err)
	}
	if f.Version != stateVersion {
		return fmt.Errorf("autoscaler state: version %d, this program reads %d; the autoscaler learns anew without it", f.Version, stateVersion)
	}
	if err := plausible("state", reflect.ValueOf(f.Memory)); err != nil {
		return err
	}
	for i := range f.Memory.Queues {
		if q := &f.Memory.Queues[i]; len(q.Seen) != len(f.Memory.Types) {
			return fmt.Errorf("autoscaler state: queue %q counts %d types of %d", q.Name, len(q.Seen), len(f.Memory.Types))
		}
	}
	s.memory = f.Memory
	return nil
}

// The largest number and the longest list that a controller writes.
const (
	largestNumber = 1e15
	longestList   = maxDemands
)

// plausible says what in a decoded value no controller writes: numbers that are
// negative or huge, lists that are too long.
func plausible(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Float64:
		if x := v.Float(); !(x >= 0 && x <= largestNumber) {
			return fmt.Errorf("autoscaler %s: %v is outside 0 to %v", name, x, largestNumber)
		}
	case reflect.Int:
		if n := v.Int(); n < 0 || n > largestNumber {
			return fmt.Errorf("autoscaler %s: %d is outside 0 to %v", name, n, largestNumber)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := plausible(name+"."+v.Type().Field(i).Name, v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if v.Len() > longestList {
			return fmt.Errorf("autoscaler %s: %d entries, at most %d", name, v.Len(), longestList)
		}
		for i := range v.Len() {
			if err := plausible(fmt.Sprintf("%s[%d]", name, i), v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}
