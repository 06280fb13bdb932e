package broker

import "fmt"

// Check reports the first thing that no store would accept in c: one rule for
// all stores. It allocates nothing where c is fine.
func (c *Cycle) Check() error {
	if err := CheckName("worker name", c.Session.Worker); err != nil {
		return err
	}
	if err := CheckName("queue name", c.Session.Queue); err != nil {
		return err
	}
	switch {
	case c.Seq == 0 || c.Seq > MaxSeq:
		return fmt.Errorf("%w: cycle %d is outside 1 to %d", ErrInvalid, c.Seq, uint64(MaxSeq))
	case c.Lease < MinLease || c.Lease > MaxLease:
		return fmt.Errorf("%w: lease %v is outside %v to %v", ErrInvalid, c.Lease, MinLease, MaxLease)
	case c.Want.Max < 0:
		return fmt.Errorf("%w: %d wanted leases are less than none", ErrInvalid, c.Want.Max)
	case c.Promote < 0 || c.Promote > PromoteBatch:
		return fmt.Errorf("%w: %d tasks to promote are outside 0 to %d", ErrInvalid, c.Promote, PromoteBatch)
	case len(c.Settle) > MaxBatch:
		return fmt.Errorf("%w: %d settles in one cycle, at most %d are allowed", ErrInvalid, len(c.Settle), MaxBatch)
	case len(c.Unpark) > MaxShapes:
		return fmt.Errorf("%w: %d shapes to take back in one cycle, at most %d are allowed", ErrInvalid, len(c.Unpark), MaxShapes)
	}
	for i := range c.Unpark {
		if err := CheckName("task kind", c.Unpark[i].Kind); err != nil {
			return fmt.Errorf("unpark %d: %w", i, err)
		}
	}
	for i := range c.Settle {
		if err := c.Settle[i].check(); err != nil {
			return fmt.Errorf("settle %d: %w", i, err)
		}
	}
	return c.checkProgress()
}

func (c *Cycle) checkProgress() error {
	if len(c.Progress) > MaxBatch {
		return fmt.Errorf("%w: progress of %d tasks in one cycle, at most %d are allowed", ErrInvalid, len(c.Progress), MaxBatch)
	}
	for i := range c.Progress {
		p := &c.Progress[i]
		if p.Lease == nil {
			return fmt.Errorf("%w: progress %d: there is no lease", ErrInvalid, i)
		}
		if len(p.Data) > MaxProgressBytes {
			return fmt.Errorf("%w: progress %d has %d bytes, at most %d are allowed", ErrTooLarge, i, len(p.Data), MaxProgressBytes)
		}
	}
	return nil
}

func (s *Settle) check() error {
	switch {
	case s.Lease == nil:
		return fmt.Errorf("%w: there is no lease", ErrInvalid)
	case s.Outcome < Done || s.Outcome > Park:
		return fmt.Errorf("%w: outcome %d does not exist", ErrInvalid, s.Outcome)
	case s.After < 0 || s.After > MaxDelay:
		return fmt.Errorf("%w: delay %v is outside 0 to %v", ErrInvalid, s.After, MaxDelay)
	case len(s.Result) > MaxPayloadBytes:
		return fmt.Errorf("%w: the result has %d bytes, at most %d are allowed", ErrTooLarge, len(s.Result), MaxPayloadBytes)
	}
	return nil
}

// listed reports whether tasks of a state can be listed, and dropped.
func (s State) listed() bool { return s == Pending || s == Scheduled || s == Parked || s == StateDead }

// Check reports what no store would accept in q. Only a store can judge the
// cursor; a bad one is ErrInvalid too.
func (q *ListQuery) Check() error {
	if err := CheckName("queue name", q.Queue); err != nil {
		return err
	}
	if !q.State.listed() {
		return fmt.Errorf("%w: there is no list of %v tasks; ask for pending, scheduled, parked or dead", ErrInvalid, q.State)
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return fmt.Errorf("%w: page limit %d is outside 1 to %d", ErrInvalid, q.Limit, MaxPage)
	}
	return nil
}
