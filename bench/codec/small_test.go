package codec_test

import (
	"testing"

	"github.com/tqgen/taskqueue/bench/codec/byname"
	"github.com/tqgen/taskqueue/bench/codec/msgpmap"
	"github.com/tqgen/taskqueue/bench/codec/msgptuple"
	"github.com/tqgen/taskqueue/bench/codec/owned"
	"github.com/tqgen/taskqueue/bench/codec/tuple"
)

// Where a call takes five nanoseconds, each row has loops of its own, so that the
// methods are called as a program calls them and not through a variable.

func BenchmarkBenchTask(b *testing.B) {
	direct(b, "tqgen tuple", of[tuple.BenchTask](bench), (*tuple.BenchTask).MarshalMsg, (*tuple.BenchTask).UnmarshalMsg,
		func(b *testing.B, v *tuple.BenchTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *tuple.BenchTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "tqgen tuple owned", of[owned.BenchTask](bench), (*owned.BenchTask).MarshalMsg, (*owned.BenchTask).UnmarshalMsg,
		func(b *testing.B, v *owned.BenchTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *owned.BenchTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "tqgen map", of[byname.BenchTask](bench), (*byname.BenchTask).MarshalMsg, (*byname.BenchTask).UnmarshalMsg,
		func(b *testing.B, v *byname.BenchTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *byname.BenchTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "msgp tuple", of[msgptuple.BenchTask](bench), (*msgptuple.BenchTask).MarshalMsg, (*msgptuple.BenchTask).UnmarshalMsg,
		func(b *testing.B, v *msgptuple.BenchTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *msgptuple.BenchTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "msgp map", of[msgpmap.BenchTask](bench), (*msgpmap.BenchTask).MarshalMsg, (*msgpmap.BenchTask).UnmarshalMsg,
		func(b *testing.B, v *msgpmap.BenchTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *msgpmap.BenchTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	runJSON(b, &bench)
}

func BenchmarkSmallTask(b *testing.B) {
	direct(b, "tqgen tuple", of[tuple.SmallTask](small), (*tuple.SmallTask).MarshalMsg, (*tuple.SmallTask).UnmarshalMsg,
		func(b *testing.B, v *tuple.SmallTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *tuple.SmallTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "tqgen tuple owned", of[owned.SmallTask](small), (*owned.SmallTask).MarshalMsg, (*owned.SmallTask).UnmarshalMsg,
		func(b *testing.B, v *owned.SmallTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *owned.SmallTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "tqgen map", of[byname.SmallTask](small), (*byname.SmallTask).MarshalMsg, (*byname.SmallTask).UnmarshalMsg,
		func(b *testing.B, v *byname.SmallTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *byname.SmallTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "msgp tuple", of[msgptuple.SmallTask](small), (*msgptuple.SmallTask).MarshalMsg, (*msgptuple.SmallTask).UnmarshalMsg,
		func(b *testing.B, v *msgptuple.SmallTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *msgptuple.SmallTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	direct(b, "msgp map", of[msgpmap.SmallTask](small), (*msgpmap.SmallTask).MarshalMsg, (*msgpmap.SmallTask).UnmarshalMsg,
		func(b *testing.B, v *msgpmap.SmallTask, p []byte) {
			for b.Loop() {
				v.MarshalMsg(p)
			}
		},
		func(b *testing.B, v *msgpmap.SmallTask, p []byte) {
			for b.Loop() {
				v.UnmarshalMsg(p)
			}
		})
	runJSON(b, &small)
}
