package file_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// A logFile is a file that a writer appends to and rotates, and what runs have committed of it.
type logFile struct {
	*rapid.T
	path    string
	follow  bool
	rotated int // how many files lie beside it
	written int // how many elements, which are numbered from 0
	// committed are the elements that have come out, and kept is the rewind point that was committed with the last.
	committed []int
	kept      *broker.Rewind
}

func (l *logFile) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// append writes elements, some of them over several reads' length.
func (l *logFile) append(n int) {
	var text strings.Builder
	for range n {
		fmt.Fprintf(&text, "{\"n\":%d,\"pad\":%q}\n", l.written, strings.Repeat("x", l.written%97))
		l.written++
	}
	out, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	l.must(err)
	_, err = out.WriteString(text.String())
	l.must(err)
	l.must(out.Close())
}

// rotate renames the files as logrotate does.
func (l *logFile) rotate() {
	name := func(n int) string {
		if n == 0 {
			return l.path
		}
		return l.path + "." + strconv.Itoa(n)
	}
	for n := l.rotated; n >= 0; n-- {
		l.must(os.Rename(name(n), name(n+1)))
	}
	l.rotated++
}

// session reads as a run does, until it has all or is killed, and commits up to an element that it has read.
func (l *logFile) session(isKilled bool) {
	var options []file.StreamOption
	if l.follow {
		options = append(options, file.Follow())
	}
	b := file.New(file.At[location](l.path, options...))
	in, err := b.OpenSource(l.Context(), &broker.Job{Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)})
	l.must(err)
	nodes := []broker.Rewind{{Node: "n"}}
	if l.kept != nil {
		nodes[0] = *l.kept
		nodes[0].Offset, nodes[0].Seen, nodes[0].Accounted = 3, 3, 3 // that mean nothing
		l.must(in.(broker.Positioner).Resume(l.Context(), 0, nodes))
	}
	r, err := in.Reader(l.Context(), 0, 0, nodes[0].Offset)
	l.must(err)
	var read []broker.Record
	left := l.written - len(l.committed)
	for len(read) < left || !l.follow {
		records, err := r.Read(l.Context())
		read = append(read, records...)
		if err == io.EOF {
			break
		}
		l.must(err)
	}
	taken := len(read)
	if isKilled {
		taken = rapid.IntRange(0, len(read)).Draw(l.T, "taken")
	}
	l.commit(in, nodes[0], read[:taken])
	l.must(r.Close())
	l.must(in.Close())
}

func (l *logFile) commit(in broker.Input, node broker.Rewind, read []broker.Record) {
	for _, record := range read {
		var n int
		_, err := fmt.Sscanf(string(record.Value), `{"n":%d,`, &n)
		l.must(err)
		l.committed = append(l.committed, n)
		node.Offset = record.Offset + 1
	}
	node.Seen, node.Accounted = node.Offset, node.Offset
	nodes := []broker.Rewind{node}
	l.must(in.(broker.Positioner).Positions(0, nodes))
	l.kept = &nodes[0]
	for i, n := range l.committed {
		if n != i {
			l.Fatalf("element %d came out as number %d", n, i)
		}
	}
}

// TestPositionsProperty appends, rotates, runs and kills in any order: over all runs each element comes out once.
func TestPositionsProperty(t *testing.T) {
	for name, follows := range map[string]bool{"finite": false, "followed": true} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				dir, err := os.MkdirTemp("", "positions")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(dir)
				l := &logFile{T: t, path: filepath.Join(dir, "a.jsonl"), follow: follows}
				l.append(rapid.IntRange(1, 3).Draw(t, "first"))
				actions := map[string]func(*rapid.T){
					"append":      func(t *rapid.T) { l.append(rapid.IntRange(1, 5).Draw(t, "few")) },
					"append many": func(t *rapid.T) { l.append(rapid.IntRange(500, 2000).Draw(t, "many")) },
					"run":         func(*rapid.T) { l.session(false) },
					"killed run":  func(*rapid.T) { l.session(true) },
				}
				if follows {
					actions["rotate"] = func(t *rapid.T) {
						if l.kept == nil || l.rotated > 20 {
							t.Skip("a run begins with the file that it finds")
						}
						l.rotate()
						l.append(1)
					}
				}
				t.Repeat(actions)
				l.session(false)
				if len(l.committed) != l.written {
					t.Fatalf("%d of %d elements came out", len(l.committed), l.written)
				}
			})
		})
	}
}
