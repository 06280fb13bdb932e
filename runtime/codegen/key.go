package codegen

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// StringKey says whose task it is. A text that no store accepts as a key becomes
// its hash.
func StringKey[S ~string](s S) taskqueue.Option {
	text := string(s)
	if len(text) > broker.MaxNameLen || strings.IndexByte(text, 0) >= 0 {
		text = hashed(text)
	}
	return taskqueue.WithKey(text)
}

// IntKey says whose task it is, by a number.
func IntKey[I ~int | ~int8 | ~int16 | ~int32 | ~int64](n I) taskqueue.Option {
	return taskqueue.WithKey(strconv.FormatInt(int64(n), 10))
}

// UintKey says whose task it is, by a number without a sign.
func UintKey[U ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](n U) taskqueue.Option {
	return taskqueue.WithKey(strconv.FormatUint(uint64(n), 10))
}

// BytesKey says whose task it is, by bytes, which are shown in hexadecimal.
func BytesKey(b []byte) taskqueue.Option { return StringKey(hex.EncodeToString(b)) }

// hashed is what stands for a text that is too long.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}
