package chaos

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// An auditor holds what Redis has of the queue against redisbroker's keys.go,
// when no worker is left: each task is in one structure, and every key is one
// that may remain.
type auditor struct {
	ask      func(args ...string) redistest.Reply
	problems []string
	seen     map[string]string // by the first bytes of an element: where it is
}

const keyPrefix = "tq:{" + queueName + "}:"

// elementID is how many bytes of an element are the task's id.
const elementID = 16

// audit asks one server, that of the queue's slot.
func audit(ask func(args ...string) redistest.Reply) []string {
	a := &auditor{ask: ask, seen: map[string]string{}}
	for _, key := range ask("KEYS", "tq:*").Strings() {
		rest, ours := strings.CutPrefix(key, keyPrefix)
		if ours {
			a.key(key, rest)
		} else if key != "tq:queues" && key != "tq:schema" && !strings.HasPrefix(key, "tq:{/records}:") {
			a.problem("key %q is of no known kind", key)
		}
	}
	return a.problems
}

func (a *auditor) problem(format string, args ...any) {
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

// key looks at one key by its kind.
func (a *auditor) key(key, rest string) {
	kind, _, _ := strings.Cut(rest, ":")
	switch {
	case kind == "p":
		a.elements(key, a.ask("LRANGE", key, "0", "-1").Strings())
	case rest == "z" || rest == "x":
		a.index(key)
	case rest == "z:data" || rest == "x:data":
		a.elements(key, a.ask("HVALS", key).Strings())
	case kind == "result" || kind == "producer" || kind == "waiter":
		if a.ask("PTTL", key).Text == "-1" {
			a.problem("%s never expires", key)
		}
	case kind == "claim" || kind == "claims":
		a.problem("%s is left over: nobody holds claims", key)
	case rest == "sessions" || rest == "holders" || rest == "idle" || rest == "marks" || rest == "progress":
		a.problem("%s is left over", key)
	case rest == "count" || rest == "wake" || rest == "settings" || rest == "onces" || rest == "unique" || rest == "windows":
	default:
		a.problem("key %q is of no known kind", key)
	}
}

// elements notes where tasks are.
func (a *auditor) elements(key string, elements []string) {
	for _, e := range elements {
		if len(e) < elementID {
			continue // a foreign hand's
		}
		id := e[:elementID]
		if before, again := a.seen[id]; again {
			a.problem("task %s is in %s and in %s", hex.EncodeToString([]byte(id)), before, key)
		}
		a.seen[id] = key
	}
}

// index compares the ids of a ZSET with the tasks in its HASH.
func (a *auditor) index(key string) {
	ids := a.ask("ZRANGE", key, "0", "-1").Strings()
	if n := len(a.ask("HKEYS", key+":data").Strings()); n != len(ids) {
		a.problem("%s has %d ids, and %d tasks belong to them", key, len(ids), n)
	}
	for _, id := range ids {
		if a.ask("HEXISTS", key+":data", id).Text != "1" {
			a.problem("%s has the id %x, and no task belongs to it", key, id)
		}
	}
}
