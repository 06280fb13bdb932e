package redisbroker

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
)

//go:embed lua/*.lua
var lua embed.FS

const (
	// sweepBatch bounds how many unique windows one step forgets.
	sweepBatch = 500

	// claimBytes is what one claim, one promotion and one page carry, or else
	// one task.
	claimBytes = broker.MaxPayloadBytes

	// largeFrom is the size of an element from which a batch may be too much.
	largeFrom = claimBytes / broker.MaxBatch
)

// A script is a text and its SHA-1, by which Redis knows it.
type script struct {
	name, text, sha string
	timed           bool // its answer begins with the server's time
}

// scripts are all transitions of the store.
type scripts struct {
	add, enqueue, bulk, cycle, leave, reclaim, look, bury, count, edit, purge, configure, page, waiting *script
	mend                                                                                                *script // of Repair
	put, rows, append, lines                                                                            *script // of records
}

// newScripts puts the scripts together: the clock, the limits of the contract,
// what they share, and each one's own text. clock may replace the server's.
func newScripts(clock string) *scripts {
	if clock == "" {
		clock = source("clock")
	}
	shared := clock + limits() + source("queue") + source("groups") + source("lanes")
	whole := func(name string, timed bool, parts ...string) *script {
		var text strings.Builder
		text.WriteString(shared)
		for _, part := range append(parts, name) {
			text.WriteString(source(part))
		}
		return newScript(name, text.String(), timed)
	}
	return &scripts{
		add:     newScript("add", clock+source("add"), false),
		enqueue: whole("enqueue", true), bulk: whole("bulk", true), cycle: whole("cycle", true, "parking", "trim"),
		leave: whole("leave", true, "trim"), reclaim: whole("reclaim", true, "trim"),
		look: whole("look", false), bury: whole("bury", false, "trim"), count: whole("count", false),
		mend: whole("mend", false, "parking"),
		edit: whole("edit", false, "parking"), purge: whole("purge", false, "parking"), configure: whole("configure", false),
		page:    newScript("page", limits()+source("page"), false),
		waiting: newScript("waiting", source("waiting"), false),
		put:     newScript("put", clock+limits()+source("put"), true),
		rows:    newScript("rows", clock+source("rows"), true),
		append:  newScript("append", source("append"), false),
		lines:   newScript("lines", source("lines"), false),
	}
}

func newScript(name, text string, timed bool) *script {
	sum := sha1.Sum([]byte(text))
	return &script{name, text, hex.EncodeToString(sum[:]), timed}
}

// source is the text of a file in lua/; every one is embedded.
func source(name string) string {
	text, err := lua.ReadFile("lua/" + name + ".lua")
	if err != nil {
		return "error(" + fmt.Sprintf("%q", err) + ")"
	}
	return string(text)
}

// limits are the numbers of the contract that scripts need.
func limits() string {
	names := []string{"SUSPECT_AFTER", "LOST_LIMIT", "PROMOTE_BATCH", "FORGET_BATCH", "FAIRNESS_INTERVAL", "SWEEP_BATCH", "ASIDE_BATCH", "CLAIM_BYTES", "LARGE", "MAX_RECORDS", "MAX_SHAPES", "TRIM_INTERVAL", "TRIM_BATCH"}
	return fmt.Sprintf("local %s, DEAD, DISCARDED, DEAD_BOUNDS = %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, '%d', '%d', '%s'\n", strings.Join(names, ", "),
		broker.SuspectAfter, broker.LostLimit, broker.PromoteBatch, broker.ForgetBatch, broker.FairnessInterval, sweepBatch, broker.AsideBatch,
		claimBytes, largeFrom, broker.MaxRecords, broker.MaxShapes, broker.TrimInterval, broker.TrimBatch,
		broker.StateDead, broker.StateDiscarded, boundsText(broker.Bounds{}))
}
