// Package cron reads cron specs and tells when they run. It is pure.
//
// # Specs
//
// A spec has five fields, or six with the seconds first:
//
//	[second 0-59] minute 0-59 hour 0-23 day 1-31 month 1-12 weekday 0-7 (0, 7: Sunday)
//
// A field is a list of elements, separated by commas: a number or a name (JAN,
// MON, in any case), a range a-b, or * for all; behind a range or * a step /n
// takes every nth, and a/n is a-max/n. The day of the month also knows L, the
// last one; the weekday knows MON#1, the first Monday of the month (up to #5),
// and MONL, the last. In both, ? is *. If both are given (do not allow every
// day), a day that fits either one is taken, as everywhere since Unix.
//
// In place of fields: @yearly (@annually), @monthly, @weekly, @daily
// (@midnight), @hourly, and "@every 90s", a duration of whole milliseconds from
// a second to ten years. @every counts from the Unix epoch, so that all
// processes agree on the ticks; zones do not matter to it.
//
// # Where clocks are changed
//
// When clocks are put forward, the times that are skipped run together, once,
// at the first instant after the gap. When clocks are put back, a time that
// comes twice runs the first time only. But what goes by intervals keeps its
// pace:
//
//   - A spec for every hour ("30 * * * *") skips nothing by a gap and makes up
//     for nothing: the next hour comes an hour later. It runs in both passes of
//     a repeated hour.
//   - A spec with a range, a step or * in its minutes or seconds ("*/10 1 * * *")
//     also runs in both passes.
package cron
