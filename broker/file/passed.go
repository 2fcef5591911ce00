package file

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/leat-go/leat/broker"
)

// An inPart says in which of several files a position is.
type inPart struct {
	// File is its path below what the pattern has without wildcards, and First the offset of its first element.
	File  string `json:"file"`
	First int64  `json:"first"`
	// Last is the last file of the session, which has ended before the node had come there, and Bytes its size then.
	Last  string `json:"last,omitempty"`
	Bytes int64  `json:"bytes,omitempty"`
	// Passed tells the files before the one that the position is in, or before the last one, again.
	Passed passed `json:"passed,omitzero"`
}

// passed are files that were read, and must be what they were.
type passed struct {
	Count int `json:"count,omitempty"`
	// Sum is the checksum of the marks of all, and Marks are those of the last ones, which tell what has happened.
	Sum   uint32 `json:"sum,omitempty"`
	Marks string `json:"marks,omitempty"`
}

const (
	// keptMarks is how many marks of files a position has: it must stay short, whatever the number of files.
	keptMarks = 16
	// markSize is how many bytes a mark has, and nameSize those of them that are of the name.
	markSize, nameSize = 6, 3
)

// errOtherFiles marks the error of files of a pattern that aren't those that were read.
var errOtherFiles = errors.New("the files aren't those that were read")

// mark tells a file again: some bytes by its name, and some by its size and time. REQUIRES: mu is held.
func (ps *parts) mark(i int) []byte {
	p, name := ps.all[i], ps.relative(i)
	table := crc32.MakeTable(crc32.Castagnoli)
	state := binary.LittleEndian.AppendUint64([]byte(name), uint64(p.info.Size()))
	state = binary.LittleEndian.AppendUint64(state, uint64(p.info.ModTime().UnixNano()))
	ofName := binary.LittleEndian.AppendUint32(nil, crc32.Checksum([]byte(name), table))
	return append(ofName[:nameSize], binary.LittleEndian.AppendUint32(nil, crc32.Checksum(state, table))[:markSize-nameSize]...)
}

// sum returns the checksum of the marks of the first files. REQUIRES: mu is held.
func (ps *parts) sum(count int) uint32 {
	for i := len(ps.sums); i < count; i++ {
		before := uint32(0)
		if i > 0 {
			before = ps.sums[i-1]
		}
		ps.sums = append(ps.sums, crc32.Update(before, crc32.MakeTable(crc32.Castagnoli), ps.mark(i)))
	}
	if count == 0 {
		return 0
	}
	return ps.sums[count-1]
}

// passedBefore returns what tells the first files again.
func (ps *parts) passedBefore(count int) passed {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var marks []byte
	for i := max(0, count-keptMarks); i < count; i++ {
		marks = append(marks, ps.mark(i)...)
	}
	return passed{Count: count, Sum: ps.sum(count), Marks: base64.RawStdEncoding.EncodeToString(marks)}
}

// find returns the number of a file that a position names.
func (ps *parts) find(name string) (int, error) {
	for i := range ps.all {
		if ps.relative(i) == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%w: %s, which the run before was reading, is gone: put it back, or, %s", errOtherFiles, name, startAnew)
}

// checkPassed returns an error where the first files aren't those that were read.
func (ps *parts) checkPassed(count int, was passed) error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if count == was.Count && ps.sum(count) == was.Sum {
		return nil
	}
	return fmt.Errorf("%w: %s; %s", errOtherFiles, ps.difference(count, was), startAnew)
}

