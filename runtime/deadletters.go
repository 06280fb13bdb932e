package taskqueue

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A DeadGroup is what the dead letters of a queue have in common that died alike.
type DeadGroup struct {
	Kind        string
	Fingerprint string // of the reason, see Fingerprint
	Count       int
	First, Last time.Time // when they died
	Latest      Entry     // the last one, with its payload and failures
}

// DeadGroups groups the dead letters of a queue by kind and fingerprint, the
// largest group first. It looks at the newest 10,000 and reports how many that
// were, and whether they were all.
func (c *Client) DeadGroups(ctx context.Context, queue string) (groups []DeadGroup, seen int, all bool, err error) {
	const enough = 10_000
	place := make(map[[2]string]int)
	all, err = c.eachDead(ctx, queue, func(entries []Entry) (bool, error) {
		for i := range entries {
			e := &entries[i]
			key := [2]string{e.Message.Kind, Fingerprint(e.Reason)}
			at, known := place[key]
			if !known {
				at = len(groups)
				place[key] = at
				groups = append(groups, DeadGroup{Kind: key[0], Fingerprint: key[1], Last: e.At, Latest: *e})
			}
			groups[at].Count++
			groups[at].First = e.At
		}
		seen += len(entries)
		return seen < enough, nil
	})
	slices.SortStableFunc(groups, func(a, b DeadGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups, seen, all, err
}

// Fingerprint is the reason of a failure without what differs from one task to
// the next: words with digits, quoted text, and all but the first line.
func Fingerprint(reason string) string {
	line, _, _ := strings.Cut(reason, "\n")
	words := strings.Fields(unquoted(line))
	for i, w := range words {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			words[i] = "*"
		}
	}
	return strings.Join(words, " ")
}

// unquoted puts a star in the place of each text in quotes.
func unquoted(s string) string {
	var b strings.Builder
	for {
		from := strings.IndexAny(s, "\"`")
		if from < 0 {
			break
		}
		length := strings.IndexByte(s[from+1:], s[from])
		if length < 0 {
			break
		}
		b.WriteString(s[:from] + "*")
		s = s[from+length+2:]
	}
	return b.String() + s
}

// RequeueDead requeues the dead letters of a queue that which picks, or all with nil,
// the newest first, and returns how many that were. An error cuts it short; those
// before it are requeued.
func (c *Client) RequeueDead(ctx context.Context, queue string, which func(Entry) bool) (int, error) {
	total := 0
	_, err := c.eachDead(ctx, queue, func(entries []Entry) (bool, error) {
		var edits []broker.Edit
		for _, e := range entries {
			if which == nil || which(e) {
				edits = append(edits, broker.Edit{Ref: e.Ref, Action: broker.Requeue})
			}
		}
		receipts, err := c.broker.Edit(ctx, edits)
		if err == nil {
			total += len(edits) - len(receipts)
		}
		return true, withCause(ctx, err)
	})
	return total, err
}

// eachDead passes the dead letters of a queue on, page by page, until f says that
// it has enough. all is whether there are no more.
func (c *Client) eachDead(ctx context.Context, queue string, f func([]Entry) (more bool, err error)) (all bool, err error) {
	if c.ctx.Err() != nil {
		return false, ErrClosed
	}
	query := broker.ListQuery{Queue: queue, State: broker.StateDead, Limit: broker.MaxEdits}
	for {
		page, err := c.broker.List(ctx, query)
		if err != nil {
			return false, withCause(ctx, err)
		}
		more, err := f(page.Entries)
		if err != nil || page.Next == "" || !more {
			return page.Next == "", err
		}
		query.Cursor = page.Next
	}
}
