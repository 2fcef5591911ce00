package matrix_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/pipeline"
)

// patience is how long somebody who only looks may wait for a server that is away, on a slow machine.
const patience = 20 * time.Second

// address is that of a server, in how it is reached.
var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// lookAtOutput checks what writes to a storage, before anything is there: nothing is wrong, and nothing is made.
func (w *workplace) lookAtOutput(files, s *storage) {
	w.Helper()
	name := "unmade_" + s.name
	if s.prepare != nil {
		if err := s.prepare("orders", name); err != nil {
			w.Fatal(err)
		}
	}
	p := w.parse("unmade-"+s.name, s.connection+fmt.Sprintf("streams: {a: {%s}, b: {%s}}\nmaster: a\noutput: b\n",
		files.stream("orders", "orders", true), s.stream("orders", name, false)))
	for range 2 {
		report, err := p.Check(w.Context(), pipeline.Options{Logger: quiet})
		report.Advice = slices.DeleteFunc(report.Advice, func(a string) bool { return strings.Contains(a, "fsync is off") })
		if err != nil || len(report.Problems)+len(report.Advice) > 0 {
			w.Errorf("the error is %v, and the report\n%v", err, report)
		}
		positions, err := p.Positions(w.Context(), pipeline.Options{Logger: quiet})
		if err != nil || !strings.Contains(positions.String(), "no run has committed anything") {
			w.Errorf("the error is %v, and the positions\n%v", err, positions)
		}
	}
}

// away looks at a storage whose server isn't there: whoever looks says so after some seconds, with its address.
func (w *workplace) away(files, s *storage) {
	w.Helper()
	if !address.MatchString(s.connection) {
		return
	}
	connection := address.ReplaceAllString(s.connection, "127.0.0.1:1")
	joined := w.parse("away-"+s.name, connection+fmt.Sprintf(`streams:
  orders: {%s}
  items:  {%s}
  joined: {file: away.jsonl}
master: orders
join: [{left: orders, right: items, on: orders.id == items.id}]
output: joined
`, s.stream("orders", "orders", true), s.stream("items", "items", true)))
	written := w.parse("away-out-"+s.name, connection+fmt.Sprintf("streams: {a: {%s}, b: {%s}}\nmaster: a\noutput: b\n",
		files.stream("orders", "orders", true), s.stream("orders", "away", false)))
	options := pipeline.Options{Logger: quiet}
	ctx := w.Context()
	var looking sync.WaitGroup
	for what, look := range map[string]func() error{
		"check": func() error { _, err := joined.Check(ctx, options); return err },
		"check of an output": func() error {
			report, err := written.Check(ctx, options)
			if err == nil && len(report.Problems) > 0 {
				return fmt.Errorf("%s", strings.Join(report.Problems, "\n"))
			}
			return err
		},
		"lag":       func() error { _, err := joined.Lag(ctx, options); return err },
		"positions": func() error { _, err := joined.Positions(ctx, options); return err },
		"explain":   func() error { _, err := joined.Explain(ctx, options, pipeline.About{Key: "1"}); return err },
		"capture":   func() error { _, err := joined.Capture(ctx, "1", "2", w.TempDir()); return err },
	} {
		looking.Go(func() {
			begun := time.Now()
			err := look()
			if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "\n") ||
				time.Since(begun) > patience {
				w.Errorf("%s: after %v it says %v", what, time.Since(begun), err)
			}
		})
	}
	looking.Wait()
}
