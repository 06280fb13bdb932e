package codecsample_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tinylib/msgp/msgp"

	. "github.com/tqgen/taskqueue/internal/codecsample"
)

// A codec is what tqgen writes for a struct.
type codec interface {
	msgp.Marshaler
	msgp.Unmarshaler
	msgp.Sizer
}

// samples are all structs with serializers.
var samples = []codec{
	&Bench{}, &Small{}, &SmallMap{}, &Medium{}, &Large{}, &Scalars{}, &Tuple{}, &Leaf{}, &Nested{}, &Options{}, &Tree{}, &Chain{},
}

func name(c codec) string { return reflect.TypeOf(c).Elem().Name() }

func fresh(c codec) codec { return reflect.New(reflect.TypeOf(c).Elem()).Interface().(codec) }

// filled is a copy of c with random values.
func filled(c codec, r *rand.Rand) codec {
	v := fresh(c)
	fill(reflect.ValueOf(v).Elem(), r, 0)
	return v
}

func fill(v reflect.Value, r *rand.Rand, depth int) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> (64 - v.Type().Bits() + r.IntN(v.Type().Bits())))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits() + r.IntN(v.Type().Bits())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(float32(r.NormFloat64())))
	case reflect.String:
		v.SetString(text(r))
	case reflect.Slice:
		fillSlice(v, r, depth)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), r, depth)
		}
	case reflect.Map:
		fillMap(v, r, depth)
	case reflect.Pointer:
		if depth < 4 && r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r, depth+1)
		}
	case reflect.Struct:
		fillStruct(v, r, depth)
	}
}

func text(r *rand.Rand) string {
	b := make([]byte, [...]int{0, 3, 15, 16, 40, 300}[r.IntN(6)])
	for i := range b {
		b[i] = "abcdefgh"[r.IntN(8)]
	}
	return string(b)
}

func fillSlice(v reflect.Value, r *rand.Rand, depth int) {
	n := [...]int{0, 1, 2, 3, 17}[r.IntN(5)]
	if depth > 3 || n == 0 {
		return
	}
	if depth > 0 {
		n = min(n, 3)
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		fill(v.Index(i), r, depth+1)
	}
}

func fillMap(v reflect.Value, r *rand.Rand, depth int) {
	n := r.IntN(4)
	if depth > 3 || n == 0 || v.Type().Elem().Kind() == reflect.Interface {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range n {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, r, depth+1)
		fill(value, r, depth+1)
		v.SetMapIndex(key, value)
	}
}

func fillStruct(v reflect.Value, r *rand.Rand, depth int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(1<<40)-1<<39, r.Int64N(1e9)).UTC()))
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch field.Name {
		case "Short":
			v.Field(i).SetString(text(r)[:0])
		case "Few":
		default:
			fill(v.Field(i), r, depth)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, sample := range samples {
		for range 200 {
			in := filled(sample, r)
			data, err := in.MarshalMsg(nil)
			if err != nil {
				t.Fatal(name(sample), err)
			}
			if size := in.Msgsize(); len(data) > size {
				t.Errorf("%s: %d bytes, Msgsize says %d", name(sample), len(data), size)
			}
			out := filled(sample, r) // what it held must not show
			rest, err := out.UnmarshalMsg(append(data, "rest"...))
			if err != nil || string(rest) != "rest" {
				t.Fatal(name(sample), rest, err)
			}
			if diff := cmp.Diff(in, out, cmpopts.EquateNaNs()); diff != "" {
				t.Fatal(name(sample), diff)
			}
		}
	}
}
