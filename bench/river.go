package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver that database/sql finds by its name
)

// A riverQueue is River as its documentation uses it, on its SQLite driver: its home
// is Postgres, which is not everywhere.
type riverQueue struct {
	dir    string
	db     *sql.DB
	client *river.Client[*sql.Tx] // only to insert
}

// riverArgs is the task. River keeps JSON, where bytes are base64.
type riverArgs struct {
	Data []byte `json:"data"`
}

// Kind implements river.JobArgs.
func (riverArgs) Kind() string { return peerKind }

type riverWorker struct {
	river.WorkerDefaults[riverArgs]
	handle func([]byte)
}

// Work implements river.Worker.
func (w *riverWorker) Work(_ context.Context, job *river.Job[riverArgs]) error {
	w.handle(job.Args.Data)
	return nil
}

func openRiver(string) (queue, error) {
	dir, err := os.MkdirTemp("", "bench-river")
	if err != nil {
		return nil, err
	}
	q := &riverQueue{dir: dir}
	if err := q.open(); err != nil {
		_ = q.close()
		return nil, err
	}
	return q, nil
}

func (q *riverQueue) open() (err error) {
	q.db, err = sql.Open("sqlite", "file:"+filepath.Join(q.dir, "river.db")+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	q.db.SetMaxOpenConns(1)
	migrator, err := rivermigrate.New(riversqlite.New(q.db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(context.Background(), rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	q.client, err = river.NewClient(riversqlite.New(q.db), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	return err
}

func (q *riverQueue) enqueue(ctx context.Context, payload []byte) error {
	_, err := q.client.Insert(ctx, riverArgs{riverData(payload)}, nil)
	return err
}

func (q *riverQueue) enqueueAll(ctx context.Context, payloads [][]byte) error {
	all := make([]river.InsertManyParams, len(payloads))
	for i, p := range payloads {
		all[i].Args = riverArgs{riverData(p)}
	}
	_, err := q.client.InsertMany(ctx, all)
	return err
}

func riverData(payload []byte) []byte { return payload[:len(payload)*3/4-8] }

func (q *riverQueue) work(ctx context.Context, w workload, handle func([]byte)) error {
	if w.queues > 0 {
		return errNoQueues
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverWorker{handle: handle})
	client, err := river.NewClient(riversqlite.New(q.db), &river.Config{
		Logger: slog.New(slog.DiscardHandler), Workers: workers,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: w.slots}},
	})
	if err != nil {
		return err
	}
	running := context.WithoutCancel(ctx)
	if err := client.Start(running); err != nil {
		return err
	}
	<-ctx.Done()
	return client.Stop(running)
}

func (q *riverQueue) close() error {
	err := q.db.Close()
	return errors.Join(err, os.RemoveAll(q.dir))
}
