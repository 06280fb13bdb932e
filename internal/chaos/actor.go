package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker/redisbroker"
)

// actorVariable holds the plan of an actor: the program starts itself again
// with it.
const actorVariable = "TASKQUEUE_CHAOS_ACTOR"

// queueName is the queue of all scenarios.
const queueName = "chaos"

// A plan is what an actor shall do.
type plan struct {
	Name   string
	URL    string
	Dir    string // of the ledgers
	Worker *workerPlan
	Sender *senderPlan
	Fault  string // planted, to prove that the checker sees it
}

// IsActor reports whether this process was started as an actor. Then main, or
// TestMain, must call Act and exit with its result.
func IsActor() bool { return os.Getenv(actorVariable) != "" }

// Act is the life of an actor; it returns the exit code.
func Act() int {
	if err := act(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos actor:", err)
		return 1
	}
	return 0
}

func act() error {
	var p plan
	if err := json.Unmarshal([]byte(os.Getenv(actorVariable)), &p); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if p.Fault == faultNeverStops {
		ctx = context.Background()
	}
	ledger, err := OpenLedger(p.Dir, p.Name)
	if err != nil {
		return err
	}
	end := ledger.startBeats()
	err = p.play(ctx, ledger)
	end()
	return errors.Join(err, ledger.Write(Record{Event: Down}), ledger.Close())
}

// play is the part between the opening and the end of the ledger.
func (p *plan) play(ctx context.Context, ledger *Ledger) error {
	client, err := p.open(ctx)
	if errors.Is(err, errToldToStop) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := ledger.Write(Record{Event: Up}); err != nil {
		return err
	}
	if p.Worker != nil {
		err = p.work(ctx, client, ledger)
	} else {
		err = p.send(ctx, client, ledger)
	}
	return errors.Join(err, client.Close())
}

// errToldToStop comes before there was anything to stop.
var errToldToStop = errors.New("told to stop")

// open starts as a service does that its supervisor starts again: the store may
// be away just now.
func (p *plan) open(ctx context.Context) (*taskqueue.Client, error) {
	for {
		store, err := redisbroker.Open(ctx, p.URL, redisbroker.Config{Logger: logger()})
		switch {
		case err == nil && p.Fault == faultSilent:
			return taskqueue.NewClient(silentStore{store, ctx.Done()}, taskqueue.ClientConfig{})
		case err == nil:
			return taskqueue.NewClient(store, taskqueue.ClientConfig{})
		case ctx.Err() != nil:
			return nil, errToldToStop
		case !errors.Is(err, taskqueue.ErrUnavailable):
			return nil, err
		}
		if sleep(ctx, 50*time.Millisecond) != nil {
			return nil, errToldToStop
		}
	}
}

// logger writes what an operator would see.
func logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}
