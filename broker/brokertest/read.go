package brokertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
)

func readChecks() []check {
	return []check{
		{"Read/OrderAndMarks", isSource, checkOrder},
		{"Read/EmptyStream", isSource, checkEmpty},
		{"Read/FromEveryOffset", isSource, checkResume},
		{"Read/GoesOnAtNext", isSource, checkNext},
		{"Read/RecordsStayAsTheyAre", isSource, checkKept},
		{"Read/NodesAreIndependent", isSource, checkNodes},
		{"Read/SecondRun", isSource, checkSecondRun},
		{"Read/RunsSideBySide", isSource, checkSideBySide},
		{"Read/EndOfThePartition", isSource, checkEnd},
		{"Open/UnequalPartitions", func(f features) bool { return f.source && f.partitions > 1 }, checkUnequal},
	}
}

// checkOrder: every partition is read in order, with growing offsets, and io.EOF at each mark.
func checkOrder(t testing.TB, h Harness) {
	left, right := h.stream(1, h.partitions()), h.stream(2, h.partitions())
	r := h.rig(t, Setup{Inputs: []Stream{left, right}}, 0, 1)
	in := r.openSource()
	if got := in.Partitions(); got != len(left) {
		t.Fatalf("Input.Partitions returns %d, the streams have %d", got, len(left))
	}
	for p := range left {
		r.must(r.expectPartition(in, 0, p, left[p]))
		r.must(r.expectPartition(in, 1, p, right[p]))
	}
	r.close(in)
}

// checkEmpty: a stream without elements has a mark like any other.
func checkEmpty(t testing.TB, h Harness) {
	r := h.rig(t, Setup{Inputs: []Stream{{{{Ended: true}}}}}, 0)
	in := r.openSource()
	if err := r.expectPartition(in, 0, 0, Partition{{Ended: true}}); err != nil {
		t.Fatalf("an empty stream gives io.EOF at once: %v", err)
	}
	r.close(in)
}

// checkResume: a reader that starts at offset n gives the records whose offset is n or more.
func checkResume(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	in := r.openSource()
	for i, from := 0, int64(0); i < len(content[0]); i++ {
		want := content[0][i].Elements
		all, err := r.reader(in, 0, 0, from)
		r.must(err)
		records, err := all.expect(want)
		r.must(err)
		from = all.Next()
		r.close(all)
		for k := range records {
			r.must(r.expectFrom(in, records[k].Offset, want[k:]))
			r.must(r.expectFrom(in, records[k].Offset+1, want[k+1:]))
		}
	}
	r.close(in)
}

func (r *rig) expectFrom(in broker.Input, from int64, want []Element) error {
	reader, err := r.reader(in, 0, 0, from)
	if err != nil {
		return err
	}
	_, err = reader.expect(want)
	if err = errors.Join(err, reader.Close()); err != nil {
		return fmt.Errorf("a reader from offset %d gives the records with that offset and above: %w", from, err)
	}
	return nil
}

// checkNext: a reader that starts at Next goes on behind what another has read, after every single batch.
func checkNext(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	want := content[0][0].Elements
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	for read := 0; ; {
		batch, err := reader.batch()
		if err == io.EOF {
			break
		}
		r.must(err)
		read = min(read+len(batch), len(want))
		if err := r.expectFrom(in, reader.Next(), want[read:]); err != nil {
			t.Fatalf("Next is the offset behind what Read returned last: %v", err)
		}
	}
	r.close(reader)
	r.close(in)
}

// checkKept: records are the caller's, later reads don't write to them.
func checkKept(t testing.TB, h Harness) {
	r := h.rig(t, Setup{Inputs: []Stream{h.stream(1, 1)}}, 0, 0)
	in := r.openSource()
	first, err := r.reader(in, 0, 0, 0)
	r.must(err)
	var records []broker.Record
	var copies [][]byte
	for {
		batch, err := first.batch()
		if err == io.EOF {
			break
		}
		r.must(err)
		records = append(records, batch...)
		for i := range batch {
			value, err := valueOf(&batch[i])
			r.must(err)
			copies = append(copies, bytes.Clone(value))
		}
	}
	second, err := r.reader(in, 1, 0, 0)
	r.must(err)
	_, err = second.records(-1)
	r.must(err)
	r.close(first)
	r.close(second)
	r.close(in)
	for i := range records {
		if value, err := valueOf(&records[i]); err != nil || !bytes.Equal(value, copies[i]) {
			t.Fatalf("the value of record %d has changed since Read returned it: records and what they refer to are the "+
				"caller's, a reader must not use their memory again", i)
		}
	}
}

