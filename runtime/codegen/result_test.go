package codegen_test

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"
)

type (
	locale  string
	locales []locale
	number  int16
)

// A codec of results for any type, so that tests can have a table of them.
type anyResult struct {
	name   string
	values []any
	encode func(v any) ([]byte, error)
	decode func(data []byte) (any, error)
}

func resultOf[R any](r codegen.Result[R], values ...R) anyResult {
	a := anyResult{
		name:   reflect.TypeFor[R]().String(),
		encode: func(v any) ([]byte, error) { return r.Append(nil, v.(R)) },
		decode: func(data []byte) (any, error) { return r.Decode(data) },
	}
	for _, v := range values {
		a.values = append(a.values, v)
	}
	return a
}

func results() []anyResult {
	some := &trusting{List: []int64{1, 2}}
	return []anyResult{
		resultOf(codegen.String[string](), "", "a", "ä\x00\xff"),
		resultOf(codegen.String[locale](), "de"),
		resultOf(codegen.Bool[bool](), true, false),
		resultOf(codegen.Int[int8](), math.MinInt8, -1, 0, math.MaxInt8),
		resultOf(codegen.Int[int](), math.MinInt64, math.MaxInt64),
		resultOf(codegen.Int[time.Duration](), time.Hour),
		resultOf(codegen.Uint[uint64](), 0, math.MaxUint64),
		resultOf(codegen.Float32[float32](), 1.5),
		resultOf(codegen.Float64[float64](), math.Inf(-1), 0.1),
		resultOf(codegen.Time(), time.Date(2026, 11, 25, 3, 0, 0, 7, time.UTC)),
		resultOf(codegen.Bytes[[]byte](), nil, []byte{0, 1}),
		resultOf(codegen.Slice[locales](codegen.String[locale]()), nil, locales{"de", "fr"}),
		resultOf(codegen.Slice[[][]int](codegen.Slice[[]int](codegen.Int[int]())), [][]int{{1}, nil, {2, 3}}),
		resultOf(codegen.Map[map[string]number](codegen.String[string](), codegen.Int[number]()), nil, map[string]number{"a": -1, "b": 2}),
		resultOf(codegen.Map[map[uint8][]bool](codegen.Uint[uint8](), codegen.Slice[[]bool](codegen.Bool[bool]())), map[uint8][]bool{7: {true}}),
		resultOf(codegen.Pointer[trusting](), nil, some),
		resultOf(codegen.Slice[[]*trusting](codegen.Pointer[trusting]()), []*trusting{some, nil, some}),
		resultOf(codegen.Map[map[string]trusting](codegen.String[string](), codegen.Value[trusting]()), map[string]trusting{"x": *some}),
	}
}

func TestResultsRoundTrip(t *testing.T) {
	for _, r := range results() {
		for _, v := range r.values {
			data, err := r.encode(v)
			if err != nil {
				t.Errorf("%s: %v", r.name, err)
				continue
			}
			got, err := r.decode(data)
			if diff := cmp.Diff(v, got); diff != "" || err != nil {
				t.Errorf("%s: %v (-encoded +decoded):\n%s", r.name, err, diff)
			}
		}
	}
}

// What is cut off, or goes on, or claims too much, is refused.
func TestBadResults(t *testing.T) {
	for _, r := range results() {
		for _, v := range r.values {
			data, err := r.encode(v)
			if err != nil {
				t.Fatal(err)
			}
			for n := range data {
				if _, err := r.decode(data[:n]); !errors.Is(err, taskqueue.ErrPayload) {
					t.Errorf("%s: %x is accepted, %v", r.name, data[:n], err)
				}
			}
			if _, err := r.decode(append(data, 0)); !errors.Is(err, taskqueue.ErrPayload) {
				t.Errorf("%s: trailing bytes: %v", r.name, err)
			}
		}
		for _, hostile := range []string{"\xdd\xff\xff\xff\xff\x01", "\xdf\xff\xff\xff\xff\x01\x01", "\xc6\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc1"} {
			if _, err := r.decode([]byte(hostile)); !errors.Is(err, taskqueue.ErrPayload) {
				t.Errorf("%s: %x is accepted, %v", r.name, hostile, err)
			}
		}
	}
}
