package taskqueue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// schemasTable has a row for each kind that a worker knows, under each of its names.
const (
	schemasTable = "schemas"
	schemaTTL    = 90 * 24 * time.Hour // so long after the last worker that knew it
)

// Schemas returns the schemas of kinds, see [Kind.Schema]: of those named, or of all
// that workers have told within the last 90 days. Kinds without one are left out.
func (c *Client) Schemas(ctx context.Context, kinds ...string) (map[string]string, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	rows, err := c.broker.Records(ctx, schemasTable, kinds...)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	all := make(map[string]string, len(rows))
	for i := range rows {
		all[rows[i].Name] = string(rows[i].Data)
	}
	return all, nil
}

// schemasOf are the schemas of what a worker runs, by name.
func schemasOf(tasks []Task) map[string]string {
	all := make(map[string]string)
	for _, t := range tasks {
		if t.Kind == nil || t.Kind.Schema == "" || len(t.Kind.Schema) > broker.MaxRecordBytes {
			continue
		}
		for _, name := range t.Kind.names() {
			all[name] = t.Kind.Schema
		}
	}
	return all
}

// tellSchemas writes those that the store does not have, or will forget soon. One of
// a newer release stays: it knows the older versions, too.
func tellSchemas(ctx context.Context, store broker.Records, schemas map[string]string) error {
	names := make([]string, 0, len(schemas))
	for name := range schemas {
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	rows, err := store.Records(ctx, schemasTable, names...)
	if err != nil {
		return err
	}
	known := make(map[string]broker.Record, len(rows))
	for _, row := range rows {
		known[row.Name] = row
	}
	for name, schema := range schemas {
		old, there := known[name]
		if there && (newer(string(old.Data), schema) || string(old.Data) == schema && old.TTL > schemaTTL/2) {
			continue
		}
		if _, err := store.Put(ctx, schemasTable, broker.Record{Name: name, Data: []byte(schema), TTL: schemaTTL, If: broker.Any}); err != nil {
			return err
		}
	}
	return nil
}

// newer reports whether a schema is of a later version than another.
func newer(a, b string) bool {
	version := func(schema string) int {
		var s struct {
			Version int `json:"version"`
		}
		if err := json.Unmarshal([]byte(schema), &s); err != nil {
			return 0
		}
		return s.Version
	}
	return version(a) > version(b)
}
