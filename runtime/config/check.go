package config

import (
	"maps"
	"slices"
)

// checkTogether finds values that contradict each other.
func (l *loader) checkTogether() {
	c := l.config
	if a := c.Autoscaler; a.MinWorkers > a.MaxWorkers {
		l.contradiction("autoscaler.min_workers", "autoscaler.max_workers",
			"%d is more than autoscaler.max_workers, %d", a.MinWorkers, a.MaxWorkers)
	}
	if a := c.Autoscaler; a.WorkersPerProcess > a.MaxWorkers {
		l.contradiction("autoscaler.workers_per_process", "autoscaler.max_workers",
			"%d is more than autoscaler.max_workers, %d", a.WorkersPerProcess, a.MaxWorkers)
	}
	switch {
	case !c.AutoRegister.Enabled && len(c.Workers.Kinds) == 0:
		l.contradiction("auto_register.enabled", "workers.kinds",
			"false, and workers.kinds names no task: there is nothing to run")
	case c.AutoRegister.Enabled && len(c.Workers.Kinds) > 0:
		l.contradiction("workers.kinds", "auto_register.enabled",
			"it is only for auto_register.enabled = false; set that, too, or every task is run")
	}
	l.checkEncryption()
	for _, path := range slices.Sorted(maps.Keys(parametersOf(c.Redis.URL))) {
		if _, set := c.sources[path]; set {
			l.contradiction(path, "redis.url", "redis.url has the parameter %s, too; drop one of them", parametersOf(c.Redis.URL)[path])
		}
	}
}

// contradiction is reported where the first of the keys was set, or the second.
func (l *loader) contradiction(path, other, format string, args ...any) {
	from, ok := l.config.sources[path]
	if !ok {
		from = l.config.sources[other]
	}
	l.refuse(from.place, path, format, args...)
}
