package config

import (
	"slices"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/broker"
)

// queue is the named queue of the config, added with its defaults where it was
// not there; nil if it cannot be one.
func (l *loader) queue(name, place string) *Queue {
	c := l.config
	if i := slices.IndexFunc(c.Queues, func(q Queue) bool { return q.Name == name }); i >= 0 {
		return &c.Queues[i]
	}
	if err := broker.CheckName("queue name", name); err != nil {
		l.refuse(place, "queues", "%v", err)
		return nil
	}
	q, err := DefaultQueue(name)
	if err != nil {
		l.refuse(place, "queues", "%v", err)
		return nil
	}
	c.Queues = append(c.Queues, q)
	return &c.Queues[len(c.Queues)-1]
}

// DefaultQueue is what holds for a queue of which nothing is said: the standard
// ones have settings of their own. The error is ErrInvalid for a bad name.
func DefaultQueue(name string) (Queue, error) {
	if err := broker.CheckName("queue name", name); err != nil {
		return Queue{}, err
	}
	standard, err := taskqueue.NewQueueTable()
	if err != nil {
		return Queue{}, err
	}
	q, _ := standard.Get(name)
	return Queue{
		Name: name, Priority: q.Priority, Weight: q.Weight, Retries: q.Retries, Timeout: q.Timeout,
		RateLimit: perSecond(q.Rate), Concurrency: int(q.Concurrency), MaxTasks: int(q.MaxTasks),
	}, nil
}

// queues takes the tables [queues.NAME] of a file.
func (f *file) queues(e entry) {
	if e.node.kind != tableNode {
		f.refuse(at(f.path, e.line), "queues", "%v was found where tables are needed: [queues.NAME]", e.node.kind)
		return
	}
	for _, named := range e.node.table {
		place := at(f.path, named.line)
		if named.node.kind != tableNode {
			f.refuse(place, "queues."+named.key, "%v was found where a table is needed: [queues.%s]", named.node.kind, named.key)
			continue
		}
		q := f.queue(named.key, place)
		if q == nil {
			continue
		}
		for _, setting := range named.node.table {
			f.queueKey(q, setting)
		}
	}
}

func (f *file) queueKey(q *Queue, e entry) {
	path := "queues." + q.Name + "." + e.key
	i := slices.IndexFunc(queueKeys, func(k key[Queue]) bool { return k.path == e.key })
	if i < 0 {
		var known []string
		for j := range queueKeys {
			known = append(known, queueKeys[j].path)
		}
		f.refuse(at(f.path, e.line), path, "there is no such key%s", didYouMean(e.key, known))
		return
	}
	set(f.loader, q, &queueKeys[i], path, e.node, f.source(e.line))
}

// checkCodeQueues checks the queues that the program itself says.
func (l *loader) checkCodeQueues(from source) {
	for i := range l.config.Queues {
		q := &l.config.Queues[i]
		if err := broker.CheckName("queue name", q.Name); err != nil {
			l.refuse(from.place, "queues", "%v", err)
		}
		if slices.ContainsFunc(l.config.Queues[:i], func(other Queue) bool { return other.Name == q.Name }) {
			l.refuse(from.place, "queues."+q.Name, "it is there twice")
		}
		for j := range queueKeys {
			path := "queues." + q.Name + "." + queueKeys[j].path
			if err := queueKeys[j].value.check(q); err != nil {
				l.refuse(from.place, path, "%v", err)
			}
			l.note(path, from)
		}
	}
}
