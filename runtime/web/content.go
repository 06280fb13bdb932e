package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	maxContent = 64 << 10 // how much is decoded for a look
	maxListed  = 1 << 10  // of each task in a list
)

// viewTasks are tasks as the schemas of their kinds let them be shown.
func (h *handler) viewTasks(ctx context.Context, entries []taskqueue.Entry, limit int) []taskView {
	var kinds []string
	for i := range entries {
		if kind := kindOf(&entries[i]); kind != "" && !h.HidePayloads {
			kinds = append(kinds, kind)
		}
	}
	known := h.schemas.of(ctx, h.client, kinds...)
	all := make([]taskView, 0, len(entries))
	for i := range entries {
		all = append(all, h.viewTask(&entries[i], known, limit))
	}
	return all
}

// kindOf is the kind of a task; empty: the store does not know it any more.
func kindOf(e *taskqueue.Entry) string {
	if e.Message != nil {
		return e.Message.Kind
	}
	return e.Shape.Kind
}

// A piece is a piece of data whose kind is known.
type piece struct {
	kind *kindSchema // nil: nobody has told of it
	node *node       // nil: there is none for this piece
}

// content is encoded data as JSON, as far as it may be shown; null: it may not, or is
// too large.
func (h *handler) content(d *piece, data []byte, limit int) json.RawMessage {
	switch {
	case h.HidePayloads || len(data) == 0 || len(data) > limit:
		return nil
	case d != nil && d.node != nil:
		return reveal(d.node, data)
	case d != nil && d.kind != nil || !h.ShowRaw:
		return nil // a version that has no schema may have secrets that nobody knows of
	}
	return raw(data)
}

// raw is encoded data as JSON: the fields of a task in their order. What is not
// MessagePack is a string of Base64.
func raw(data []byte) json.RawMessage {
	if rest, err := msgp.Skip(data); err == nil && len(rest) == 0 { // one value, and all of it
		var b bytes.Buffer
		if _, err := msgp.UnmarshalAsJSON(&b, data); err == nil && json.Valid(b.Bytes()) {
			return b.Bytes()
		}
	}
	return json.RawMessage(`"` + base64.StdEncoding.EncodeToString(data) + `"`)
}
