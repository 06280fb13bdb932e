package web

import (
	"bytes"
	"embed"
	"net/http"
	"time"
)

//go:embed assets openapi.json
var files embed.FS

// pages are what is not JSON made for the question.
func (h *handler) pages() {
	h.page("/{$}", "assets/index.html", "text/html; charset=utf-8")
	h.page("/assets/app.js", "assets/app.js", "text/javascript; charset=utf-8")
	h.page("/assets/pages.js", "assets/pages.js", "text/javascript; charset=utf-8")
	h.page("/assets/dom.js", "assets/dom.js", "text/javascript; charset=utf-8")
	h.page("/assets/style.css", "assets/style.css", "text/css; charset=utf-8")
	h.page("/assets/icon.svg", "assets/icon.svg", "image/svg+xml")
	h.mux.HandleFunc("GET /events", h.events)
	h.page("/openapi.json", "openapi.json", "application/json")
	if !h.NoMetrics {
		h.mux.HandleFunc("GET /metrics/prometheus", h.prometheus)
	}
}

// page serves an embedded file.
func (h *handler) page(path, file, kind string) {
	h.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
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
