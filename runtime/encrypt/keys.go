// Package encrypt keeps the payloads and results of tasks unreadable for whoever
// can read the store: they are sealed with AES-256-GCM before they leave the
// process, and opened where they come back.
//
//	keys, err := encrypt.ParseKeys(os.Getenv("TASKQUEUE_KEYS"))
//	…
//	store, err := redisbroker.Open(ctx, url, redisbroker.Config{})
//	…
//	client, err := taskqueue.NewClient(encrypt.New(store, encrypt.Config{Keys: keys}), taskqueue.ClientConfig{})
//
// A sealed payload belongs to the id and the kind of its task: one that is moved to
// another task does not open, and neither does one that was changed. What does not
// open reaches the worker as it is, which makes a dead letter of it; once the key is
// there, the dead letter can be requeued.
//
// # What stays readable
//
// Names of queues, kinds and workers, ids, times, group and unique keys, headers,
// progress, and the texts of errors: put nothing secret there. So does every
// payload that was in before, and every kind that Config.Kinds leaves out.
//
// # New keys
//
// Give every process the new key behind the old one, then in front: the first one
// seals, all open. Take the old one away once nothing is left that it has sealed.
// One key may seal about four thousand million payloads.
package encrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// What a sealed payload begins with: a byte that no MessagePack has, and a version.
const (
	mark    = 0xc1
	version = 1
)

// ErrSealed is what does not open: its key is not there, or it is not what was
// sealed.
var ErrSealed = errors.New("taskqueue: sealed payload does not open")

// A Key is a secret of KeySize bytes and the name by which payloads tell which one
// sealed them.
type Key struct {
	Name   string // follows broker.CheckName
	Secret []byte
}

// String shows the name alone.
func (k Key) String() string { return "key " + k.Name }

// GoString is String: %#v shows no secret either.
func (k Key) GoString() string { return k.String() }

// Keys are what a process seals and opens with. They are safe for concurrent use.
type Keys struct {
	first string
	all   map[string]cipher.AEAD
}

// NewKeys makes a set of keys; the first one seals. The error is ErrInvalid for a
// bad name, a secret of another size, two keys of one name, and no key at all.
func NewKeys(keys ...Key) (*Keys, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there is no key", broker.ErrInvalid)
	}
	k := &Keys{first: keys[0].Name, all: map[string]cipher.AEAD{}}
	for _, one := range keys {
		if err := broker.CheckName("key name", one.Name); err != nil {
			return nil, err
		}
		if len(one.Secret) != KeySize {
			return nil, fmt.Errorf("%w: key %s has %d bytes, it needs %d", broker.ErrInvalid, one.Name, len(one.Secret), KeySize)
		}
		if k.all[one.Name] != nil {
			return nil, fmt.Errorf("%w: there are two keys %s", broker.ErrInvalid, one.Name)
		}
		block, err := aes.NewCipher(one.Secret)
		if err != nil {
			return nil, err
		}
		if k.all[one.Name], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// ParseKeys reads NAME=BASE64,NAME=BASE64…, as an environment variable holds them.
// No error shows a secret.
func ParseKeys(text string) (*Keys, error) {
	var keys []Key
	for i, part := range strings.Split(text, ",") {
		name, secret, ok := strings.Cut(strings.TrimSpace(part), "=")
		decoded, err := base64.StdEncoding.DecodeString(secret)
		if !ok || err != nil || broker.CheckName("key name", name) != nil {
			return nil, fmt.Errorf("%w: key %d is not NAME=BASE64", broker.ErrInvalid, i+1)
		}
		if len(decoded) != KeySize { // what stands for its name may be a secret
			return nil, fmt.Errorf("%w: key %d has %d bytes, it needs %d", broker.ErrInvalid, i+1, len(decoded), KeySize)
		}
		keys = append(keys, Key{name, decoded})
	}
	return NewKeys(keys...)
}

// sealed reports whether a payload is one.
func sealed(b []byte) bool { return len(b) > 1 && b[0] == mark && b[1] == version }

// seal hides a text that belongs to a purpose: mark, version, length and name of the
// key, nonce, the text with its tag.
func (k *Keys) seal(text []byte, purpose string) []byte {
	gcm := k.all[k.first]
	b := make([]byte, 0, 3+len(k.first)+gcm.NonceSize()+len(text)+gcm.Overhead())
	b = append(b, mark, version, byte(len(k.first)))
	b = append(b, k.first...)
	head := len(b)
	b = b[:head+gcm.NonceSize()]
	_, _ = rand.Read(b[head:]) // it never fails
	return gcm.Seal(b, b[head:], text, []byte(purpose))
}

// open is the text of what was sealed for a purpose.
func (k *Keys) open(b []byte, purpose string) ([]byte, error) {
	if !sealed(b) || len(b) < 3 || len(b) < 3+int(b[2]) {
		return nil, fmt.Errorf("%w: it is cut off", ErrSealed)
	}
	name, rest := string(b[3:3+int(b[2])]), b[3+int(b[2]):]
	gcm := k.all[name]
	switch {
	case gcm == nil:
		return nil, fmt.Errorf("%w: there is no key %.128q here", ErrSealed, name)
	case len(rest) < gcm.NonceSize():
		return nil, fmt.Errorf("%w: it is cut off", ErrSealed)
	}
	nonce, rest := rest[:gcm.NonceSize()], rest[gcm.NonceSize():]
	text, err := gcm.Open(nil, nonce, rest, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("%w: it was changed, or sealed for another task or with another key %s", ErrSealed, name)
	}
	return text, nil
}
