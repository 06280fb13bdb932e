package model

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// A Finding is what a search found.
type Finding struct {
	States int
	Depth  int  // steps from the start
	Whole  bool // every state that can be reached was looked at
	Breach Breach
	Trace  []string // the shortest way to the breach
}

// String is one line, and the way to a breach.
func (f *Finding) String() string {
	text := fmt.Sprintf("%d states, %d steps deep, all of them: %v; %v", f.States, f.Depth, f.Whole, f.Breach)
	if len(f.Trace) > 0 {
		text += "\n    " + strings.Join(f.Trace, "\n    ")
	}
	return text
}

// A node is how a state was reached first.
type node struct {
	from int
	label
}

// Search looks at the states of a world, the nearest first, at most limit of them
// (0: all), and stops at the first that breaks an invariant. States are told
// apart by 64 bits of a hash: among ten million, two are taken for one with a
// probability of some millionths.
func Search(w World, limit int) Finding {
	seed := maphash.MakeSeed()
	var start state
	for i := w.Workers; i < maxWorkers; i++ {
		start.workers[i].gone = true
	}
	seen := map[uint64]struct{}{maphash.Comparable(seed, start): {}}
	nodes := []node{{from: -1}}
	level, first := []state{start}, 0
	for depth := 1; len(level) > 0; depth++ {
		var next []state
		begin := len(nodes)
		for i := range level {
			for _, step := range w.steps(&level[i]) {
				hash := maphash.Comparable(seed, step.to)
				if _, known := seen[hash]; known {
					continue
				}
				seen[hash] = struct{}{}
				nodes = append(nodes, node{first + i, step.label})
				next = append(next, step.to)
				if b := w.check(&step.to); b != Kept {
					return Finding{States: len(nodes), Depth: depth, Breach: b, Trace: trace(nodes)}
				}
				if len(nodes) == limit {
					return Finding{States: len(nodes), Depth: depth}
				}
			}
		}
		if len(next) == 0 {
			return Finding{States: len(nodes), Depth: depth - 1, Whole: true}
		}
		level, first = next, begin
	}
	return Finding{}
}

// trace is the way to the last node.
func trace(nodes []node) (names []string) {
	for i := len(nodes) - 1; i > 0; i = nodes[i].from {
		names = append(names, nodes[i].String())
	}
	slices.Reverse(names)
	return names
}
