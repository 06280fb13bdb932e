package chaos

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// A Peer is what came of a scenario with another system: what the table says, and
// which rules the checker found broken.
type Peer struct {
	Cell  string
	Rules []Rule `json:",omitempty"`
	Date  string
}

// String is the cell of the table; empty where there was no scenario.
func (p Peer) String() string {
	if p.Cell == "" {
		return ""
	}
	text := p.Cell
	if len(p.Rules) > 0 {
		words := make([]string, len(p.Rules))
		for i, r := range p.Rules {
			words[i] = string(r)
		}
		text += "; broken: " + strings.Join(words, ", ")
	}
	return text + " (" + p.Date + ")"
}

// ReadPeers reads what a peer's run has left, by scenario.
func ReadPeers(path string) (map[string]Peer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all map[string]Peer
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

// NewID is an id for a task of the scenarios' queue.
func NewID() string { return broker.NewID(queueName, time.Now()).String() }
