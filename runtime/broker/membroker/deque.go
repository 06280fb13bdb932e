package membroker

// A deque is a double-ended queue in a ring. The zero value is empty.
type deque[T comparable] struct {
	ring []T // its length is a power of two
	head int
	n    int
}

func (d *deque[T]) len() int { return d.n }

// at is the i-th element from the head.
func (d *deque[T]) at(i int) T { return d.ring[(d.head+i)&(len(d.ring)-1)] }

func (d *deque[T]) pushBack(v T) {
	d.grow()
	d.ring[(d.head+d.n)&(len(d.ring)-1)] = v
	d.n++
}

func (d *deque[T]) pushFront(v T) {
	d.grow()
	d.head = (d.head - 1) & (len(d.ring) - 1)
	d.ring[d.head] = v
	d.n++
}

// insert puts v before the i-th element.
func (d *deque[T]) insert(i int, v T) {
	d.pushFront(v)
	for k := range i {
		d.ring[(d.head+k)&(len(d.ring)-1)] = d.at(k + 1)
	}
	d.ring[(d.head+i)&(len(d.ring)-1)] = v
}

// popFront takes the head of a deque that is not empty.
func (d *deque[T]) popFront() T {
	var zero T
	v := d.ring[d.head]
	d.ring[d.head] = zero
	d.head = (d.head + 1) & (len(d.ring) - 1)
	d.n--
	if len(d.ring) > minRing && d.n < len(d.ring)/4 {
		d.resize(len(d.ring) / 2)
	}
	return v
}

const minRing = 16

func (d *deque[T]) grow() {
	if d.n == len(d.ring) {
		d.resize(max(minRing, 2*d.n))
	}
}

func (d *deque[T]) resize(size int) {
	ring := make([]T, size)
	if d.n > 0 {
		k := copy(ring, d.ring[d.head:min(d.head+d.n, len(d.ring))])
		copy(ring[k:], d.ring[:d.n-k])
	}
	d.ring, d.head = ring, 0
}

// remove takes out the first element that is v, wherever it is.
func (d *deque[T]) remove(v T) {
	for i := range d.n {
		if d.at(i) != v {
			continue
		}
		for k := i; k > 0; k-- {
			d.ring[(d.head+k)&(len(d.ring)-1)] = d.at(k - 1)
		}
		d.popFront()
		return
	}
}
