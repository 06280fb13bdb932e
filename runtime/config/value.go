package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A value is a field of C: how it is read, checked, shown and described.
type value[C any] interface {
	parse(text string) node // what a variable or a flag says, as a file would
	store(c *C, n node) error
	check(c *C) error
	show(c *C) string
	shape() shape
}

// A shape describes a value to people and to JSON Schema.
type shape struct {
	kind   string // the schema's type: string, integer, number, boolean, array
	unit   string // of plain numbers: "s"; empty: they have none
	limits string // for people
	words  []string
	min    *float64
	max    *float64
	above  bool // min itself is outside
}

// A word is a name for a number.
type word[N any] struct {
	text string
	n    N
}

func wordOf[N comparable](words []word[N], n N) (string, bool) {
	i := slices.IndexFunc(words, func(w word[N]) bool { return w.n == n })
	if i < 0 {
		return "", false
	}
	return words[i].text, true
}

func wordNamed[N any](words []word[N], text string) (n N, ok bool) {
	i := slices.IndexFunc(words, func(w word[N]) bool { return w.text == text })
	if i < 0 {
		return n, false
	}
	return words[i].n, true
}

func texts[N any](words []word[N]) (all []string) {
	for _, w := range words {
		all = append(all, w.text)
	}
	return all
}

// orWords completes a range: "1 to 1000, or auto".
func orWords[N any](limits string, words []word[N]) string {
	if len(words) == 0 {
		return limits
	}
	return limits + ", or " + strings.Join(texts(words), ", or ")
}

// whole is an int.
type whole[C any] struct {
	field    func(*C) *int
	min, max int
	words    []word[int]
}

func (v whole[C]) parse(text string) node {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return textOf(text)
	}
	return node{kind: wholeNode, whole: n}
}

func (v whole[C]) store(c *C, n node) error {
	if w, ok := wordNamed(v.words, n.text); ok && n.kind == textNode {
		*v.field(c) = w
		return nil
	}
	if n.kind != wholeNode {
		return wrongKind(n, orWords("a whole number", v.words))
	}
	if _, isWord := wordOf(v.words, int(n.whole)); isWord || n.whole < int64(v.min) || n.whole > int64(v.max) {
		return v.outside(n.whole)
	}
	*v.field(c) = int(n.whole)
	return nil
}

func (v whole[C]) check(c *C) error {
	n := *v.field(c)
	if _, ok := wordOf(v.words, n); ok || n >= v.min && n <= v.max {
		return nil
	}
	return v.outside(int64(n))
}

func (v whole[C]) outside(n int64) error {
	return fmt.Errorf("%d is outside %s", n, v.shape().limits)
}

func (v whole[C]) show(c *C) string {
	if w, ok := wordOf(v.words, *v.field(c)); ok {
		return w
	}
	return strconv.Itoa(*v.field(c))
}

func (v whole[C]) shape() shape {
	low, high := float64(v.min), float64(v.max)
	return shape{
		kind: "integer", words: texts(v.words), min: &low, max: &high,
		limits: orWords(fmt.Sprintf("%d to %d", v.min, v.max), v.words),
	}
}

// number is a float64.
type number[C any] struct {
	field    func(*C) *float64
	min, max float64
	above    bool // min itself is outside
	words    []word[float64]
}

func (v number[C]) parse(text string) node {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return textOf(text)
	}
	return node{kind: numberNode, number: f}
}

func (v number[C]) store(c *C, n node) error {
	if w, ok := wordNamed(v.words, n.text); ok && n.kind == textNode {
		*v.field(c) = w
		return nil
	}
	switch n.kind {
	case wholeNode:
		*v.field(c) = float64(n.whole)
	case numberNode:
		*v.field(c) = n.number
	default:
		return wrongKind(n, orWords("a number", v.words))
	}
	if _, isWord := wordOf(v.words, *v.field(c)); isWord {
		return v.outside(*v.field(c))
	}
	return v.check(c)
}

func (v number[C]) check(c *C) error {
	f := *v.field(c)
	if _, ok := wordOf(v.words, f); ok || f >= v.min && f <= v.max && (f > v.min || !v.above) {
		return nil
	}
	return v.outside(f)
}

func (v number[C]) outside(f float64) error {
	return fmt.Errorf("%s is outside %s", formatNumber(f), v.shape().limits)
}

func (v number[C]) show(c *C) string {
	if w, ok := wordOf(v.words, *v.field(c)); ok {
		return w
	}
	return formatNumber(*v.field(c))
}

func (v number[C]) shape() shape {
	low, high := v.min, v.max
	limits := fmt.Sprintf("%s to %s", formatNumber(v.min), formatNumber(v.max))
	if v.above {
		limits = fmt.Sprintf("above %s, to %s", formatNumber(v.min), formatNumber(v.max))
	}
	return shape{kind: "number", words: texts(v.words), min: &low, max: &high, above: v.above, limits: orWords(limits, v.words)}
}

// span is a time.Duration: a number of units, or a text with units ("1m30s").
type span[C any] struct {
	field    func(*C) *time.Duration
	unit     time.Duration
	min, max time.Duration
	words    []word[time.Duration]
}

func (v span[C]) parse(text string) node { return number[C]{}.parse(text) }

func (v span[C]) store(c *C, n node) error {
	if w, ok := wordNamed(v.words, n.text); ok && n.kind == textNode {
		*v.field(c) = w
		return nil
	}
	d, err := v.duration(n)
	if err != nil {
		return err
	}
	if _, isWord := wordOf(v.words, d); isWord {
		return v.outside(d)
	}
	*v.field(c) = d
	return v.check(c)
}

// duration reads a node; a number too large for any duration is the longest.
func (v span[C]) duration(n node) (time.Duration, error) {
	f := n.number
	switch n.kind {
	case wholeNode:
		f = float64(n.whole)
	case numberNode:
	case textNode:
		if d, err := time.ParseDuration(n.text); err == nil {
			return d, nil
		}
		fallthrough
	default:
		return 0, wrongKind(n, orWords(fmt.Sprintf("a duration: a number of %s, or text as \"1m30s\"", unitName(v.unit)), v.words))
	}
	ns := f * float64(v.unit)
	if math.IsNaN(ns) {
		return 0, wrongKind(n, "a duration")
	}
	if math.Abs(ns) >= math.MaxInt64 {
		return time.Duration(math.Copysign(math.MaxInt64, ns)), nil
	}
	return time.Duration(math.Round(ns)), nil
}

func (v span[C]) check(c *C) error {
	d := *v.field(c)
	if _, ok := wordOf(v.words, d); ok || d >= v.min && d <= v.max {
		return nil
	}
	return v.outside(d)
}

func (v span[C]) outside(d time.Duration) error {
	return fmt.Errorf("%s is outside %s", shortDuration(d), v.shape().limits)
}

func (v span[C]) show(c *C) string {
	if w, ok := wordOf(v.words, *v.field(c)); ok {
		return w
	}
	return shortDuration(*v.field(c))
}

func (v span[C]) shape() shape {
	low, high := float64(v.min)/float64(v.unit), float64(v.max)/float64(v.unit)
	return shape{
		kind: "number", unit: unitName(v.unit), words: texts(v.words), min: &low, max: &high,
		limits: orWords(fmt.Sprintf("%s to %s", shortDuration(v.min), shortDuration(v.max)), v.words),
	}
}

func unitName(unit time.Duration) string {
	switch unit {
	case time.Millisecond:
		return "milliseconds"
	case time.Minute:
		return "minutes"
	}
	return "seconds"
}

// shortDuration is d without zeros at the end: 5m, not 5m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
