// Package kubernetes_test holds the manifests against the program.
package kubernetes_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	taskqueue "github.com/tqgen/taskqueue/runtime"
	"github.com/tqgen/taskqueue/runtime/config"
	"github.com/tqgen/taskqueue/runtime/web"
)

// A node is a part of a manifest.
type node struct{ v any }

// at goes down a path of keys and indexes.
func (n node) at(path ...any) node {
	v := n.v
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			s, _ := v.([]any)
			if key >= len(s) {
				return node{}
			}
			v = s[key]
		}
	}
	return node{v}
}

func (n node) text() string { s, _ := n.v.(string); return s }

func (n node) list() (all []node) {
	s, _ := n.v.([]any)
	for _, v := range s {
		all = append(all, node{v})
	}
	return all
}

// manifest reads the documents of a file.
func manifest(t *testing.T, file string) (all []node) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := yaml.NewDecoder(f); ; {
		var v map[string]any
		if err := d.Decode(&v); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, node{v})
	}
}

// settings are those of the deployment's environment.
func settings(t *testing.T, container node) *config.Config {
	t.Helper()
	environ := []string{}
	for _, e := range container.at("env").list() {
		value := e.at("value").text()
		if e.at("valueFrom").v != nil {
			value = "mem://"
		}
		environ = append(environ, e.at("name").text()+"="+value)
	}
	c, err := config.Load(config.Options{Environ: environ, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		used := slices.ContainsFunc(c.Settings(), func(s config.Setting) bool { return s.Source == name })
		if !used {
			t.Errorf("no setting comes from %s", name)
		}
	}
	return c
}

// serve runs a worker with the settings, and its handler.
func serve(t *testing.T, c *config.Config) *httptest.Server {
	t.Helper()
	client, err := taskqueue.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.WorkerConfig([]taskqueue.Task{{
		Kind: &taskqueue.Kind{Name: "shop.Mail"},
		Run:  func(_ context.Context, _, dst []byte) ([]byte, error) { return dst, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Logger = slog.New(slog.DiscardHandler)
	worker, err := taskqueue.NewWorker(client, w)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	server := httptest.NewServer(web.Handler(client, web.Config{Prefix: c.Web.RoutePrefix, Logger: w.Logger}))
	t.Cleanup(func() {
		server.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		client.Close()
	})
	for worker.Stats().Slots == 0 {
		time.Sleep(time.Millisecond)
	}
	return server
}

func get(t *testing.T, s *httptest.Server, path string) string {
	t.Helper()
	r, err := http.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("%s: %s %v\n%s", path, r.Status, err, body)
	}
	return string(body)
}

func TestManifests(t *testing.T) {
	docs := manifest(t, "deployment.yaml")
	pod := docs[0].at("spec", "template")
	container := pod.at("spec", "containers", 0)
	c := settings(t, container)
	server := serve(t, c)

	grace, _ := pod.at("spec", "terminationGracePeriodSeconds").v.(uint64)
	if least := c.Workers.ShutdownGracePeriod + 2*time.Second; time.Duration(grace)*time.Second < least {
		t.Errorf("pods have %d s to end, a worker needs %v", grace, least)
	}
	get(t, server, container.at("readinessProbe", "httpGet", "path").text())
	metrics := get(t, server, pod.at("metadata", "annotations", "prometheus.io/path").text())

	keda := manifest(t, "keda.yaml")[0].at("spec")
	trigger := keda.at("triggers", 0, "metadata")
	u, err := url.Parse(trigger.at("url").text())
	if err != nil {
		t.Fatal(err)
	}
	var scale map[string]any
	if err := yaml.Unmarshal([]byte(get(t, server, u.RequestURI())), &scale); err != nil {
		t.Fatal(err)
	}
	if n := scale[trigger.at("valueLocation").text()]; n != uint64(1) {
		t.Errorf("KEDA reads %v of %v, want 1", n, scale)
	}

	hpa := manifest(t, "hpa.yaml")
	metric := hpa[0].at("spec", "metrics", 0, "external", "metric")
	series := metric.at("name").text() + `{fleet="` + metric.at("selector", "matchLabels", "fleet").text() + `"} 1`
	if !strings.Contains(metrics, series) {
		t.Errorf("there is no %s in\n%s", series, metrics)
	}
	if rule := hpa[1].at("data", "externalRules").text(); !strings.Contains(rule, "seriesQuery: "+metric.at("name").text()) {
		t.Errorf("the adapter's rule is of another metric:\n%s", rule)
	}

	a := c.Autoscaler
	most := uint64((a.MaxWorkers + a.WorkersPerProcess - 1) / a.WorkersPerProcess)
	for name, n := range map[string]any{"keda.yaml": keda.at("maxReplicaCount").v, "hpa.yaml": hpa[0].at("spec", "maxReplicas").v} {
		if n != most {
			t.Errorf("%s: at most %v processes; max_workers need %d", name, n, most)
		}
	}
	for _, behavior := range []node{keda.at("advanced", "horizontalPodAutoscalerConfig", "behavior"), hpa[0].at("spec", "behavior")} {
		down, up := behavior.at("scaleDown", "stabilizationWindowSeconds").v, behavior.at("scaleUp", "policies", 0, "value").v
		if down != uint64(0) || up != uint64(900) {
			t.Errorf("behavior: %v", behavior.v)
		}
	}
}
