package web

import (
	"context"
	"sync"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

const (
	schemaPeriod = 30 * time.Second // between two questions for the same kind
	maxSchemas   = 1000             // that are remembered
)

// schemas remember what workers tell of their kinds.
type schemas struct {
	mu    sync.Mutex
	known map[string]knownSchema
}

type knownSchema struct {
	*kindSchema // nil: there is none
	at          time.Time
}

// of returns the schemas of kinds. While the store does not answer those that are not
// known are missing, and so is what they would show.
func (s *schemas) of(ctx context.Context, client *taskqueue.Client, kinds ...string) map[string]*kindSchema {
	found, missing := s.recall(kinds)
	if len(missing) == 0 {
		return found
	}
	texts, err := client.Schemas(ctx, missing...)
	if err != nil {
		return found
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) > maxSchemas {
		s.known = make(map[string]knownSchema)
	}
	for _, kind := range missing {
		var schema *kindSchema
		if text, ok := texts[kind]; ok {
			schema = readSchema(text)
		}
		found[kind] = schema
		s.known[kind] = knownSchema{schema, time.Now()}
	}
	return found
}

// recall returns what is remembered, and what has to be asked for.
func (s *schemas) recall(kinds []string) (found map[string]*kindSchema, missing []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found = make(map[string]*kindSchema, len(kinds))
	for _, kind := range kinds {
		if k, ok := s.known[kind]; ok && time.Since(k.at) < schemaPeriod {
			found[kind] = k.kindSchema
			continue
		}
		if _, asked := found[kind]; !asked {
			found[kind] = nil
			missing = append(missing, kind)
		}
	}
	return found, missing
}
