package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
)

const (
	// shortestPause and longestPause are how long after it had nothing a followed file is looked at again, first and in
	// the end. Looking takes microseconds, works on every file system and across machines, and misses nothing that a watch
	// could tell of; watches exist for local file systems only, and are lost together with the name that a rotation takes
	// away.
	shortestPause = 5 * time.Millisecond
	longestPause  = 250 * time.Millisecond
	// maxGenerations is how many generations of a followed file stay open for readers that lag behind.
	maxGenerations = 8
)

var (
	// errNothingYet says that a followed file has no more for the moment.
	errNothingYet = errors.New("nothing yet")
	// errGenerationEnded says that a generation of a followed file has ended, and the next one begins.
	errGenerationEnded = errors.New("the file was rotated")
)

// checkFollow refuses to follow what can't be.
func checkFollow(s broker.Stream) error {
	l, packed := formatOf(&s)
	switch {
	case s.Name == standard:
		return errors.New("standard input is read until its writer closes it in any case; take follow out")
	case packed != plain:
		return fmt.Errorf("a file that is compressed with %s can't be followed: "+
			"what is at its end can't be decompressed before more comes; follow the file that it is made of", packed)
	case !l.isLines():
		return errors.New("only a file of lines, whose name ends in .jsonl, .ndjson, .csv, .tsv or .txt, can be followed: " +
			"a list has an end")
	}
	return nil
}

// A trail is a followed file as all its readers see it: one generation after the other. What the first reader finds out
// counts for all, since nodes that read one stream must see one. It is safe for concurrent use.
type trail struct {
	path    string
	layout  layout
	logger  *slog.Logger
	anchors *anchors

	mu sync.Mutex
	// first is the index of the first element of the first generation.
	first int64
	// generations are those that are open, the newest last; dropped counts those before them.
	generations []*generation
	dropped     int
	// waiting is how many readers have looked for the file before it was there: they need its first generation.
	waiting int
	// beside are the files beside it when the newest generation was found, or the trail began.
	beside []neighbour
}

// watch opens each new generation until ctx ends, and measures the newest, also while the readers have no time to look:
// of a file that is rotated twice the one between would be lost, and of one that is truncated nobody would know how
// much.
func (t *trail) watch(ctx context.Context) {
	ticker := time.NewTicker(longestPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			t.mu.Lock()
			_ = t.discover() // whoever comes to the end sees for himself
			t.measure()
			t.mu.Unlock()
		}
	}
}

// measure looks how large the newest generation is, or that it was truncated. REQUIRES: mu is held.
func (t *trail) measure() {
	if len(t.generations) == 0 {
		return
	}
	g := t.newest()
	info, err := g.file.Stat()
	if err != nil || g.ended {
		return
	}
	whole, err := holds(g.file, g.tip, g.read)
	switch {
	case err != nil:
	case whole && info.Size() >= g.size:
		g.size = info.Size()
	default:
		_ = t.truncated(g, g.read)
	}
}

// begin finds the generation that a reader begins with. It returns [errNothingYet] while there is none.
func (t *trail) begin(f *follower) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.generations) == 0 {
		if err := t.open(t.first); err != nil {
			t.wait(f, true)
			return err
		}
	}
	if a := t.anchors.before(f.from); slices.Contains(t.generations, a.of) && a.of.missed == nil {
		return f.begin(a)
	}
	for _, g := range slices.Backward(t.generations) {
		if g.begin < 0 || g.begin > f.from {
			continue
		}
		if g.missed != nil {
			return g.missed
		}
		return f.begin(anchor{Element: g.begin, of: g})
	}
	return fmt.Errorf("it was rotated %d times while a reader was behind, and the file that it needs "+
		"is no longer open; rotate it less often", t.dropped+len(t.generations)-1)
}

// wait notes whether a reader waits for the file to be there. REQUIRES: mu is held.
func (t *trail) wait(f *follower, waits bool) {
	switch {
	case waits && !f.waits:
		t.waiting++
	case !waits && f.waits:
		t.waiting--
	}
	f.waits = waits
}

// discover opens the file that has taken the name of the newest generation. The one before goes on until the new one
// holds something: whoever writes may notice a rotation late. REQUIRES: mu is held.
func (t *trail) discover() error {
	if len(t.generations) == 0 {
		return t.open(t.first)
	}
	named, err := os.Stat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNothingYet // it was renamed, and the new one isn't there yet
	case err != nil:
		return openError(t.path, err)
	}
	if os.SameFile(named, t.newest().info) || named.Size() == 0 {
		return errNothingYet
	}
	t.logger.Info("a followed file was rotated: the old one is read to its end, and then the new one", "file", t.path)
	return t.open(-1)
}

func (t *trail) newest() *generation { return t.generations[len(t.generations)-1] }

// open opens the file as its newest generation; errNothingYet where there is none. REQUIRES: mu is held.
func (t *trail) open(begin int64) error {
	err := t.openAt(t.path, begin)
	if err == nil && begin >= 0 {
		t.anchors.add(anchor{Element: begin, of: t.newest()})
	}
	return err
}

