package worker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// BenchmarkRegistry is how long it takes to find what runs a task by the name that
// came from the store, which is a string of its own each time. 100 kinds may take
// 20 ns.
func BenchmarkRegistry(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("kinds=%d", n), func(b *testing.B) {
			e := &Engine{Config: Config{Kinds: map[string]*Kind{}}}
			leases := make([]broker.Lease, n)
			for i := range leases {
				name := fmt.Sprintf("package%d.SendMail%d", i%7, i)
				e.Kinds[name] = &Kind{Name: name, Version: 1}
				leases[i].Kind = strings.Clone(name)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i == n {
					i = 0
				}
				if e.kind(leases[i].Shape()) == nil {
					b.Fatal(leases[i].Kind)
				}
			}
		})
	}
}