// checkNodes: each node reads on its own, also where two read one stream.
func checkNodes(t testing.TB, h Harness) {
	left, right := h.stream(1, 1), h.stream(2, 1)
	r := h.rig(t, Setup{Inputs: []Stream{left, right}}, 0, 1, 0)
	in := r.openSource()
	want := [][]Element{left[0][0].Elements, right[0][0].Elements, left[0][0].Elements}
	readers := make([]*tested, len(want))
	got := make([][]broker.Record, len(want))
	for node := range readers {
		var err error
		readers[node], err = r.reader(in, node, 0, 0)
		r.must(err)
	}
	order := []int{0, 1, 2}
	for pass := 0; len(order) > 0; pass++ {
		node := order[pass%len(order)]
		batch, err := readers[node].batch()
		if err == io.EOF {
			order = slices.DeleteFunc(order, func(n int) bool { return n == node })
			continue
		}
		if err != nil {
			t.Fatalf("nodes are read independently, one stream several times too: node %d: %v", node, err)
		}
		got[node] = append(got[node], batch...)
	}
	for node, reader := range readers {
		all, err := reader.decoded(got[node])
		r.must(err)
		if d := differs(all, want[node]); d != "" {
			t.Fatalf("nodes are read independently, one stream several times too: read in turns, node %d: %s", node, d)
		}
		r.close(reader)
	}
	r.close(in)
}

// checkEnd: a reader that knows where its partition ends tells so.
func checkEnd(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	in := r.openSource()
	var from, end int64
	for range content[0] {
		reader, err := r.reader(in, 0, 0, from)
		r.must(err)
		from, end, err = reader.untilMark()
		r.must(err)
		r.close(reader)
	}
	if end != -1 && end != from {
		t.Fatalf("End returns %d where Next returns %d and everything has been read: it must be equal", end, from)
	}
	r.close(in)
}

// untilMark reads up to the mark, and returns what Next and End say then; End is -1 where the reader is no
// broker.Lagger.
func (r *tested) untilMark() (next, end int64, err error) {
	lagger, knows := r.Reader.(broker.Lagger)
	for err == nil {
		_, err = r.batch()
		next, end = r.Next(), -1
		if knows {
			end = lagger.End()
		}
		if end != -1 && end < next {
			return 0, 0, fmt.Errorf("End returns %d where Next returns %d: what was read can't be behind the end", end, next)
		}
	}
	if err != io.EOF {
		return 0, 0, err
	}
	return next, end, nil
}

// checkSecondRun: a source is opened again for the next run.
func checkSecondRun(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	for range 2 {
		in := r.openSource()
		if err := r.expectPartition(in, 0, 0, content[0]); err != nil {
			t.Fatalf("a source may be opened again after Close: %v", err)
		}
		r.close(in)
	}
}

// checkSideBySide: several runs may open a source at a time.
func checkSideBySide(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	one := r.openSource()
	job := *r.job
	job.Name = "brokertest-2"
	r.job = &job
	two := r.openSource()
	r.must(r.expectPartition(one, 0, 0, content[0]))
	r.close(one)
	if err := r.expectPartition(two, 0, 0, content[0]); err != nil {
		t.Fatalf("several runs may open a source at a time, and one's Close doesn't touch another: %v", err)
	}
	r.close(two)
}

// checkUnequal: partition p of all streams makes one task, so their numbers must be equal.
func checkUnequal(t testing.TB, h Harness) {
	r := h.rig(t, Setup{Inputs: []Stream{h.stream(1, h.partitions()), h.stream(2, 1)}}, 0, 1)
	err := r.guard("OpenSource", func(ctx context.Context) error {
		in, err := r.Source.OpenSource(ctx, r.job)
		if err == nil {
			in.Close()
		}
		return err
	})
	if err == nil {
		t.Fatalf("OpenSource accepts streams with %d partitions and with 1: it must refuse them, and name both counts",
			h.partitions())
	}
	for _, count := range []int{h.partitions(), 1} {
		if !strings.Contains(err.Error(), strconv.Itoa(count)) {
			t.Errorf("OpenSource refuses streams with unequal partition counts, but its error doesn't name the count %d: %v",
				count, err)
		}
	}
}
