package redisbroker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// shapeName is what scripts call a shape; they sort like shapes do.
func shapeName(s broker.Shape) string { return fmt.Sprintf("%s\x00%05d", s.Kind, s.Version) }

func parseShape(name string) broker.Shape {
	kind, version, _ := strings.Cut(name, "\x00")
	n, _ := strconv.ParseUint(version, 10, 16)
	return broker.Shape{Kind: kind, Version: uint16(n)}
}

// shapes reads those that cycle.lua tells.
func shapes(names []any) (all []broker.Shape) {
	for i := range names {
		all = append(all, parseShape(reply(names).string(i)))
	}
	slices.SortFunc(all, broker.Shape.Compare)
	return all
}
