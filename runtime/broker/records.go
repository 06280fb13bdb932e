package broker

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Records are small facts that processes share beside the tasks: who works,
// which crons there are, who leads, what was decided. They belong to no queue.
//
// A table has a name (CheckName) and at most [MaxRecords] rows. Every row that
// is written gets a version from the table's counter, greater than all that
// the table ever gave, so a version is a fencing token. Use few tables and
// logs: their counters stay for ever.
type Records interface {
	// Put writes a row if the stored one has the version r.If (see there) and
	// returns the row's new version. ErrStale: the stored one has another, and
	// nothing was written. ErrFull: the table has MaxRecords other rows.
	Put(ctx context.Context, table string, r Record) (uint64, error)

	// Remove drops a row if it has the version, by the rules of Record.If: with
	// Any it may be gone already. ErrStale: it has another, or there is none.
	Remove(ctx context.Context, table, name string, version uint64) error

	// Records returns the rows of a table that have not expired, sorted by name:
	// all of them, or those named, each name once. Rows that change meanwhile may
	// be from before or after.
	Records(ctx context.Context, table string, names ...string) ([]Record, error)

	// Append adds lines to a log, in their order, and drops the oldest ones beyond
	// the newest keep (1 to MaxLog). It takes at most MaxAppend lines.
	Append(ctx context.Context, log string, keep int, lines ...[]byte) error

	// Log returns lines of a log, the newest first, at most limit (1 to MaxLog).
	Log(ctx context.Context, log string, limit int) ([][]byte, error)
}

// A Record is a row of a table.
type Record struct {
	Name    string // 1 to MaxNameLen bytes, of any kind
	Data    []byte // at most MaxRecordBytes
	Version uint64 // set by the store

	// TTL is how long the row lives from when it is written: 1 ms to MaxDelay, or
	// 0 for good. In what Records returns it is what is left.
	TTL time.Duration

	// If is the version that the stored row must have for a Put: 0 where there
	// must be none (or one that has expired), Any whatever there is.
	If uint64
}

// Any is the version in Record.If of whatever row there is, or none.
const Any uint64 = math.MaxUint64

// Check reports the first thing that no store would accept in a Put of r.
func (r *Record) Check(table string) error {
	if err := CheckRows(table, r.Name); err != nil {
		return err
	}
	switch {
	case len(r.Data) > MaxRecordBytes:
		return fmt.Errorf("%w: row %q of table %s has %d bytes, at most %d are allowed", ErrTooLarge, r.Name, table, len(r.Data), MaxRecordBytes)
	case r.TTL != 0 && (r.TTL < time.Millisecond || r.TTL > MaxDelay):
		return fmt.Errorf("%w: the TTL %v of row %q is outside 1ms to %v", ErrInvalid, r.TTL, r.Name, MaxDelay)
	}
	return nil
}

// CheckRows reports what no store would accept as the names of a table and of
// rows in it.
func CheckRows(table string, names ...string) error {
	if err := CheckName("table name", table); err != nil {
		return err
	}
	for _, name := range names {
		if len(name) < 1 || len(name) > MaxNameLen {
			return fmt.Errorf("%w: the name of a row in table %s has %d bytes, 1 to %d are allowed", ErrInvalid, table, len(name), MaxNameLen)
		}
	}
	return nil
}

// CheckAppend reports what no store would accept in an Append.
func CheckAppend(log string, keep int, lines [][]byte) error {
	if err := CheckLog(log, keep); err != nil {
		return err
	}
	if len(lines) > MaxAppend {
		return fmt.Errorf("%w: %d lines for log %s, at most %d are allowed at once", ErrInvalid, len(lines), log, MaxAppend)
	}
	for i, line := range lines {
		if len(line) > MaxLineBytes {
			return fmt.Errorf("%w: line %d for log %s has %d bytes, at most %d are allowed", ErrTooLarge, i, log, len(line), MaxLineBytes)
		}
	}
	return nil
}

// CheckLog reports what no store would accept as a log and a number of its lines.
func CheckLog(log string, lines int) error {
	if err := CheckName("log name", log); err != nil {
		return err
	}
	if lines < 1 || lines > MaxLog {
		return fmt.Errorf("%w: %d lines of log %s are outside 1 to %d", ErrInvalid, lines, log, MaxLog)
	}
	return nil
}
