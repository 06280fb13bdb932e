package redisbroker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// records checks that what ends one day is known by its end, and nothing else
// is, in the tables of a prefix.
func (a *auditor) records() {
	k := newRecordKeys(a.b.prefix)
	tables := check2(a, a.b.commands.HGetAll(a.ctx, k.versions()).Result)
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		ends := map[string]string{}
		for _, z := range check2(a, a.b.commands.ZRangeWithScores(a.ctx, k.ends(table), 0, -1).Result) {
			ends[fmt.Sprint(z.Member)] = fmt.Sprintf("%.0f", z.Score)
		}
		for name, value := range check2(a, a.b.commands.HGetAll(a.ctx, k.rows(table)).Result) {
			version, rest, _ := strings.Cut(value, " ")
			end, _, ok := strings.Cut(rest, " ")
			a.expect(ok && len(version) <= len(tables[table]), "row %q of %s is %.40q, the table gave version %s", name, table, value, tables[table])
			if end != "0" {
				a.expect(ends[name] == end, "row %q of %s ends at %s, noted at %q", name, table, end, ends[name])
				delete(ends, name)
			}
		}
		a.expect(len(ends) == 0, "table %s has ends of no rows: %v", table, ends)
	}
}
