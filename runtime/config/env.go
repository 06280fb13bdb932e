package config

import (
	"maps"
	"slices"
	"strings"
)

// readEnvironment takes what the variables say. An empty one says nothing.
func (l *loader) readEnvironment() {
	for i := range keys {
		k := &keys[i]
		for _, name := range k.env {
			if text := l.env[name]; text != "" {
				set(l, l.config, k, k.path, k.value.parse(text), source{fromEnvironment, name})
			}
		}
	}
	for i := range queueKeys {
		k := &queueKeys[i]
		for _, name := range k.env {
			if text := l.env[name]; text != "" {
				l.queueVariable(k, name, text)
			}
		}
	}
	l.warnVariables()
}

// queueVariable takes NAME=VALUE[,NAME=VALUE…] for one key of several queues.
func (l *loader) queueVariable(k *key[Queue], variable, text string) {
	for item := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok {
			l.refuse(variable, "queues.*."+k.path, "%q is no QUEUE=VALUE", item)
			continue
		}
		if q := l.queue(name, variable); q != nil {
			set(l, q, k, "queues."+name+"."+k.path, k.value.parse(value), source{fromEnvironment, variable})
		}
	}
}

// variablePrefix marks variables that are meant for us. Nothing may be wrong
// with others of that name (Kubernetes makes some for a service of the name
// task-queue), so that unknown ones are no error.
const variablePrefix = "TASK_QUEUE_"

func (l *loader) warnVariables() {
	known := variables()
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !strings.HasPrefix(name, variablePrefix) || slices.Contains(known, name) || ofKubernetes(name) {
			continue
		}
		l.warn(Problem{name, "", "there is no such variable" + didYouMean(name, known)})
	}
}

func ofKubernetes(name string) bool {
	return strings.HasSuffix(name, "_SERVICE_HOST") || strings.Contains(name, "_SERVICE_PORT") ||
		strings.HasSuffix(name, "_PORT") || strings.Contains(name, "_PORT_")
}

// variables are all that Load knows.
func variables() []string {
	all := []string{fileVariable}
	for i := range keys {
		all = append(all, keys[i].env...)
	}
	for i := range queueKeys {
		all = append(all, queueKeys[i].env...)
	}
	return all
}
