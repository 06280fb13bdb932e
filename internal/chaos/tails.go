package chaos

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/tqgen/taskqueue/internal/chaos/work"
	"github.com/tqgen/taskqueue/internal/redistest"
)

// tailScenarios have the store come back without its latest work.
func tailScenarios() []Scenario {
	return []Scenario{
		{Name: "lag", Does: "fail-over to a replica that is 500 ms behind: the tail that it lacks is gone (a stated limit), the rest is not", Run: func(s *Stage) Verdict { return s.lag("", 0) }},
		{Name: "lag-durable", Does: "the same with Durable: nothing that was accepted is gone", Test: true, Run: func(s *Stage) Verdict { return s.lag("?durable_replicas=1&durable_timeout=4s", 16) }},
		{Name: "power-cut-always", Does: "kill -9 of Redis in the middle of a write to the append-only file, appendfsync always", Run: func(s *Stage) Verdict { return s.powerCut("always") }},
		{Name: "power-cut-everysec", Does: "kill -9 of Redis, and its append-only file without its last second, appendfsync everysec: at most two seconds are gone (a stated limit)", Run: func(s *Stage) Verdict { return s.powerCut("everysec") }},
	}
}

// lag kills a master whose replica is behind, and lets the replica take over under
// the master's address.
func (s *Stage) lag(parameters string, hands int) Verdict {
	const behind = 500 * msec
	s.Terms.Lease, s.Terms.Tail, s.Terms.MayLose = 4*sec, 2*sec, parameters == ""
	master := s.Redis()
	link := redistest.StartLag(s.t, master.Addr())
	replica := redistest.StartReplica(s.t, master, link.Addr())
	front := redistest.StartProxy(s.t, master.Addr())
	s.At(front.URL() + parameters)
	link.Set(behind)
	s.Workers(3)
	sender := s.Sender(endless, 300, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Bulk, p.Hands = 10, max(4, hands) })
	s.more(sender, 600*s.Scale)
	link.Cut()
	if s.Terms.MayLose {
		s.more(sender, 30)
	}
	s.Note(Record{Event: StoreDown})
	master.Kill()
	s.server = replica.Promote(s.t)
	front.Redirect(replica.Addr())
	redistest.StartReplica(s.t, replica, replica.Addr()) // Durable needs one
	s.Note(Record{Event: StoreUp})
	s.watch(replica)
	s.more(sender, 300)
	sender.Stop()
	v := s.Finish()
	s.Tell("%d of %d accepted tasks gone", v.Forgotten, v.Acked)
	v.Demand(!s.Terms.MayLose || v.Forgotten > 0, "nothing was lost: the replica was not behind")
	return v
}

// powerCut does to the append-only file what a power cut may do to it: what was not
// yet on the disk is missing, or is there in part. With always nothing that was
// answered is among that; with everysec it is up to two seconds.
func (s *Stage) powerCut(fsync string) Verdict {
	if fsync == "everysec" {
		s.Terms.Tail, s.Terms.MayLose = 2*sec, true
	}
	server := s.Redis("--appendonly", "yes", "--appendfsync", fsync)
	s.Workers(3)
	sender := s.Sender(endless, 200, work.Step{For: 10 * msec}, func(p *senderPlan) { p.Bulk, p.Hands = 10, 2 })
	s.more(sender, 300*s.Scale)
	file := s.appendOnlyFile(server)
	onDisk := s.size(file)
	s.more(sender, 200)
	s.Note(Record{Event: StoreDown})
	server.Kill()
	if fsync == "always" {
		s.tear(file)
	} else if err := os.Truncate(file, onDisk); err != nil {
		s.t.Fatal(err)
	}
	server.Restart(s.t)
	s.Note(Record{Event: StoreUp})
	s.more(sender, 100)
	sender.Stop()
	v := s.Finish()
	s.Tell("%d of %d accepted tasks gone", v.Forgotten, v.Acked)
	if fsync == "always" {
		v.demandNoRepeats("no worker was harmed")
	}
	v.Demand(fsync == "always" || v.Forgotten > 0, "nothing was lost: the file was whole")
	return v
}

// appendOnlyFile is the one that a server adds to; before Redis 7 there was one.
func (s *Stage) appendOnlyFile(server *redistest.Server) string {
	s.t.Helper()
	dir := server.Do(s.t, "CONFIG", "GET", "dir").Strings()[1]
	for _, pattern := range []string{"appendonlydir/*.incr.aof", "appendonly.aof"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) == 1 { // the pattern is good
			return found[0]
		}
	}
	s.t.Fatalf("there is no append-only file in %s", dir)
	return ""
}

func (s *Stage) size(path string) int64 {
	s.t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return info.Size()
}

// tear leaves half a command at the end of a file: a write that was under way, and
// that nobody had an answer to.
func (s *Stage) tear(path string) {
	s.t.Helper()
	text := "*3\r\n$5\r\nRPUSH\r\n$" + strconv.Itoa(len(keyPrefix)+8) + "\r\n" + keyPrefix + "p:no"
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
