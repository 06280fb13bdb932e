package model

// Worlds are those that are searched. Each is as large as its matter needs, and
// small enough to be searched whole.
func Worlds() []World {
	done := []Outcome{Done}
	failed := []Outcome{Done, Failed}
	every := []Outcome{Done, Failed, Released}
	return []World{
		{Name: "one task", Tasks: 1, Workers: 2, Sessions: 1, Cycles: 3, Sends: 1, Lapses: 1, Packets: 2, Outcomes: done},
		{Name: "crash", Tasks: 1, Workers: 1, Sessions: 2, Cycles: 3, Sends: 1, Crashes: 1, Lapses: 2, Packets: 2, Outcomes: done},
		{Name: "retry and release", Tasks: 1, Workers: 2, Sessions: 1, Cycles: 3, Sends: 1, Lapses: 1, Packets: 1, Outcomes: every},
		{Name: "two tasks", Tasks: 2, Workers: 1, Sessions: 1, Cycles: 3, Sends: 1, Lapses: 1, Packets: 2, Outcomes: done},
		{Name: "two of all", Tasks: 2, Workers: 2, Sessions: 1, Cycles: 2, Sends: 1, Lapses: 1, Packets: 2, Outcomes: done},
		{Name: "leaving", Tasks: 1, Workers: 1, Sessions: 2, Cycles: 3, Sends: 1, Lapses: 1, Packets: 2, Outcomes: failed, Leave: true},
		{Name: "unique", Tasks: 2, Workers: 1, Sessions: 1, Cycles: 3, Sends: 1, Lapses: 1, Packets: 2, Outcomes: failed, Unique: true},
		{Name: "ids", Tasks: 1, Workers: 1, Sessions: 1, Cycles: 3, Sends: 3, Lapses: 1, Packets: 2, Outcomes: failed, Unique: true, Window: true},
		{Name: "cron", Tasks: 2, Workers: 1, Sessions: 1, Cycles: 3, Sends: 2, Lapses: 1, Packets: 2, Outcomes: done, Cron: true},
		{Name: "bulk", Tasks: 2, Workers: 1, Sessions: 1, Cycles: 2, Sends: 1, Lapses: 1, Packets: 3, Outcomes: done, Bulk: true},
		{Name: "delayed", Tasks: 1, Workers: 1, Sessions: 2, Cycles: 3, Sends: 1, Crashes: 1, Lapses: 1, Packets: 2, Outcomes: failed, Delayed: true},
	}
}

// maxFailures and maxLosses are when a task is dead.
const (
	maxFailures = 2
	maxLosses   = 3
)
