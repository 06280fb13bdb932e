// Package codecsample holds structs of every shape that a task may have, with
// the serializers that gen/codec writes for them: what its tests, fuzzers and
// benchmarks run.
package codecsample

import "time"

//msgp:tuple Bench Small Tuple Leaf Chain

// Bench is the smallest real task, the headline of many benchmarks.
type Bench struct {
	Data string
}

// Small has two strings.
type Small struct {
	ID   string `msg:"id"`
	Data string `msg:"data"`
}

// SmallMap is Small by name.
type SmallMap struct {
	ID   string `msg:"id"`
	Data string `msg:"data"`
}

// Medium has a map and a payload of its own.
type Medium struct {
	ID       string            `msg:"id"`
	Data     string            `msg:"data"`
	Metadata map[string]string `msg:"metadata"`
	Payload  []byte            `msg:"payload"`
}

// Large has nested containers too.
type Large struct {
	ID       string              `msg:"id"`
	Data     string              `msg:"data"`
	Metadata map[string]string   `msg:"metadata"`
	Payload  []byte              `msg:"payload"`
	Complex  map[string][]string `msg:"complex_data"`
}

// Named variants of what has no name.
type (
	Locale      string
	Level       int8
	Mask        uint16
	Ratio       float32
	Blob        []byte
	Tags        []string
	Digest      [4]byte
	Matrix      [2][3]int16
	Index       map[Locale]Level
	Pause       time.Duration
	Flag        bool
	Octet       uint8
	Octets      []Octet
	Labels      = map[string]string
	Page[T any] struct {
		Items []T
		Next  string
	}
)

// Scalars has every kind without parts, by name.
type Scalars struct {
	Bool     bool
	Int      int
	Int8     int8
	Int16    int16
	Int32    int32
	Int64    int64
	Uint     uint
	Uint8    uint8
	Uint16   uint16
	Uint32   uint32
	Uint64   uint64
	Float32  float32
	Float64  float64
	String   string
	Bytes    []byte
	Time     time.Time
	Duration time.Duration
}

// Tuple has named variants, by position.
type Tuple struct {
	Locale Locale
	Level  Level
	Mask   Mask
	Ratio  Ratio
	Blob   Blob
	Tags   Tags
	Digest Digest
	Matrix Matrix
	Index  Index
	Pause  Pause
	Flag   Flag
	Octets Octets
	Labels Labels
}

// Leaf is a struct inside of others.
type Leaf struct {
	Name string
	Size int32
}

// Nested has structs, pointers and containers inside of each other.
type Nested struct {
	Leaf
	One     Leaf
	Maybe   *Leaf
	Many    []Leaf
	Some    []*Leaf
	ByName  map[string]Leaf
	ByCode  map[int32]*Leaf
	Rows    [][]string
	Table   map[string]map[uint8][]float64
	Pair    [2]Leaf
	Inner   struct{ A, B string }
	Pages   Page[Leaf]
	Strings *[]string
	Dict    *map[string]int
	Array   *[3]int64
	Number  *uint32
	Key     [16]byte
	Keys    [][16]byte
	Empty   struct{}
	Cache   map[string]any `msg:"-"`
}

// Options has the tags that change how a field travels.
type Options struct {
	Kept   string            `tq:"copy"`
	Deep   map[string][]Leaf `tq:"copy"`
	Short  string            `tq:"max=16"`
	Few    []int             `tq:"max=4"`
	Hidden chan int          `tq:"-"`
}

// Tree contains itself, by name.
type Tree struct {
	Name  string
	Left  *Tree
	Right *Tree
	Kids  []Tree
	Named map[string]Tree
}

// Chain contains itself, by position.
type Chain struct {
	Next *Chain
}
