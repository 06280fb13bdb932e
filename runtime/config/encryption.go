package config

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
	"github.com/tqgen/taskqueue/runtime/encrypt"
)

// Encryption says what the store does not get to see. Without keys nothing is sealed.
type Encryption struct {
	Keys    string   // as in encrypt.ParseKeys
	KeyFile string   // that has them, in place of Keys
	Kinds   []string // the tasks to seal; none: all
}

var encryptionKeys = []key[Config]{
	{
		path: "encryption.keys", env: names("TASK_QUEUE_ENCRYPTION_KEYS"),
		value: text[Config]{field: func(c *Config) *string { return &c.Encryption.Keys }, rule: checkEncryptionKeys, limits: "NAME=BASE64 of 32 bytes, more of them after commas", hide: hide},
		doc:   "Keys that payloads and results are sealed with before they leave the process (AES-256-GCM). The first one seals, all open. Every process needs them.",
	},
	{
		path: "encryption.key_file", env: names("TASK_QUEUE_ENCRYPTION_KEY_FILE"),
		value: text[Config]{field: func(c *Config) *string { return &c.Encryption.KeyFile }, rule: anyPath, limits: "a path"},
		doc:   "A file with such keys, one a line, which is read at the start; instead of encryption.keys.",
	},
	{
		path: "encryption.kinds", env: names("TASK_QUEUE_ENCRYPTION_KINDS"),
		value: list[Config]{field: func(c *Config) *[]string { return &c.Encryption.Kinds }, rule: checkKind, name: itself, limits: "names of tasks, such as email.SendWelcome"},
		doc:   "The tasks to seal, instead of all.",
	},
}

// anyPath: whether a file is there shows where it is read.
func anyPath(string) error { return nil }

func checkEncryptionKeys(s string) error {
	if s == "" {
		return nil
	}
	_, err := encrypt.ParseKeys(s)
	return err
}

// checkEncryption finds keys that contradict each other.
func (l *loader) checkEncryption() {
	e := l.config.Encryption
	if e.Keys != "" && e.KeyFile != "" {
		l.contradiction("encryption.key_file", "encryption.keys", "encryption.keys has keys, too; drop one of them")
	}
	if len(e.Kinds) > 0 && e.Keys == "" && e.KeyFile == "" {
		l.contradiction("encryption.kinds", "encryption.keys", "there is no key to seal them with; set encryption.keys or encryption.key_file")
	}
}

// seal has what goes into a store sealed, if there are keys. The error is ErrInvalid
// for a file that cannot be read or has no keys; it shows none.
func (c *Config) seal(store broker.Broker, logger *slog.Logger) (broker.Broker, error) {
	text, err := c.encryptionText()
	if err != nil || text == "" {
		return store, err
	}
	keys, err := encrypt.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	return encrypt.New(store, encrypt.Config{Keys: keys, Kinds: c.Encryption.Kinds, Logger: logger}), nil
}

// encryptionText is what encrypt.ParseKeys reads; empty: nothing is sealed.
func (c *Config) encryptionText() (string, error) {
	path := c.Encryption.KeyFile
	if path == "" {
		return c.Encryption.Keys, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w: encryption.key_file: %w", taskqueue.ErrInvalid, err)
	}
	var keys []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			keys = append(keys, line)
		}
	}
	if len(keys) == 0 {
		return "", fmt.Errorf("%w: encryption.key_file: there is no key in %s", taskqueue.ErrInvalid, path)
	}
	return strings.Join(keys, ","), nil
}
