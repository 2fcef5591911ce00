package matrix_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// TestPositionsMakeNothing looks at positions before any run, which makes nothing: what is made then is made by the first
// run, whose positions are shown after it.
func TestPositionsMakeNothing(t *testing.T) {
	w := &workplace{t, t.TempDir(), fmt.Sprintf("positions%d-", os.Getpid())}
	all := w.storages()
	if err := os.WriteFile(filepath.Join(w.dir, "orders.jsonl"), []byte(orders), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range all[1:] {
		t.Run(s.name, func(t *testing.T) {
			w := &workplace{t, w.dir, w.prefix}
			w.showPositions(all[0], s)
		})
	}
	if _, err := os.Stat(filepath.Join(w.dir, "unmade.db")); !os.IsNotExist(err) {
		t.Errorf("the database of nothing is there: %v", err)
	}
}

func (w *workplace) showPositions(files, s *storage) {
	w.Helper()
	connection := strings.ReplaceAll(s.connection, "matrix.db", "unmade.db")
	read := fmt.Sprintf("streams: {a: {%s}, b: {%s}}\nmaster: a\noutput: b\n", files.stream("orders", "orders", true),
		s.stream("orders", "unmade", false))
	p := w.parse("unmade-"+s.name, connection+read)
	options := pipeline.Options{Logger: quiet}
	for range 2 {
		positions, err := p.Positions(w.Context(), options)
		if err != nil {
			w.Fatal(err)
		}
		if len(positions.Partitions) > 0 || positions.KeptBy != s.name {
			w.Errorf("before any run: %v", positions)
		}
	}
	back := w.parse("unmade-back-"+s.name, connection+fmt.Sprintf("streams: {a: {%s}, b: {file: out.jsonl}}\nmaster: a\noutput: b\n",
		s.stream("orders", "unmade", true)))
	if _, err := back.Check(w.Context(), options); err == nil {
		w.Error("the output is there before any run")
	}
}
