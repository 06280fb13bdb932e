package model

import (
	"go/token"
	"iter"
	"slices"
	"time"
)

// A Package is a Go package that gets generated files.
type Package struct {
	Ref
	Dir     string          // absolute
	Tasks   []*Task         // by file name, then position; may be empty
	Structs []*Struct       // that get a codec here, tasks and others, by name
	Scope   map[string]bool // every name declared at package level, our own output left out
	Uses    map[string]bool // import paths of the packages whose types its tasks and structs name
}

// A Ref names a package.
type Ref struct {
	Name string // of the package clause
	Path string // to import it by
}

// A Task is a struct with the directive //taskqueue:task.
type Task struct {
	Name     string  // of the Go type
	Wire     string  // name of the kind in the store
	Was      []Alias // names that it had before
	Version  int     // of the payload's shape, at least 1
	Older    []Older // shapes that it had before and can still be read, by version
	Doc      string  // the comment without markers and directives
	Position token.Position
	First    int   // line, of the comment
	Last     int   // line, of the type
	Type     *Type // of the struct itself: Struct, or Foreign if it encodes itself
	Settings Settings
	Result   *Result // nil: none
	Execute  bool    // the struct has the method; else its work is a method of Handler
	Methods  Methods
	Unique   *Unique // nil: none
	Cron     *Cron   // nil: it does not recur
	Key      *Field  // whose task it is; nil: nobody's
	Batch    Batch   // the zero value: each task has a call of its own
}

// resultRetention is how long the outcome of a task with a result is kept unless
// the directive says otherwise.
const resultRetention = time.Hour

// Retention is how long the outcome is kept; nil if that is not said.
func (t *Task) Retention() *time.Duration {
	if t.Settings.Retention == nil && t.Result != nil {
		d := resultRetention
		return &d
	}
	return t.Settings.Retention
}

// A Cron says when a task is enqueued by itself.
type Cron struct {
	Spec     string
	Zone     string // "": UTC
	Missed   string // skip, once or all; "": skip
	Position token.Position
}

// An Older is a shape that a task's payload had in an older version, with a
// method Upgrade that makes a newer one of it.
type Older struct {
	Version  int
	Name     string // of the Go type
	Type     *Type
	Next     int // the version that Upgrade makes
	Position token.Position
}

// An Alias is an older name of a kind.
type Alias struct {
	Wire     string
	Position token.Position
}

// Settings are those of the directive, over those of the package. A nil field
// was not said.
type Settings struct {
	Queue     *string
	Priority  *string // low, normal, high, critical
	Retries   *int
	Timeout   *time.Duration // 0: none
	Retention *time.Duration
	Expires   *time.Duration // 0: never
	Memory    *int64         // bytes that a run takes
	Backoff   *Backoff
	Limit     Limit // the zero value: none
}

// A Limit bounds the runs of a task, and of those of one key. What is zero sets
// no limit.
type Limit struct {
	Rate, KeyRate               Rate
	Concurrency, KeyConcurrency int64
}

// A Rate lets N tasks begin in each Period, up to Burst (0: 1) at once.
type Rate struct {
	N      int64
	Period time.Duration
	Burst  int64
}

// A Batch says how many tasks one call of a handler may get.
type Batch struct {
	Max      int
	Linger   time.Duration
	Position token.Position
}

// A Backoff is what //taskqueue:retry says. Without Intervals the pause is
// Base·Factorⁿ⁻¹ up to Max.
type Backoff struct {
	Base, Max time.Duration
	Factor    float64
	Jitter    float64
	Intervals []time.Duration
}

// A Result is what a task returns.
type Result struct {
	Type     *Type // R or *R as the handler spells it
	Position token.Position
}

// Methods are the per-instance overrides that a struct has.
type Methods struct {
	Retries, Timeout, Queue, RetryDelay bool
}

// Unique says what makes two tasks of a kind the same.
type Unique struct {
	Payload bool     // everything; else Fields
	Fields  []*Field // in the order given
	Within  time.Duration
}

// A Window is how long a unique key is held, and where that is said.
type Window struct {
	Length   time.Duration
	Position token.Position // invalid if it is not said
}

// A Struct is a struct type with the fields that it has on the wire.
type Struct struct {
	Package  Ref
	Name     string // of the Go type; empty for one without a name
	Position token.Position
	Fields   []*Field // all that are declared, in their order, skipped ones too

	// Tuple encodes the fields by position (a MessagePack array); otherwise
	// they go by name (a map).
	Tuple bool

	// Inline marks a struct that cannot have methods of its own: an
	// instantiated generic or a struct type without a name. Its fields are
	// encoded in place wherever it is used. An Inline struct is never
	// Recursive. All others have generated methods in Package.
	Inline bool

	// Recursive marks a struct that can contain itself.
	Recursive bool
}

// A Field is a field of a struct.
type Field struct {
	Name     string // in Go
	Wire     string // on the wire: the msg tag, else Name
	Type     *Type  // Opaque if Skip
	Tag      string // as declared, for the guard against stale code
	Embedded bool   // declared without a name; encoded like any other field
	Skip     bool   // tq:"-" or msg:"-": not on the wire, zero after decoding
	Copy     bool   // tq:"copy": strings and bytes inside do not alias the payload
	Secret   bool   // tq:"secret": not shown in logs
	Optional bool   // tq:"optional": of a task with a cron; zero at each tick
	Unique   bool   // tq:"unique": part of the key that makes the task unique
	Key      bool   // tq:"key": says whose task it is
	Max      int64  // tq:"max=…": the largest len allowed, both ways; 0: no limit but the payload's
	Position token.Position
}

// Encoded are the fields that are on the wire, in their order.
func (s *Struct) Encoded() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for _, f := range s.Fields {
			if !f.Skip && !yield(f) {
				return
			}
		}
	}
}

// Field finds a field by its Go name; nil if there is none.
func (s *Struct) Field(name string) *Field {
	i := slices.IndexFunc(s.Fields, func(f *Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return s.Fields[i]
}

// HasSecret reports whether something in the struct is not to be shown: a field
// of it, or one further inside.
func (s *Struct) HasSecret() bool { return s.secret(map[*Struct]bool{}) }

func (s *Struct) secret(seen map[*Struct]bool) bool {
	if seen[s] {
		return false
	}
	seen[s] = true
	for f := range s.Encoded() {
		if f.Secret || f.Type.secret(seen) {
			return true
		}
	}
	return false
}
