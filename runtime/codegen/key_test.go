package codegen_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/codegen"
)

type (
	tenant string
	shard  uint8
	debt   int64
)

// How a field becomes the key that says whose task it is.
func TestKeys(t *testing.T) {
	id := [16]byte{0xab, 15: 1}
	long := strings.Repeat("0", 130)
	hashed := func(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }
	for want, option := range map[string]taskqueue.Option{
		"Žižkov 7":                         codegen.StringKey(tenant("Žižkov 7")),
		"":                                 codegen.StringKey(""),
		long[:128]:                         codegen.StringKey(long[:128]),
		hashed(long[:129]):                 codegen.StringKey(long[:129]),
		hashed("a\x00b"):                   codegen.StringKey("a\x00b"),
		"-7":                               codegen.IntKey(debt(-7)),
		"255":                              codegen.UintKey(shard(255)),
		"ab000000000000000000000000000001": codegen.BytesKey(id[:]),
		hashed(long):                       codegen.BytesKey(make([]byte, 65)),
	} {
		if option != taskqueue.WithKey(want) {
			t.Errorf("%+v is not the key %q", option, want)
		}
	}
}
