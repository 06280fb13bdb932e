package measure

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqgen/taskqueue/runtime/broker"
)

// schedule lists tasks that are due one after the other.
type schedule struct {
	first time.Time
	every time.Duration
	total int
	asked int
}

var errNoList = errors.New("no list")

func (s *schedule) List(_ context.Context, q broker.ListQuery) (page broker.Page, err error) {
	if s.total < 0 {
		return page, errNoList
	}
	s.asked++
	for i := range min(s.total, q.Limit) {
		m := &broker.Message{Kind: [...]string{"mail", "bill", "mail", "other"}[i%4]}
		page.Entries = append(page.Entries, broker.Entry{Message: m, At: s.first.Add(time.Duration(i) * s.every)})
	}
	return page, nil
}

// What falls due within the horizon is seen, by kind; where that is much it is
// estimated from the first of it.
func TestLookAhead(t *testing.T) {
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name       string
		first      time.Duration
		every      time.Duration
		total      int
		mail, bill int
	}{
		{"none", 0, 0, 0, 0, 0},
		{"too late", time.Minute, time.Second, 50, 0, 0},
		{"all", time.Second, time.Second, 8, 4, 2},
		{"the first eight", 3 * time.Second, time.Second, 100, 4, 2},
		{"many, as close as the first 200", 0, 10 * time.Millisecond, 100_000, 527, 263}, // 200 in 1.99 s
		{"many, but no more than there are", 0, 10 * time.Millisecond, 400, 200, 100},
		{"all at once", 0, 0, 4000, 2000, 1000},
	}
	for _, test := range tests {
		s := NewSum([]Queue{{"q", 1}})
		s.know("mail")
		s.know("bill")
		list := &schedule{now.Add(test.first), test.every, test.total, 0}
		infos := []broker.QueueInfo{{Queue: "q", Scheduled: int64(test.total)}}
		if err := s.LookAhead(t.Context(), list, infos, now, 10*time.Second+500*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		o := s.Observe(infos, nil, 1)
		got := []int{o.Queues[0].Flows[0].Due, o.Queues[0].Flows[1].Due}
		want := []int{test.mail, test.bill}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

// It does not look more often than needed.
func TestLookAheadNowAndThen(t *testing.T) {
	now := time.Now()
	s := NewSum([]Queue{{"q", 1}})
	list := &schedule{first: now, total: 1}
	for i := range 10 {
		if err := s.LookAhead(t.Context(), list, []broker.QueueInfo{{Scheduled: 1}}, now.Add(time.Duration(i)*time.Second), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if list.asked != 5 {
		t.Errorf("asked %d times in 10 s", list.asked)
	}
	list.total = -1
	if err := s.LookAhead(t.Context(), list, []broker.QueueInfo{{Scheduled: 1}}, now.Add(time.Minute), time.Minute); !errors.Is(err, errNoList) {
		t.Errorf("%v", err)
	}
}
