// Package codec compares the serializers of tqgen with those of msgp and with
// encoding/json, side by side in one run, on the structs of the seed.
package codec_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/tqgen/taskqueue/bench/codec/byname"
	"github.com/tqgen/taskqueue/bench/codec/msgpmap"
	"github.com/tqgen/taskqueue/bench/codec/msgptuple"
	"github.com/tqgen/taskqueue/bench/codec/owned"
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

// A message is a pointer to a struct with serializers.
type message interface {
	msgp.Marshaler
	msgp.Unmarshaler
}

// pointer is the message of a *T.
type pointer[T any] interface {
	*T
	message
}

// of is v in another package's struct of the same fields.
func of[T, V any](v V) *T { return new(reflect.ValueOf(v).Convert(reflect.TypeFor[T]()).Interface().(T)) }

func BenchmarkBenchTask(b *testing.B) {
	run(b, "tqgen tuple", of[tuple.BenchTask](bench))
	run(b, "tqgen tuple owned", of[owned.BenchTask](bench))
	run(b, "tqgen map", of[byname.BenchTask](bench))
	run(b, "msgp tuple", of[msgptuple.BenchTask](bench))
	run(b, "msgp map", of[msgpmap.BenchTask](bench))
	runJSON(b, &bench)
}

func BenchmarkSmallTask(b *testing.B) {
	run(b, "tqgen tuple", of[tuple.SmallTask](small))
	run(b, "tqgen tuple owned", of[owned.SmallTask](small))
	run(b, "tqgen map", of[byname.SmallTask](small))
	run(b, "msgp tuple", of[msgptuple.SmallTask](small))
	run(b, "msgp map", of[msgpmap.SmallTask](small))
	runJSON(b, &small)
}

func BenchmarkMediumTask(b *testing.B) {
	run(b, "tqgen tuple", of[tuple.MediumTask](medium))
	run(b, "tqgen map", of[byname.MediumTask](medium))
	run(b, "msgp tuple", of[msgptuple.MediumTask](medium))
	run(b, "msgp map", of[msgpmap.MediumTask](medium))
	runJSON(b, &medium)
}

func BenchmarkLargeTask(b *testing.B) {
	run(b, "tqgen tuple", of[tuple.LargeTask](large))
	run(b, "tqgen map", of[byname.LargeTask](large))
	run(b, "msgp tuple", of[msgptuple.LargeTask](large))
	run(b, "msgp map", of[msgpmap.LargeTask](large))
	runJSON(b, &large)
}

// run measures one codec on one struct: encoding into a new buffer and into one
// that is used again, and decoding into a new struct and into one that is used
// again. The structs of msgp keep the buckets of their old maps then, ours keep
// nothing.
func run[T any, P pointer[T]](b *testing.B, codec string, in P) {
	b.Helper()
	data, err := in.MarshalMsg(nil)
	if err != nil {
		b.Fatal(err)
	}
	sub := func(name string, body func() error) {
		b.Run(codec+"/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := body(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	buffer := make([]byte, 0, 2*len(data))
	sub("encode fresh", func() error {
		_, err := in.MarshalMsg(nil)
		return err
	})
	sub("encode reused", func() error {
		_, err := in.MarshalMsg(buffer)
		return err
	})
	sub("decode fresh", func() error {
		_, err := P(new(T)).UnmarshalMsg(data)
		return err
	})
	out := P(new(T))
	sub("decode reused", func() error {
		_, err := out.UnmarshalMsg(data)
		return err
	})
}

func runJSON[T any](b *testing.B, in *T) {
	b.Helper()
	data, err := json.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("json/encode fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json/decode fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(data, new(T)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
