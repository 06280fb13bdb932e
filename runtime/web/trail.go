package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
)

// A trail is what the audit log tells of one change besides who asked for it: which
// tasks were meant, how many those were, and how many were changed.
type trail struct{ attrs []any }

type trailKey struct{}

// withTrail gives a request a trail.
func withTrail(r *http.Request) (*http.Request, *trail) {
	t := &trail{}
	return r.WithContext(context.WithValue(r.Context(), trailKey{}, t)), t
}

// remark adds to the trail of a request, if it has one.
func remark(ctx context.Context, attrs ...any) {
	if t, ok := ctx.Value(trailKey{}).(*trail); ok {
		t.attrs = append(t.attrs, attrs...)
	}
}

// remarkTexts adds those of a name and a text that are not empty, in pairs.
func remarkTexts(ctx context.Context, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			remark(ctx, slog.String(pairs[i], pairs[i+1]))
		}
	}
}

// remarkBody adds which tasks a bulk change is about.
func remarkBody(ctx context.Context, b *bulkBody) {
	if len(b.IDs) > 0 {
		remarkTexts(ctx, "ids", strings.Join(b.IDs[:min(len(b.IDs), maxPage)], " "))
	} else {
		remarkTexts(ctx, "state", b.State, "filter", b.Filter, "kind", b.Kind, "failure", b.Error, "since", b.Since, "until", b.Until)
	}
	remarkTexts(ctx, "reason", b.Reason)
	remark(ctx, slog.Bool("dry_run", b.DryRun))
}
