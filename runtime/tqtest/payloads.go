package tqtest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/tinylib/msgp/msgp"

	taskqueue "github.com/tqgen/taskqueue/runtime"
)

// RequirePayloads reads every payload in a folder, as tqgen fixtures wrote them
// there, with the tasks of today, and runs none. The test ends where one is of a
// task that is not known, cannot be decoded or, in the task's present version,
// loses something: what it holds must still be there when the task is encoded
// again. Tasks of a package with a Handler are
// email.Tasks(struct{ email.Handler }{}).
func RequirePayloads(t testing.TB, folder string, tasks []taskqueue.Task) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.golden"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no payloads (%v); run: go tool tqgen fixtures -out %[1]s", folder, err)
	}
	for _, file := range files {
		if err := requirePayload(file, tasks); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

var payloadFile = regexp.MustCompile(`^(.+)\.v([0-9]+)\.golden$`)

func requirePayload(file string, tasks []taskqueue.Task) error {
	m := payloadFile.FindStringSubmatch(filepath.Base(file))
	if m == nil {
		return fmt.Errorf("it has no name as in email.SendWelcome.v1.golden")
	}
	version, err := strconv.ParseUint(m[2], 10, 16)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(tasks, func(task taskqueue.Task) bool {
		return task.Kind.Name == m[1] || slices.Contains(task.Kind.Was, m[1])
	})
	if i < 0 {
		return fmt.Errorf("none of the tasks is called %s; if no queue holds one any more, remove the file", m[1])
	}
	payload, err := unquoted(file)
	if err != nil {
		return err
	}
	return keeps(&tasks[i], uint16(version), payload)
}

func unquoted(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	payload, err := strconv.Unquote(string(text[:max(len(text)-1, 0)]))
	if err != nil {
		return nil, fmt.Errorf("not a Go string and a line feed: %w", err)
	}
	return []byte(payload), nil
}

// keeps decodes a payload and, if it has the present shape, looks whether all of it
// is encoded again.
func keeps(task *taskqueue.Task, version uint16, payload []byte) error {
	decoded, err := task.Decode(version, payload)
	if err != nil || version != max(task.Kind.Version, 1) {
		return err
	}
	again, err := decoded.MarshalMsg(nil)
	if err != nil {
		return err
	}
	before, _, err := generic(payload)
	if err != nil {
		return err
	}
	after, _, err := generic(again)
	if err != nil {
		return err
	}
	return within(before, after, "the payload")
}

// generic reads a value of any type; the keys of maps become text.
func generic(b []byte) (value any, rest []byte, err error) {
	switch msgp.NextType(b) {
	case msgp.MapType:
		return genericMap(b)
	case msgp.ArrayType:
		n, b, err := msgp.ReadArrayHeaderBytes(b)
		list := []any{}
		for i := uint32(0); i < n && err == nil; i++ {
			value, b, err = generic(b)
			list = append(list, value)
		}
		return list, b, err
	}
	return msgp.ReadIntfBytes(b)
}

func genericMap(b []byte) (any, []byte, error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	m := map[string]any{}
	for i := uint32(0); i < n && err == nil; i++ {
		var key, value any
		if key, b, err = generic(b); err == nil {
			value, b, err = generic(b)
			m[fmt.Sprint(key)] = value
		}
	}
	return m, b, err
}

// within reports what of a value is not in another one, which may have more fields.
func within(before, after any, where string) error {
	switch b := before.(type) {
	case map[string]any:
		a, _ := after.(map[string]any)
		for key, v := range b {
			if err := within(v, a[key], where+"."+key); err != nil {
				return err
			}
		}
		return nil
	case []any:
		a, _ := after.([]any)
		for i, v := range b {
			if i >= len(a) {
				return fmt.Errorf("%s had %d elements, and has %d", where, len(b), len(a))
			}
			if err := within(v, a[i], fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if !reflect.DeepEqual(before, after) {
		return fmt.Errorf("%s was %v, and is %v", where, before, after)
	}
	return nil
}
