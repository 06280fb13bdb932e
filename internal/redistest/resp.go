package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// A Reply is one value of the Redis protocol.
type Reply struct {
	// Kind is the byte that the value begins with: '+' status, '-' error,
	// ':' integer, '$' string, '*' array, '%' map, '_' null and so on.
	Kind byte
	// Text is the value of a kind that holds no others.
	Text string
	// Items are an array's, a set's or a push's; of a map, each key and its value.
	Items []Reply
}

// Kinds of our own: no answer, or the end of the connection.
const (
	silence byte = 0
	hangup  byte = 1
)

// Status is a reply such as OK.
func Status(text string) Reply { return Reply{Kind: '+', Text: text} }

// Error is a failure; its text begins with a word such as ERR or NOSCRIPT.
func Error(text string) Reply { return Reply{Kind: '-', Text: text} }

// Integer is a number.
func Integer(n int64) Reply { return Reply{Kind: ':', Text: strconv.FormatInt(n, 10)} }

// Bulk is a string.
func Bulk(text string) Reply { return Reply{Kind: '$', Text: text} }

// Array is a list of replies.
func Array(items ...Reply) Reply { return Reply{Kind: '*', Items: items} }

// Null is the absence of a value.
func Null() Reply { return Reply{Kind: '_'} }

// Silence never answers; the connection stays open.
func Silence() Reply { return Reply{Kind: silence} }

// Hangup closes the connection instead of an answer.
func Hangup() Reply { return Reply{Kind: hangup} }

// Strings are the texts of the items.
func (r Reply) Strings() []string {
	texts := make([]string, len(r.Items))
	for i, item := range r.Items {
		texts[i] = item.Text
	}
	return texts
}

// append adds the reply as it goes over the wire.
func (r Reply) append(dst []byte) []byte {
	switch r.Kind {
	case '_':
		return append(dst, "$-1\r\n"...) // both versions of the protocol know this one
	case '$':
		dst = fmt.Appendf(dst, "$%d\r\n", len(r.Text))
		return append(append(dst, r.Text...), "\r\n"...)
	case '*', '%':
		n := len(r.Items)
		if r.Kind == '%' {
			n /= 2
		}
		dst = fmt.Appendf(dst, "%c%d\r\n", r.Kind, n)
		for _, item := range r.Items {
			dst = item.append(dst)
		}
		return dst
	default:
		return fmt.Appendf(dst, "%c%s\r\n", r.Kind, r.Text)
	}
}

// appendCommand adds a command as a client sends it.
func appendCommand(dst []byte, args []string) []byte {
	var items []Reply
	for _, arg := range args {
		items = append(items, Bulk(arg))
	}
	return Array(items...).append(dst)
}

// A respReader reads values and keeps the bytes that it read since the last
// reset, for those who pass them on.
type respReader struct {
	in  *bufio.Reader
	raw []byte
}

func newReader(conn net.Conn) *respReader { return &respReader{in: bufio.NewReader(conn)} }

func (r *respReader) reset() { r.raw = r.raw[:0] }

// read reads the next value. What stands between servers and clients in tests
// is trusted: there is no limit.
func (r *respReader) read() (Reply, error) {
	line, err := r.line()
	if err != nil {
		return Reply{}, err
	}
	v := Reply{Kind: line[0], Text: line[1:]}
	switch v.Kind {
	case '+', '-', ':', '_', '#', ',', '(':
		return v, nil
	case '$', '=', '!':
		return r.blob(v)
	case '*', '~', '>', '%', '|':
		return r.aggregate(v)
	}
	return Reply{}, fmt.Errorf("redistest: not the Redis protocol: %q", line)
}

func (r *respReader) line() (string, error) {
	b, err := r.in.ReadBytes('\n')
	r.raw = append(r.raw, b...)
	if err != nil {
		return "", err
	}
	if len(b) < 3 || b[len(b)-2] != '\r' {
		return "", fmt.Errorf("redistest: not the Redis protocol: %q", b)
	}
	return string(b[:len(b)-2]), nil
}

func (r *respReader) blob(v Reply) (Reply, error) {
	n, err := strconv.Atoi(v.Text)
	if err != nil || n < 0 {
		return Null(), err
	}
	b := make([]byte, n+len("\r\n"))
	if _, err := io.ReadFull(r.in, b); err != nil {
		return Reply{}, err
	}
	r.raw = append(r.raw, b...)
	v.Text = string(b[:n])
	return v, nil
}

func (r *respReader) aggregate(v Reply) (Reply, error) {
	n, err := strconv.Atoi(v.Text)
	if err != nil || n < 0 {
		return Null(), err
	}
	if v.Kind == '%' || v.Kind == '|' {
		n *= 2
	}
	v.Text = ""
	for range n {
		item, err := r.read()
		if err != nil {
			return Reply{}, err
		}
		v.Items = append(v.Items, item)
	}
	if v.Kind == '|' { // attributes belong to the value after them
		return r.read()
	}
	return v, nil
}

// ask sends one command and reads its answer. An error reply is an error.
func ask(conn net.Conn, args ...string) (Reply, error) {
	if _, err := conn.Write(appendCommand(nil, args)); err != nil {
		return Reply{}, err
	}
	reply, err := newReader(conn).read()
	if err == nil && reply.Kind == '-' {
		err = errors.New(reply.Text)
	}
	return reply, err
}
