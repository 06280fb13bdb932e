package tq

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/web"
)

// reveal adds what may be shown of a payload, or of what a task left; all of it, if raw.
func (s *session) reveal(ctx context.Context, e *taskqueue.Entry, v *taskView, raw bool) error {
	m := e.Message
	if m == nil {
		return s.revealResult(ctx, e, v, raw)
	}
	if len(m.Payload) == 0 {
		return nil
	}
	if raw {
		v.Raw, v.Payload = m.Payload, asJSON(m.Payload)
		v.Headers = v.Headers[:0]
		for _, h := range m.Headers {
			v.Headers = append(v.Headers, h.Key+": "+h.Value)
		}
		return nil
	}
	schema, err := s.schema(ctx, m.Kind)
	if err != nil || schema == "" {
		return err
	}
	if shown := web.Reveal(schema, int(m.Version), m.Payload); shown != nil {
		v.Payload = shown
	}
	return nil
}

func (s *session) revealResult(ctx context.Context, e *taskqueue.Entry, v *taskView, raw bool) error {
	if raw && len(e.Result) > 0 {
		v.Result = asJSON(e.Result)
		return nil
	}
	if e.Shape.Kind == "" || len(e.Result) == 0 {
		return nil
	}
	schema, err := s.schema(ctx, e.Shape.Kind)
	if err != nil || schema == "" {
		return err
	}
	if shown := web.RevealResult(schema, int(e.Shape.Version), e.Result); shown != nil {
		v.Result = shown
	}
	return nil
}

// schema is what workers told of a kind; empty: nothing. It asks once for each kind.
func (s *session) schema(ctx context.Context, kind string) (string, error) {
	if text, asked := s.schemas[kind]; asked {
		return text, nil
	}
	found, err := s.client.Schemas(ctx, kind)
	if err != nil {
		return "", err
	}
	if s.schemas == nil {
		s.schemas = make(map[string]string)
	}
	s.schemas[kind] = found[kind]
	return found[kind], nil
}

// asJSON is MessagePack as JSON; nil, if it is none.
func asJSON(payload []byte) any {
	var b bytes.Buffer
	rest, err := msgp.UnmarshalAsJSON(&b, payload)
	if err != nil || len(rest) > 0 || !json.Valid(b.Bytes()) {
		return nil
	}
	return json.RawMessage(b.Bytes())
}
