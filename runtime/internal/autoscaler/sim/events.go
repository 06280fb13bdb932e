package sim

const (
	taskDone = iota
	workerUp
	retryDue
)

// An event happens at a time; of two at the same time the one that was
// scheduled first comes first.
type event struct {
	at         float64
	number     int64
	task       int32
	worker     int32
	generation int32
	kind       uint8
}

func (e *event) before(f *event) bool {
	if e.at != f.at {
		return e.at < f.at
	}
	return e.number < f.number
}

// An agenda is a heap of events, without the interfaces of container/heap: the
// simulation spends its time here.
type agenda struct {
	heap   []event
	number int64
}

func (a *agenda) add(e event) {
	a.number++
	e.number = a.number
	a.heap = append(a.heap, e)
	i := len(a.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !a.heap[i].before(&a.heap[parent]) {
			return
		}
		a.heap[i], a.heap[parent] = a.heap[parent], a.heap[i]
		i = parent
	}
}

func (a *agenda) pop() event {
	first := a.heap[0]
	last := len(a.heap) - 1
	a.heap[0] = a.heap[last]
	a.heap = a.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return first
		}
		if child+1 < last && a.heap[child+1].before(&a.heap[child]) {
			child++
		}
		if !a.heap[child].before(&a.heap[i]) {
			return first
		}
		a.heap[child], a.heap[i] = a.heap[i], a.heap[child]
		i = child
	}
}

// A fifo is a queue of task numbers.
type fifo struct {
	items []int32
	head  int
}

func (f *fifo) push(x int32) { f.items = append(f.items, x) }
func (f *fifo) len() int     { return len(f.items) - f.head }
func (f *fifo) first() int32 { return f.items[f.head] }

func (f *fifo) pop() int32 {
	x := f.items[f.head]
	f.head++
	if f.head > 4096 && f.head*2 > len(f.items) {
		f.items = append(f.items[:0], f.items[f.head:]...)
		f.head = 0
	}
	return x
}
