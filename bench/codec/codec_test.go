// Package codec compares the serializers of tqgen with those of msgp and with
// encoding/json, side by side in one run, on the structs of the seed.
package codec_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/tqgen/taskqueue/bench/codec/byname"
	"github.com/tqgen/taskqueue/bench/codec/msgpmap"
	"github.com/tqgen/taskqueue/bench/codec/msgptuple"
	"github.com/tqgen/taskqueue/bench/codec/tuple"
)

var (
	metadata = map[string]string{"priority": "high", "category": "processing", "source": "benchmark"}
	many     = numbered(50, "key_%d", func(i int) string { return fmt.Sprintf("value_%d", i) })
	datasets = numbered(10, "dataset_%d", func(i int) []string {
		items := make([]string, 20)
		for j := range items {
			items[j] = fmt.Sprintf("item_%d_%d", i, j)
		}
		return items
	})

	bench  = tuple.BenchTask{Data: "benchmark data"}
	small  = tuple.SmallTask{ID: "bench_task_001", Data: "Simple benchmark data"}
	medium = tuple.MediumTask{
		ID: "bench_task_002", Data: "Medium complexity benchmark data with additional fields",
		Metadata: metadata, Payload: make([]byte, 1024),
	}
	large = tuple.LargeTask{
		ID: "bench_task_003", Data: "Large complex benchmark data with nested structures and significant payload",
		Metadata: many, Payload: make([]byte, 10240), ComplexData: datasets,
	}
)

func numbered[V any](n int, key string, value func(int) V) map[string]V {
	m := map[string]V{}
	for i := range n {
		m[fmt.Sprintf(key, i)] = value(i)
	}
	return m
}

// of is v in another package's struct of the same fields.
func of[T, V any](v V) *T {
	return new(reflect.ValueOf(v).Convert(reflect.TypeFor[T]()).Interface().(T))
}

func BenchmarkMediumTask(b *testing.B) {
	run(b, "tqgen tuple", of[tuple.MediumTask](medium), (*tuple.MediumTask).MarshalMsg, (*tuple.MediumTask).UnmarshalMsg)
	run(b, "tqgen map", of[byname.MediumTask](medium), (*byname.MediumTask).MarshalMsg, (*byname.MediumTask).UnmarshalMsg)
	run(b, "msgp tuple", of[msgptuple.MediumTask](medium), (*msgptuple.MediumTask).MarshalMsg, (*msgptuple.MediumTask).UnmarshalMsg)
	run(b, "msgp map", of[msgpmap.MediumTask](medium), (*msgpmap.MediumTask).MarshalMsg, (*msgpmap.MediumTask).UnmarshalMsg)
	runJSON(b, &medium)
}

func BenchmarkLargeTask(b *testing.B) {
	run(b, "tqgen tuple", of[tuple.LargeTask](large), (*tuple.LargeTask).MarshalMsg, (*tuple.LargeTask).UnmarshalMsg)
	run(b, "tqgen map", of[byname.LargeTask](large), (*byname.LargeTask).MarshalMsg, (*byname.LargeTask).UnmarshalMsg)
	run(b, "msgp tuple", of[msgptuple.LargeTask](large), (*msgptuple.LargeTask).MarshalMsg, (*msgptuple.LargeTask).UnmarshalMsg)
	run(b, "msgp map", of[msgpmap.LargeTask](large), (*msgpmap.LargeTask).MarshalMsg, (*msgpmap.LargeTask).UnmarshalMsg)
	runJSON(b, &large)
}

// A method takes a buffer and returns what is left of it, or the longer one.
type method[T any] func(*T, []byte) ([]byte, error)

// A loop calls one method until the time is over.
type loop[T any] func(b *testing.B, v *T, data []byte)

// through calls a method through a variable, which costs a nanosecond.
func through[T any](f method[T]) loop[T] {
	return func(b *testing.B, v *T, data []byte) {
		for b.Loop() {
			if _, err := f(v, data); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func run[T any](b *testing.B, codec string, in *T, marshal, unmarshal method[T]) {
	b.Helper()
	direct(b, codec, in, marshal, unmarshal, through(marshal), through(unmarshal))
}

// direct measures one codec on one struct: encoding into a new buffer and into one
// that is used again, and decoding into a new struct and into one that is used
// again. The structs of msgp keep the buckets of their old maps then, ours keep
// nothing.
func direct[T any](b *testing.B, codec string, in *T, marshal, unmarshal method[T], encode, decode loop[T]) {
	b.Helper()
	data, err := marshal(in, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := unmarshal(new(T), data); err != nil {
		b.Fatal(err)
	}
	sub := func(name string, body func(b *testing.B)) {
		b.Run(codec+"/"+name, func(b *testing.B) {
			b.ReportAllocs()
			body(b)
		})
	}
	sub("encode-fresh", func(b *testing.B) { encode(b, in, nil) })
	sub("encode-reused", func(b *testing.B) { encode(b, in, make([]byte, 0, 2*len(data))) })
	sub("decode-fresh", func(b *testing.B) {
		for b.Loop() {
			if _, err := unmarshal(new(T), data); err != nil {
				b.Fatal(err)
			}
		}
	})
	sub("decode-reused", func(b *testing.B) { decode(b, new(T), data) })
}

func runJSON[T any](b *testing.B, in *T) {
	b.Helper()
	data, err := json.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("json/encode-fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json/decode-fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(data, new(T)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
