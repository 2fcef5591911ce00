package monitor

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"net/http"
	"time"
)

//go:embed page
var page embed.FS

// policy is the content security policy of all answers: the page has no scripts, styles, pictures and connections but
// those of this server, nobody frames it, and nothing in it can be made into a script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// files are the page's, by their paths.
func files() map[string]struct{ name, kind string } {
	return map[string]struct{ name, kind string }{
		"/{$}":       {"page/index.html", "text/html; charset=utf-8"},
		"/page.css":  {"page/page.css", "text/css; charset=utf-8"},
		"/page.js":   {"page/page.js", "text/javascript; charset=utf-8"},
		"/chart.js":  {"page/chart.js", "text/javascript; charset=utf-8"},
		"/tree.js":   {"page/tree.js", "text/javascript; charset=utf-8"},
		"/words.js":  {"page/words.js", "text/javascript; charset=utf-8"},
		"/leat.svg":  {"page/leat.svg", "image/svg+xml"},
		"/theme.css": {"page/theme.css", "text/css; charset=utf-8"},
	}
}

// newHandler answers requests for the page and its data. A listener may take as long as timeout to receive one view.
func newHandler(address Address, h *hub, timeout time.Duration) http.Handler {
	mux := http.NewServeMux()
	for path, file := range files() {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, file.name, file.kind) })
	}
	mux.HandleFunc("/snapshot.json", h.serveSnapshot)
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) { h.serveEvents(w, r, timeout) })
	mux.HandleFunc("/healthz", serveHealth)
	mux.HandleFunc("/readyz", h.serveReady)
	return guard(address, mux)
}

// guard lets through what only reads and is meant for this server, and sets the headers of all answers.
func guard(address Address, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		switch {
		case !address.answers(r.Host):
			http.Error(w, "This page answers to IP addresses, to localhost and to the name in the address that the monitor was "+
				"given, not to other names.", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "This page is only read: GET and HEAD.", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func serveFile(w http.ResponseWriter, r *http.Request, name, kind string) {
	data, err := page.ReadFile(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// serveHealth says that the process serves requests.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// serveReady says whether the run has opened its streams.
func (h *hub) serveReady(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !h.opened() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "the streams are being opened\n")
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

func (h *hub) serveSnapshot(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(bytes.Clone(h.latest()), '\n'))
}

// serveEvents sends views as server-sent events until the run has ended, the listener has gone, or has not taken one
// within its time.
func (h *hub) serveEvents(w http.ResponseWriter, r *http.Request, timeout time.Duration) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	l := h.listen()
	if l == nil {
		http.Error(w, fmt.Sprintf("%d pages are open already; close one of them.", most), http.StatusServiceUnavailable)
		return
	}
	defer h.leave(l)
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	// The server's time limit is for a whole answer, and this one goes on as long as the run: each view has its own.
	send := func(event string, data []byte) bool {
		_ = stream.SetWriteDeadline(time.Now().Add(timeout))
		_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
		return err == nil && stream.Flush() == nil
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case view := <-l.views:
			if !send("view", view) {
				return
			}
		case <-l.end:
			select {
			case view := <-l.views:
				send("view", view)
			default: // it has the last one
			}
			send("end", []byte("{}"))
			return
		}
	}
}
