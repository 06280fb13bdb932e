package chaos

import (
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/internal/redistest"
)

// TestAuditSees plants what should not be there.
func TestAuditSees(t *testing.T) {
	const id = "0123456789abcdef"
	key := func(rest string) string { return keyPrefix + rest }
	tests := []struct {
		name  string
		plant [][]string
		want  string // empty: nothing is wrong
	}{
		{"nothing", nil, ""},
		{"what may be there", [][]string{
			{"SADD", "tq:queues", queueName},
			{"HSET", key("count"), "enqueued", "2"},
			{"RPUSH", key("p:normal"), id + "1"},
			{"ZADD", key("z"), "5", "fedcba9876543210"},
			{"HSET", key("z:data"), "fedcba9876543210", "fedcba98765432101"},
			{"SET", key("producer:x"), "1", "EX", "60"},
		}, ""},
		{"a task in two places", [][]string{{"RPUSH", key("p:normal"), id + "1"}, {"RPUSH", key("p:high"), id + "1"}}, "and in"},
		{"a task twice in one place", [][]string{{"RPUSH", key("p:normal"), id + "1", id + "1"}}, "and in"},
		{"an id without a task", [][]string{{"ZADD", key("x"), "5", id}}, "no task belongs"},
		{"a task without an id", [][]string{{"ZADD", key("z"), "5", id}, {"HSET", key("z:data"), id, id, "another", id + "2"}}, "1 ids, and 2"},
		{"a claim", [][]string{{"RPUSH", key("claim:w:1"), id}}, "left over"},
		{"a session", [][]string{{"HSET", key("sessions"), "w", "1"}}, "left over"},
		{"what should expire", [][]string{{"HSET", key("result:abc"), id, "x"}}, "never expires"},
		{"an unknown key of the queue", [][]string{{"SET", key("surprise"), "1"}}, "of no known kind"},
		{"an unknown key beside it", [][]string{{"SET", "tq:surprise", "1"}}, "of no known kind"},
	}
	s := redistest.Start(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.Do(t, "FLUSHALL")
			for _, command := range tt.plant {
				s.Do(t, command...)
			}
			problems := audit(func(args ...string) redistest.Reply { return s.Do(t, args...) })
			if all := strings.Join(problems, "; "); tt.want == "" && all != "" || !strings.Contains(all, tt.want) {
				t.Errorf("problems: %q, want %q", all, tt.want)
			}
		})
	}
}