// difference says what has become of the first files, as far as the marks tell. REQUIRES: mu is held.
func (ps *parts) difference(count int, was passed) string {
	marks, err := base64.RawStdEncoding.DecodeString(was.Marks)
	if err != nil || len(marks)%markSize != 0 {
		return "the position says nothing of the files that were read"
	}
	kept := slices.Collect(slices.Chunk(marks, markSize))
	isNamed := func(i int, mark []byte) bool { return string(ps.mark(i)[:nameSize]) == string(mark[:nameSize]) }
	i, k := count-1, len(kept)-1
	for ; i >= 0 && k >= 0; i, k = i-1, k-1 {
		switch {
		case isNamed(i, kept[k]) && string(ps.mark(i)) == string(kept[k]):
			continue
		case isNamed(i, kept[k]):
			return fmt.Sprintf("%s was read and has changed since: it has %d bytes, of %s. Put it back as it was",
				ps.all[i].path, ps.all[i].info.Size(), ps.all[i].info.ModTime().Format("2006-01-02 15:04:05.000"))
		case k == 0 || i > 0 && isNamed(i-1, kept[k]) || count > was.Count:
			return fmt.Sprintf("%s is new, and its name comes before that of %s, which was read: what is new must come behind, "+
				"by its name. Rename it", ps.all[i].path, ps.nameAt(i+1))
		}
		break
	}
	switch {
	case k < 0 && i >= 0 && was.Count <= keptMarks:
		return fmt.Sprintf("%s is new, and its name comes before that of %s, which was read: what is new must come behind, by "+
			"its name. Rename it", ps.all[i].path, ps.nameAt(i+1))
	case count < was.Count && i >= 0:
		return fmt.Sprintf("a file that was read between %s and %s is gone. Put it back", ps.all[i].path, ps.nameAt(i+1))
	case count < was.Count:
		return fmt.Sprintf("of the %d files that were read before %s there are only %d. Put back the others", was.Count,
			ps.nameAt(count), count)
	case count > was.Count:
		return fmt.Sprintf("%d files were read before %s, and there are %d now: what is new must come behind, by its name",
			was.Count, ps.nameAt(count), count)
	}
	return fmt.Sprintf("some of the %d files that were read before %s have changed since, or are others. Put them back", count,
		ps.nameAt(count))
}

// nameAt returns the path of a file.
func (ps *parts) nameAt(i int) string { return ps.all[min(i, len(ps.all)-1)].path }

func (n *nodeParts) keep(r *broker.Rewind) error {
	p, err := n.position(r)
	if err != nil {
		return err
	}
	text, err := json.Marshal(p)
	r.Position = string(text)
	n.mu.Lock()
	n.needed = r.Offset
	lowest := r.Offset
	for _, other := range n.readers {
		lowest = min(lowest, other.needed)
	}
	n.mu.Unlock()
	n.forget(lowest)
	return err
}

func (n *nodeParts) position(r *broker.Rewind) (position, error) {
	i, within := n.at(r.Offset)
	s, err := n.open(i)
	if err != nil {
		return position{}, err
	}
	local := *r
	local.Offset -= within.First
	p := s.position(&local)
	p.Offset, p.Seen, p.Accounted = r.Offset, r.Seen, r.Accounted
	part := inPart{File: n.relative(i), First: within.First}
	before := i
	if last := len(n.all) - 1; r.NextSession && i < last {
		p.End, before = 0, last
		part.Last, part.Bytes = n.relative(last), n.all[last].anchors.reached()
	}
	part.Passed = n.passedBefore(before)
	p.Part, err = json.Marshal(part)
	return p, err
}

func (n *nodeParts) resume(ctx context.Context, p *position) error {
	if p.Part == nil {
		return fmt.Errorf("the position, %d elements from the beginning, says nothing of which file of %s it is in: it is that "+
			"of a single file; %s", p.Offset, n.pattern, startAnew)
	}
	var part inPart
	if err := json.Unmarshal(p.Part, &part); err != nil {
		return fmt.Errorf("the position says nothing that could be read of the file that it is in (%w); %s", err, startAnew)
	}
	at, err := n.find(part.File)
	if err != nil {
		return err
	}
	before, last := at, at
	if part.Last != "" {
		if last, err = n.find(part.Last); err != nil {
			return err
		}
		before = last
	}
	if err := n.checkPassed(before, part.Passed); err != nil {
		return err
	}
	n.mu.Lock()
	n.all[at].setFirst(part.First)
	n.mu.Unlock()
	s, err := n.open(at)
	if err != nil {
		return err
	}
	own, first := *p, part.First
	own.Offset, own.Part = p.Offset-first, nil
	own.Seen, own.Accounted = max(own.Offset, p.Seen-first), max(own.Offset, p.Accounted-first)
	kept := *s
	if err := n.input.resumeIn(ctx, &kept, &own); err != nil {
		return err
	}
	if own.End > 0 { // the session ended before the node had come to the end of the file
		p.Seen, p.Accounted = own.Seen+first, own.Accounted+first
	}
	p.Offset, n.kept, n.keptIn = own.Offset+first, kept.kept, at
	if part.Last == "" {
		return nil
	}
	if p.Offset, err = n.pass(ctx, p.Offset, last, part.Bytes); err != nil {
		return err
	}
	p.Seen, p.Accounted, n.kept = p.Offset, p.Offset, nil
	return nil
}
