package config

import "testing"

// What others can reach, and nobody guards, changes nothing and shows no payloads.
func TestUnguardedWeb(t *testing.T) {
	for _, tt := range []struct {
		listen, password string
		closed, guarded  bool
	}{
		{"", "", false, false},
		{"127.0.0.1:8080", "", false, false},
		{"localhost:8080", "", false, false},
		{"[::1]:8080", "", false, false},
		{":8080", "", true, false},
		{"0.0.0.0:8080", "", true, false},
		{"[::]:8080", "", true, false},
		{"10.0.0.7:8080", "", true, false},
		{"tasks.example.com:8080", "", true, false},
		{":8080", "open sesame", false, true},
		{"127.0.0.1:8080", "open sesame", false, true},
	} {
		c := load(t, Options{Environ: []string{"TASK_QUEUE_WEB_LISTEN=" + tt.listen, "TASK_QUEUE_WEB_PASSWORD=" + tt.password}})
		w := c.WebConfig()
		if w.ReadOnly != tt.closed || w.HidePayloads != tt.closed || (w.Auth != nil) != tt.guarded {
			t.Errorf("%q, password %q: read-only %v, payloads hidden %v, guarded %v", tt.listen, tt.password, w.ReadOnly, w.HidePayloads, w.Auth != nil)
		}
	}
}

func TestWebMistakes(t *testing.T) {
	for variable, value := range map[string]string{
		"TASK_QUEUE_WEB_LISTEN": "8080", "TASK_QUEUE_WEB_PASSWORD": "short",
	} {
		if _, err := Load(Options{Dir: t.TempDir(), Environ: []string{variable + "=" + value}}); err == nil {
			t.Errorf("%s=%s is fine", variable, value)
		}
	}
}
