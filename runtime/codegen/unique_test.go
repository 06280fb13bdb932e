package codegen_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"
)

type order struct{ payload string }

func (o *order) MarshalMsg(b []byte) ([]byte, error) {
	if o.payload == "bad" {
		return nil, errors.New("bad")
	}
	return append(b, o.payload...), nil
}
func (o *order) UnmarshalMsg(b []byte) ([]byte, error) { o.payload = string(b); return nil, nil }
func (o *order) Msgsize() int                          { return len(o.payload) }

func TestUniqueKeysDiffer(t *testing.T) {
	kind := &codegen.Kind[order]{Name: "shop.Order"}
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	long := strings.Repeat("x", 200)
	key := func(f func(codegen.Key) codegen.Key) taskqueue.Option {
		return f(codegen.UniqueKey(kind)).Option(time.Minute)
	}
	options := map[string]taskqueue.Option{
		"nothing":     key(func(k codegen.Key) codegen.Key { return k }),
		"true":        key(func(k codegen.Key) codegen.Key { return k.Bool(true) }),
		"-1":          key(func(k codegen.Key) codegen.Key { return k.Int(-1) }),
		"1":           key(func(k codegen.Key) codegen.Key { return k.Uint(1) }),
		"1.5":         key(func(k codegen.Key) codegen.Key { return k.Float(1.5) }),
		"a, b":        key(func(k codegen.Key) codegen.Key { return k.String("a").String("b") }),
		"a:b":         key(func(k codegen.Key) codegen.Key { return k.String("a:b") }),
		`a":"b`:       key(func(k codegen.Key) codegen.Key { return k.String(`a":"b`) }),
		"bytes":       key(func(k codegen.Key) codegen.Key { return k.Bytes([]byte{0xab}) }),
		"noon":        key(func(k codegen.Key) codegen.Key { return k.Time(noon) }),
		"long":        key(func(k codegen.Key) codegen.Key { return k.String(long) }),
		"longer":      key(func(k codegen.Key) codegen.Key { return k.String(long + "x") }),
		"other kind":  codegen.UniqueKey(&codegen.Kind[order]{Name: "shop.Other"}).Option(time.Minute),
		"no window":   codegen.UniqueKey(kind).Option(0),
		"payload":     codegen.UniquePayload(kind, &order{"a"}, time.Minute),
		"payload two": codegen.UniquePayload(kind, &order{"b"}, time.Minute),
	}
	seen := map[taskqueue.Option]string{}
	for name, o := range options {
		if other, same := seen[o]; same {
			t.Errorf("%s and %s have one key: %+v", name, other, o)
		}
		seen[o] = name
		if job := taskqueue.NewJob(&taskqueue.Kind{Name: "k"}, &order{}, o); job.Kind() != "k" {
			t.Errorf("%s: %v", name, job)
		}
	}
	if elsewhere := key(func(k codegen.Key) codegen.Key { return k.Time(noon.In(time.FixedZone("x", 3600))) }); elsewhere != options["noon"] {
		t.Errorf("one instant, two keys: %+v, %+v", elsewhere, options["noon"])
	}
	if o := codegen.UniquePayload(kind, &order{"a"}, time.Minute); o != options["payload"] {
		t.Errorf("one payload, two keys")
	}
}

func TestUniqueKeyIsReadable(t *testing.T) {
	kind := &codegen.Kind[order]{Name: "shop.Order"}
	o := codegen.UniqueKey(kind).Int(7).String("de").Option(0)
	if text := fmt.Sprintf("%+v", o); !strings.Contains(text, `shop.Order:7:"de"`) {
		t.Errorf("the key is not to be read: %s", text)
	}
}

func TestUniquePayloadThatCannotBeEncoded(t *testing.T) {
	if o := codegen.UniquePayload(&codegen.Kind[order]{Name: "shop.Order"}, &order{"bad"}, 0); o != (taskqueue.Option{}) {
		t.Errorf("an option: %+v", o)
	}
}
