package sim

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The columns of a trace file, after its line of parameters.
var columns = []string{"at_s", "service_s", "mem_mb", "queue", "type", "scheduled"}

// WriteTrace writes a trace as CSV: "# " and the parameters as JSON, then a
// task a line.
func WriteTrace(w io.Writer, tr *Trace) error {
	parameters := *tr
	parameters.Tasks = nil
	head, err := json.Marshal(parameters)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# %s\n%s\n", head, strings.Join(columns, ","))
	for i := range tr.Tasks {
		t := &tr.Tasks[i]
		scheduled := 0
		if t.Scheduled {
			scheduled = 1
		}
		fmt.Fprintf(out, "%.4f,%.4f,%.0f,%s,%d,%d\n", t.At, t.Service, t.MemoryMB, QueueName(int(t.Queue)), t.Type, scheduled)
	}
	return out.Flush()
}

// ReadTrace reads what WriteTrace wrote, compressed by gzip or not. Parameters
// that are missing are those of [NewTrace]. A queue of another name counts as
// the default queue. Tasks may be in any order.
func ReadTrace(r io.Reader) (*Trace, error) {
	in := bufio.NewReader(r)
	if magic, err := in.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
		in = bufio.NewReader(z)
	}
	tr, err := readParameters(in)
	if err != nil {
		return nil, err
	}
	if err := readTasks(tr, in); err != nil {
		return nil, err
	}
	slices.SortStableFunc(tr.Tasks, func(a, b Task) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	return tr, tr.complete()
}

// NewTrace is a trace without tasks, of a fleet of goroutines.
func NewTrace() *Trace {
	return &Trace{Min: 1, Max: 100, Init: 1, Slots: 1, Wait: 10, Latency: 5, MaxRetries: 5, Visible: 120}
}

func readParameters(in *bufio.Reader) (*Trace, error) {
	line, err := in.ReadString('\n')
	head, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
	if !ok {
		return nil, fmt.Errorf("trace: line 1: %.40q is not \"# \" and the trace's parameters as JSON", line)
	}
	if err != nil {
		return nil, fmt.Errorf("trace: line 1: %w", err)
	}
	tr := NewTrace()
	if err := json.Unmarshal([]byte(head), tr); err != nil {
		return nil, fmt.Errorf("trace: line 1: %w", err)
	}
	return tr, nil
}

func readTasks(tr *Trace, in io.Reader) error {
	rows := csv.NewReader(in)
	rows.FieldsPerRecord, rows.ReuseRecord = len(columns), true
	head, err := rows.Read()
	if err != nil {
		return fmt.Errorf("trace: line 2: %w", err)
	}
	if !slices.Equal(head, columns) {
		return fmt.Errorf("trace: line 2: the columns are %s, not %s", strings.Join(columns, ","), strings.Join(head, ","))
	}
	tr.Tasks = nil
	for line := 3; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("trace: line %d: %w", line, err)
		}
		task, err := readTask(row)
		if err != nil {
			return fmt.Errorf("trace: line %d: %w", line, err)
		}
		tr.Tasks = append(tr.Tasks, task)
	}
}

func readTask(row []string) (Task, error) {
	at, err1 := number(columns[0], row[0], math.MaxFloat64)
	service, err2 := number(columns[1], row[1], math.MaxFloat32)
	memory, err3 := number(columns[2], row[2], math.MaxFloat32)
	kind, err4 := number(columns[4], row[4], Types-1)
	scheduled, err5 := number(columns[5], row[5], 1)
	queue := Default
	for q := range Queues {
		if QueueName(q) == row[3] {
			queue = q
		}
	}
	return Task{
		At: at, Service: float32(math.Max(service, 0.001)), MemoryMB: float32(memory),
		Queue: uint8(queue), Type: uint8(kind), Scheduled: scheduled == 1,
	}, errors.Join(err1, err2, err3, err4, err5)
}

func number(column, text string, most float64) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 0 && x <= most) {
		return 0, fmt.Errorf("%s is %q; it must be a number from 0 to %v", column, text, most)
	}
	return x, nil
}

// complete checks the parameters and fills in what follows from the tasks.
func (tr *Trace) complete() error {
	work := 0.0
	for i := range tr.Tasks {
		work += float64(tr.Tasks[i].Service)
	}
	if n := len(tr.Tasks); n > 0 && tr.Duration == 0 {
		tr.Duration = math.Ceil(tr.Tasks[n-1].At + 1)
	}
	if n := len(tr.Tasks); n > 0 && tr.ServiceMean == 0 {
		tr.ServiceMean = work / float64(n)
	}
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("trace: "+format, args...))
		}
	}
	refuse(len(tr.Tasks) == 0, "it has no tasks")
	refuse(!(tr.Duration > 0 && tr.Duration <= longestTrace), "Dur is %v, outside 0 to %v s", tr.Duration, longestTrace)
	refuse(tr.Min < 1 || tr.Max < tr.Min || tr.Max > mostWorkers, "Min %d and Max %d: 1 ≤ Min ≤ Max ≤ %d is needed", tr.Min, tr.Max, mostWorkers)
	refuse(tr.Init < 0 || tr.Init > mostWorkers, "Init is %d, outside 0 to %d", tr.Init, mostWorkers)
	refuse(tr.Slots < 1 || tr.Slots > mostWorkers, "Slots is %d, outside 1 to %d", tr.Slots, mostWorkers)
	refuse(!(tr.StartLo >= 0 && tr.StartHi <= longestTrace && tr.StartLo <= tr.StartHi), "StartLo %v and StartHi %v: 0 ≤ StartLo ≤ StartHi is needed", tr.StartLo, tr.StartHi)
	refuse(!(tr.Wait >= 0.001 && tr.Wait <= longestTrace), "W is %v, outside 0.001 to %v s", tr.Wait, longestTrace)
	refuse(!(tr.Latency >= 0.001 && tr.Latency <= longestTrace), "L is %v, outside 0.001 to %v s", tr.Latency, longestTrace)
	refuse(tr.MaxRetries < 0 || tr.MaxRetries > 60, "MaxRetries is %d, outside 0 to 60", tr.MaxRetries)
	refuse(!(tr.Timeout >= 0 && tr.MemLimit >= 0 && tr.MemBase >= 0 && tr.MemWorker >= 0), "a timeout or an amount of memory is negative")
	for _, o := range tr.Outages {
		refuse(!(o.Capacity > 0 && o.Fails >= 0 && o.Fails <= 1), "an outage has Cap %v and FailP %v; Cap must be above 0, FailP from 0 to 1", o.Capacity, o.Fails)
	}
	return errors.Join(errs...)
}

// What a trace may be at most: a day, in seconds, and the workers of a fleet.
const (
	longestTrace = 86400
	mostWorkers  = 1000
)