// openAt is open for a file that may have got another name. REQUIRES: mu is held.
func (t *trail) openAt(path string, begin int64) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errNothingYet
	}
	if err != nil {
		return openError(path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s can't be followed: only files can", kindOf(info))
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	g := &generation{file: file, info: info, begin: begin, size: info.Size()}
	t.add(g)
	return t.drop()
}

// add adds the newest generation. REQUIRES: mu is held.
func (t *trail) add(g *generation) {
	t.generations = append(t.generations, g)
	g.missed = t.findMissed()
}

// drop closes the oldest generations where all readers have passed them. Some stay, for readers that begin anew.
// REQUIRES: mu is held.
func (t *trail) drop() error {
	for len(t.generations) > maxGenerations && t.waiting == 0 && t.generations[0].readers == 0 &&
		t.generations[1].begin >= 0 {
		oldest := t.generations[0].file
		t.generations = t.generations[1:]
		if oldest != t.generations[0].file {
			if err := oldest.Close(); err != nil {
				return err
			}
		}
		t.dropped++
	}
	return nil
}

// check finds out why a generation has nothing behind an offset that a reader has come to. It returns nil where it has,
// and otherwise [errNothingYet], [errGenerationEnded] or what was lost. last are the bytes before the offset.
func (t *trail) check(g *generation, offset int64, last []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.ended {
		return g.end(offset)
	}
	if g == t.newest() {
		t.noticeLate()
		if err := t.discover(); err != nil && !errors.Is(err, errNothingYet) {
			return err
		}
	}
	// It is asked for its size behind the look at the name: what was written before the name was taken is seen.
	g.reach(offset, last)
	info, err := g.file.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() < g.read:
		return t.truncated(g, offset)
	case info.Size() > offset:
		g.size = info.Size()
		return nil
	case g == t.newest():
		return errNothingYet
	}
	g.ended = true
	return errGenerationEnded
}

// changed ends a generation that doesn't hold any more what was read before an offset; behind it, size bytes were seen,
// which may have been the old ones.
func (t *trail) changed(g *generation, offset, size int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.reach(offset, nil)
	g.size = max(g.size, offset+size)
	if g.ended {
		g.cut = true
		return g.end(offset)
	}
	return t.truncated(g, offset)
}

// truncated ends a generation that was truncated. What its file holds now is the next one, unless the file was rotated
// before. REQUIRES: mu is held.
func (t *trail) truncated(g *generation, offset int64) error {
	g.ended, g.cut = true, true
	if err := g.end(offset); !errors.Is(err, errGenerationEnded) {
		return err
	}
	if g == t.newest() {
		t.logger.Info("a followed file was truncated: it is read from its start again", "file", t.path, "read", g.read)
		t.add(&generation{file: g.file, info: g.info, begin: -1})
	}
	return errGenerationEnded
}

// beginsWith notes what a generation begins with.
func (t *trail) beginsWith(g *generation, text []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(g.head) < footprint {
		g.head = slices.Clone(text[:min(len(text), footprint)])
	}
}

// noticeLate warns of what was written to a rotated file after it was left. REQUIRES: mu is held.
func (t *trail) noticeLate() {
	if len(t.generations) < 2 {
		return
	}
	before := t.generations[len(t.generations)-2]
	info, err := before.file.Stat()
	if err != nil || !before.ended || before.cut || info.Size() <= before.read+before.late {
		return
	}
	before.late = info.Size() - before.read
	t.logger.Warn("a rotated file was written to after its successor: these bytes are not in the result; "+
		"have the writer switch to the new file before anything is in it", "file", t.path, "bytes", before.late)
}

// advance goes on to the generation behind one that has ended, which is there; index is that of its first element.
func (t *trail) advance(g *generation, index int64) (*generation, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.generations[slices.Index(t.generations, g)+1]
	if next.missed != nil {
		return nil, next.missed
	}
	next.begin = index
	t.anchors.add(anchor{Element: index, of: next})
	next.readers++
	g.readers--
	return next, t.drop()
}

// leave says that a reader needs the file no longer.
func (t *trail) leave(f *follower) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait(f, false)
	if f.at != nil {
		f.at.readers--
		f.at = nil
	}
}

// warnings tells what was written too late to be read.
func (t *trail) warnings() (warnings []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noticeLate()
	for _, g := range t.generations {
		if g.late > 0 {
			warnings = append(warnings, fmt.Sprintf("%s was rotated, and then %d bytes were written to the old file: they are "+
				"not in the result", t.path, g.late))
		}
	}
	return warnings
}

// close closes the file's generations.
func (t *trail) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closeAll()
}

// closeAll closes the generations. REQUIRES: mu is held.
func (t *trail) closeAll() error {
	var errs []error
	for i, g := range t.generations {
		if i == 0 || g.file != t.generations[i-1].file {
			errs = append(errs, g.file.Close())
		}
	}
	t.generations = nil
	return errors.Join(errs...)
}
