package e2e_test

import (
	"strings"
	"testing"
)

const fixtureTest = `package main

import (
	"slices"
	"testing"

	"github.com/tqgen/taskqueue/runtime/tqtest"

	"example.com/shop/email"
)

func TestPayloads(t *testing.T) {
	tqtest.RequirePayloads(t, "testdata/payloads", slices.Concat(Tasks(), email.Tasks(struct{ email.Handler }{})))
}
`

// Payloads that were written once are read for ever: a release that would lose
// something of them fails its test, also where tqgen was told to accept it.
func TestFixtures(t *testing.T) {
	m := newShop(t)
	m.write("main_test.go", fixtureTest)
	m.fails("testdata/payloads holds no payloads", "go", "test", ".")
	m.fails("testdata/payloads/main.Add.v1.golden: missing", tqgen, "fixtures", "-check")
	m.run(tqgen, "fixtures")
	m.run("go", "test", ".")
	const name = "testdata/payloads/email.SendWelcome.v1.golden"
	first := m.read(name)
	if want := `"\x82\xa8Customer\x01\xa6Locale\xa6Locale"` + "\n"; first != want {
		t.Errorf("%s holds %s", name, first)
	}

	// One more field is fine, and changes no payload that is there.
	m.replace("email/email.go", "Locale   string", "Locale, Name string")
	m.run(tqgen)
	m.run(tqgen, "fixtures", "-check")
	m.run("go", "test", ".")
	if m.read(name) != first {
		t.Errorf("%s has changed", name)
	}

	// A new version has a payload of its own beside the old one.
	m.replace("email/email.go", "//taskqueue:task queue=high_priority", "//taskqueue:task version=2 queue=high_priority")
	m.replace("email/email.go", "Locale, Name string\n}\n", "Language, Name string\n}\n\ntype SendWelcomeV1 struct {\n\tCustomer int64\n\tLocale, Name string\n}\n\n"+
		"func (v SendWelcomeV1) Upgrade() SendWelcome { return SendWelcome{v.Customer, v.Locale, v.Name} }\n")
	m.replace("main.go", `Locale: "de"`, `Language: "de"`)
	m.replace("main.go", "task.Locale", "task.Language")
	m.run(tqgen)
	m.run(tqgen, "fixtures")
	if second := m.read(strings.Replace(name, "v1", "v2", 1)); !strings.Contains(second, "Language") || m.read(name) != first {
		t.Errorf("version 2: %s", second)
	}
	m.run("go", "test", ".")

	// A renamed field of the present version is what nobody reads any more.
	m.replace("email/email.go", "Language, Name string", "Language, Nick string")
	m.run(tqgen, "-accept")
	m.fails("email.SendWelcome.v2.golden: the payload.Name was Name, and is <nil>", "go", "test", ".")
}
