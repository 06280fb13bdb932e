package model_test

import (
	"testing"

	"github.com/tqgen/taskqueue/gen/model"
)

func TestKindName(t *testing.T) {
	for name, want := range map[string]string{
		"SendWelcome": "sendWelcomeKind", "URLCheck": "urlCheckKind", "HTTP": "httpKind", "A": "aKind", "already": "alreadyKind",
		"Größe": "größeKind", "Ärger": "ärgerKind", "S3Copy": "s3CopyKind", "AB1": "ab1Kind",
	} {
		if got := (&model.Task{Name: name}).KindName(); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}
