package scheduler

import (
	"testing"
	"time"
)

// What was missed comes in portions, a quota in each period, oldest first.
func TestQuota(t *testing.T) {
	bubble(t, func(x *fixture) {
		s := x.schedule("job", "0 * * * *", "")
		s.Missed = 1000
		stop := x.run(x.engine(s))
		pass(time.Hour)
		x.want("01-01 01:00:00")
		stop()
		pass(5*time.Hour + 30*time.Minute)
		e := x.engine(s)
		e.Quota = Quota{Most: 2, Every: 10 * time.Second}
		x.run(e)
		x.want("01-01 02:00:00", "01-01 03:00:00")
		pass(9 * time.Second)
		x.want()
		pass(2 * time.Second)
		x.want("01-01 04:00:00", "01-01 05:00:00")
		pass(10 * time.Second)
		x.want("01-01 06:00:00")
		pass(time.Hour)
		x.want("01-01 07:00:00")
	})
}
