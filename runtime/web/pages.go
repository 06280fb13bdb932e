package web

import (
	"bytes"
	"embed"
	"net/http"
	"path"
	"time"
)

//go:embed assets openapi.json
var files embed.FS

// kinds are the media types of assets.
func kinds() map[string]string {
	return map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
}

// pages are what is not JSON made for the question.
func (h *handler) pages() {
	h.page("/{$}", "assets/index.html", "text/html; charset=utf-8")
	entries, err := files.ReadDir("assets")
	if err != nil {
		h.Logger.Error("the dashboard is not in this program", "error", err)
	}
	for _, e := range entries {
		if kind := kinds()[path.Ext(e.Name())]; kind != "" {
			h.page("/assets/"+e.Name(), "assets/"+e.Name(), kind)
		}
	}
	h.mux.HandleFunc("GET /events", h.events)
	h.page("/openapi.json", "openapi.json", "application/json")
	if !h.NoMetrics {
		h.mux.HandleFunc("GET /metrics/prometheus", h.prometheus)
	}
}

// page serves an embedded file.
func (h *handler) page(at, file, kind string) {
	h.mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) {
		if _, err := h.guard.admit(r, View); err != nil {
			h.refuse(w, r, err)
			return
		}
		data, err := files.ReadFile(file)
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", kind)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	})
}
