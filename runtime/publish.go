package taskqueue

import (
	"context"
	"log/slog"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

const (
	publishPeriod = 5 * time.Second
	// Of a row that nothing changes, so that those of a dead worker go. A worker
	// that ends leaves its last row for long enough that every scrape sees it.
	publishTTL  = 3 * time.Minute
	publishLast = 15 * time.Minute
	// publishTimeout is also how long a worker that ends waits for it.
	publishTimeout = 500 * time.Millisecond
)

// A publisher tells other processes what a worker measures, and once how its tasks
// are read.
type publisher struct {
	store   broker.Records
	worker  string
	metrics *Metrics
	schemas map[string]string // until they are told
	log     *slog.Logger

	told int64 // the runs that the store knows of
	at   time.Time
}

// run publishes until ctx ends.
func (p *publisher) run(ctx context.Context) {
	ticker := time.NewTicker(publishPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.publish(ctx, publishTTL)
		}
	}
}

// last publishes what a worker that has ended leaves behind.
func (p *publisher) last(ctx context.Context) {
	p.at = time.Time{}
	p.publish(context.WithoutCancel(ctx), publishLast)
}

func (p *publisher) tellSchemas(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := tellSchemas(ctx, p.store, p.schemas); err != nil {
		p.log.Debug("schemas are not published", "worker", p.worker, "error", err)
		return
	}
	p.schemas = nil
}

// publish tells what is new. It is only worth a line in the log if it fails: the
// next time tells all of it.
func (p *publisher) publish(ctx context.Context, ttl time.Duration) {
	if len(p.schemas) > 0 {
		p.tellSchemas(ctx)
	}
	kinds := p.metrics.Kinds()
	runs := int64(0)
	for i := range kinds {
		runs += kinds[i].Runs()
	}
	if runs == 0 || runs == p.told && time.Since(p.at) < publishTTL/2 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for _, row := range metricsRows(p.worker, kinds) {
		row.TTL = ttl
		if _, err := p.store.Put(ctx, metricsTable, row); err != nil {
			p.log.Debug("metrics are not published", "worker", p.worker, "error", err)
			return
		}
	}
	p.told, p.at = runs, time.Now()
}
