package codec_test

import (
	"strings"
	"testing"
)

const guarded = `package guarded

import "time"

type Locale string

type Levels []int8

type Page[T any] struct {
	Items []T
}

type SendWelcome struct {
	Customer int64 ` + "`msg:\"customer\"`" + `
	Locale   Locale
	Levels   Levels
	At       time.Time
	Pages    Page[Locale]
	hook     func() ` + "`tq:\"-\"`" + `
}
`

// TestStaleCode changes declarations under codecs that were written before: none
// compiles, and the compiler says what to do.
func TestStaleCode(t *testing.T) {
	methods := generate(t, guarded)
	stale := map[string]struct{ old, change string }{
		"added":      {"At       time.Time", "At, To time.Time"},
		"removed":    {"At       time.Time", ""},
		"retyped":    {"Customer int64", "Customer int32"},
		"renamed":    {"At       time.Time", "When time.Time"},
		"retagged":   {`msg:"customer"`, `msg:"client"`},
		"untagged":   {"`msg:\"customer\"`", ""},
		"moved":      {"Locale   Locale\n\tLevels   Levels", "Levels Levels\n\tLocale Locale"},
		"named":      {"type Locale string", "type Locale int"},
		"element":    {"type Levels []int8", "type Levels []int16"},
		"generic":    {"Items []T", "Items []T; More bool"},
		"unexported": {"hook     func()", "hook func(int)"},
	}
	m := newModule(t)
	for name, s := range stale {
		changed := strings.Replace(guarded, s.old, s.change, 1)
		if changed == guarded {
			t.Fatalf("%s: %q is not in the source", name, s.old)
		}
		m.write(t, name+"/types.go", changed)
		m.write(t, name+"/methods.go", methods)
	}
	m.write(t, "same/types.go", guarded+"\n// A comment changes nothing.\n")
	m.write(t, "same/methods.go", methods)
	out, err := m.run(t, "build", "./...")
	if err == nil {
		t.Fatal("everything compiles")
	}
	sections := map[string]string{}
	for _, section := range strings.Split(out, "# github.com/tqgen/taskqueue/scratch/")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		sections[name] = text
	}
	if text, ok := sections["same"]; ok {
		t.Errorf("what did not change does not compile:\n%s", text)
	}
	for name := range stale {
		if text := sections[name]; !strings.Contains(text, "_changed__run_go_tool_tqgen") {
			t.Errorf("%s: the compiler says\n%s", name, text)
		}
	}
}
