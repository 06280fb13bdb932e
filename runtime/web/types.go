package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

type typesReply struct {
	Types []typeView `json:"types"` // by kind
	stamp
}

// A typeView is a kind of tasks: what workers have told of it, and how it does.
type typeView struct {
	Kind      string          `json:"kind"`
	Known     bool            `json:"known"`     // whether a worker has told its schema
	Version   int             `json:"version"`   // of the payload's shape; 0: not known
	Older     []int           `json:"older"`     // versions that can still be read
	Payload   []fieldView     `json:"payload"`   // its fields
	Result    []fieldView     `json:"result"`    // none: it has no result
	Workers   int             `json:"workers"`   // that can run it
	Figures   []kindView      `json:"figures"`   // by queue
	Unhandled []unhandledView `json:"unhandled"` // tasks of it that wait and that no living worker can run, by queue and version
}

func (h *handler) types(r *http.Request) (any, error) {
	v, err := h.look(r.Context())
	if err != nil {
		return nil, err
	}
	unhandled, err := h.unhandled.of(r.Context(), h.client, v)
	if err != nil {
		return nil, err
	}
	texts, err := h.client.Schemas(r.Context())
	if err != nil {
		return nil, err
	}
	views := map[string]*typeView{}
	of := func(kind string) *typeView {
		if views[kind] == nil {
			views[kind] = &typeView{Kind: kind, Older: []int{}, Payload: []fieldView{}, Result: []fieldView{}, Figures: []kindView{}, Unhandled: []unhandledView{}}
		}
		return views[kind]
	}
	for kind, text := range texts {
		of(kind).describe(readSchema(text))
	}
	for i := range v.announced {
		for _, k := range v.announced[i].Kinds {
			of(k.Name).Workers++
		}
	}
	for _, k := range v.kindViews() {
		t := of(k.Kind)
		t.Figures = append(t.Figures, k)
	}
	for _, u := range unhandled {
		t := of(u.Kind)
		t.Unhandled = append(t.Unhandled, u)
	}
	reply := typesReply{Types: []typeView{}, stamp: now()}
	for _, kind := range slices.Sorted(maps.Keys(views)) {
		reply.Types = append(reply.Types, *views[kind])
	}
	return reply, nil
}

// describe adds what a schema says.
func (t *typeView) describe(s *kindSchema) {
	if s == nil {
		return
	}
	t.Known, t.Version = true, max(s.Version, 1)
	t.Payload, t.Result = viewFields(s.Payload), viewFields(s.Result)
	for version := range s.Older {
		if n, err := strconv.Atoi(version); err == nil {
			t.Older = append(t.Older, n)
		}
	}
	slices.Sort(t.Older)
}
