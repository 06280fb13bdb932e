package taskqueue

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/internal/stats"
)

// WorkerMetrics are what one worker has measured since it began.
type WorkerMetrics struct {
	Worker string // its name
	Kinds  []KindMetrics
}

// Metrics returns what the workers of all processes have measured, sorted by
// worker. Each tells the others every 5 seconds while it runs, and once more when it
// ends; a worker that is gone is listed for some minutes more.
func (c *Client) Metrics(ctx context.Context) ([]WorkerMetrics, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	rows, err := c.broker.Records(ctx, metricsTable)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	var all []WorkerMetrics
	for i := range rows { // by name, so that the parts of a worker follow one another
		worker, _, _ := strings.Cut(rows[i].Name, partMark)
		kinds, err := readKinds(rows[i].Data)
		if err != nil {
			continue // of a release that has another form
		}
		if n := len(all); n > 0 && all[n-1].Worker == worker {
			all[n-1].Kinds = append(all[n-1].Kinds, kinds...)
			continue
		}
		all = append(all, WorkerMetrics{worker, kinds})
	}
	return all, nil
}

const (
	metricsTable = "metrics"
	partMark     = "#" // no name of a worker has it
	metricsForm  = 1   // the first byte of a row
)

// metricsRows are the rows of a worker: one, or more where it does not suffice.
func metricsRows(worker string, kinds []KindMetrics) (rows []broker.Record) {
	data := []byte{metricsForm}
	flush := func() {
		name := worker
		if n := len(rows); n > 0 {
			name = fmt.Sprint(worker, partMark, n)
		}
		rows = append(rows, broker.Record{Name: name, Data: slices.Clone(data), If: broker.Any})
		data = data[:1]
	}
	for i := range kinds {
		before := len(data)
		data = kinds[i].append(data)
		if len(data) > broker.MaxRecordBytes {
			one := slices.Clone(data[before:])
			data = data[:before]
			flush()
			data = append(data, one...)
		}
	}
	flush()
	return rows
}

func (k *KindMetrics) append(b []byte) []byte {
	for _, name := range []string{k.Queue, k.Kind} {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
	}
	for _, n := range k.outcomes() {
		b = binary.AppendUvarint(b, uint64(*n))
	}
	for _, d := range []*Durations{k.Wait, k.Run, k.Total} {
		b = d.Append(b)
	}
	return b
}

func (k *KindMetrics) outcomes() [5]*int64 {
	return [5]*int64{&k.Done, &k.Retried, &k.Dead, &k.Discarded, &k.Released}
}

var errMetrics = fmt.Errorf("%w: these are no metrics of a worker", ErrInvalid)

// readKinds reads a row.
func readKinds(b []byte) (kinds []KindMetrics, err error) {
	if len(b) == 0 || b[0] != metricsForm {
		return nil, errMetrics
	}
	for b = b[1:]; len(b) > 0; {
		k := KindMetrics{Wait: new(stats.Durations), Run: new(stats.Durations), Total: new(stats.Durations)}
		if b, err = k.read(b); err != nil {
			return nil, err
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

func (k *KindMetrics) read(b []byte) (rest []byte, err error) {
	for _, name := range []*string{&k.Queue, &k.Kind} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > broker.MaxNameLen || uint64(len(b)-size) < n {
			return nil, errMetrics
		}
		*name, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	for _, count := range k.outcomes() {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return nil, errMetrics
		}
		*count, b = int64(n), b[size:]
	}
	for _, d := range []*Durations{k.Wait, k.Run, k.Total} {
		if b, err = d.Read(b); err != nil {
			return nil, fmt.Errorf("%w: %w", errMetrics, err)
		}
	}
	return b, nil
}
