package codectest

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Random is a value like c with random contents: its recursion is bounded, tags
// are obeyed, and its maps have one pair at most, so that it has one encoding.
func Random(c Codec, r *rand.Rand) Codec {
	v := New(c)
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
		if depth < maxDepth && r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r, depth+1)
		}
	case reflect.Struct:
		fillStruct(v, r, depth)
	}
}

const maxDepth = 3

func text(r *rand.Rand) string {
	const letters = "abcdefgh\x00\xffé世"
	b := make([]byte, [...]int{0, 3, 15, 31, 32, 300}[r.IntN(6)])
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

func fillSlice(v reflect.Value, r *rand.Rand, depth int) {
	n := [...]int{0, 1, 2, 3, 17}[r.IntN(5)]
	if depth > 0 {
		n = min(n, 3)
	}
	if depth > maxDepth || n == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		fill(v.Index(i), r, depth+1)
	}
}

func fillMap(v reflect.Value, r *rand.Rand, depth int) {
	if depth > maxDepth || r.IntN(3) == 0 {
		return
	}
	key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	fill(key, r, depth+1)
	fill(value, r, depth+1)
	v.Set(reflect.MakeMap(v.Type()))
	v.SetMapIndex(key, value)
}

func fillStruct(v reflect.Value, r *rand.Rand, depth int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(1<<40)-1<<39, r.Int64N(1e9)).UTC()))
		return
	}
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if tag.Get("msg") == "-" || tag.Get("tq") == "-" {
			continue
		}
		fill(v.Field(i), r, depth)
		if limit, ok := strings.CutPrefix(tag.Get("tq"), "max="); ok {
			n, _ := strconv.Atoi(limit)
			v.Field(i).Set(v.Field(i).Slice(0, min(n, v.Field(i).Len())))
		}
	}
}
