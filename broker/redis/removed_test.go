package redis_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/redis"
)

// A follower reads a stream and stops, and goes on at a position that was kept.
type follower struct {
	*database
	options []redis.StreamOption
	log     *lines
}

// input opens the stream.
func (f *follower) input() broker.Input {
	f.Helper()
	b := redis.New(f.url, redis.Stream[object](f.key("s"), f.options...))
	job := &broker.Job{Name: "test", Inputs: b.Streams(), Logger: slog.New(slog.NewTextHandler(f.log, nil))}
	in, err := b.OpenSource(context.Background(), job)
	f.must(err)
	return in
}

// read reads n entries from an offset, and returns their values and the offset behind them.
func (f *follower) read(in broker.Input, from int64, n int) (values []string, next int64, err error) {
	f.Helper()
	reader, err := in.Reader(context.Background(), 0, 0, from)
	f.must(err)
	defer reader.Close()
	for len(values) < n {
		records, err := reader.Read(context.Background())
		if err != nil {
			return values, reader.Next(), err
		}
		for _, r := range records {
			if values = append(values, string(r.Value)); len(values) == n {
				return values, r.Offset + 1, nil
			}
		}
	}
	return values, from, nil
}

// Trimming that has removed unread entries is an error; what XDEL removes, and trimming of what was read, is none.
func TestRemoved(t *testing.T) {
	for name, test := range map[string]struct {
		// kept is how many of ten entries were read before the position, which is at the next one, or behind the last.
		kept   int
		behind bool
		change func(d *database)
		// next is what is read then, and want what the error says.
		next string
		want string
	}{
		"nothing":                       {4, false, func(*database) {}, "5", ""},
		"what was read is trimmed":      {4, false, func(d *database) { d.do("XTRIM", d.key("s"), "MAXLEN", 6) }, "5", ""},
		"also the last that was read":   {4, true, func(d *database) { d.do("XTRIM", d.key("s"), "MAXLEN", 6) }, "5", ""},
		"approximately":                 {4, true, func(d *database) { d.do("XTRIM", d.key("s"), "MAXLEN", "~", 6) }, "5", ""},
		"one is trimmed that is unread": {4, true, func(d *database) { d.do("XTRIM", d.key("s"), "MAXLEN", 5) }, "", "1 of them"},
		"that at the position":          {4, false, func(d *database) { d.do("XTRIM", d.key("s"), "MAXLEN", 5) }, "", "1 of them"},
		"all are trimmed":               {4, true, func(d *database) { d.do("XTRIM", d.key("s"), "MAXLEN", 0) }, "", "6 of them"},
		"all are trimmed that are read": {10, true, func(d *database) {
			d.do("XTRIM", d.key("s"), "MAXLEN", 0)
			d.add("s", "n", 11)
		}, "11", ""},
		"others are added and trimmed": {10, true, func(d *database) {
			d.add("s", "n", 11)
			d.add("s", "n", 12)
			d.do("XTRIM", d.key("s"), "MAXLEN", 1)
		}, "", "1 of them"},
		"that at the position is deleted": {4, false, func(d *database) { d.do("XDEL", d.key("s"), "5-0") }, "6", ""},
		"unread ones are deleted":         {4, true, func(d *database) { d.do("XDEL", d.key("s"), "5-0", "6-0") }, "7", ""},
		"it is deleted":                   {4, true, func(d *database) { d.do("DEL", d.key("s")) }, "", "the stream was deleted"},
		"it is made anew": {4, true, func(d *database) {
			d.do("DEL", d.key("s"))
			d.add("s", "n", 1)
		}, "", "made anew"},
		"unread ones and all before are gone": {1, true, func(d *database) { d.do("XDEL", d.key("s"), "1-0", "2-0") }, "",
			"or by XDEL"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &follower{newDatabase(t), nil, &lines{}}
			known := 10 // when the position is kept
			if test.behind {
				known = test.kept
			}
			f.number(1, known)
			in := f.input()
			_, next, err := f.read(in, 0, known)
			f.must(err)
			if next != int64(known) {
				t.Fatalf("behind %d entries is the offset %d", known, next)
			}
			at := int64(test.kept)
			nodes := []broker.Rewind{{Node: "s", Offset: at, Behind: !test.behind, Seen: next, Accounted: at}}
			f.must(in.(broker.Positioner).Positions(0, nodes))
			f.number(known+1, 10)
			f.must(in.Close())
			test.change(f.database)
			f.goOn(nodes, test.next, test.want)
			if test.want != "" {
				f.options = []redis.StreamOption{redis.SkipRemoved()}
				f.add("s", "n", 99)
				f.goOn(nodes, "", "")
				if !strings.Contains(f.log.String(), test.want) {
					t.Errorf("the log has no warning of it: %s", f.log)
				}
			}
		})
	}
}

// number adds entries that are numbered.
func (f *follower) number(from, to int) {
	f.Helper()
	for i := from; i <= to; i++ {
		f.do("XADD", f.key("s"), i, "n", i)
	}
}

// goOn reads the next entry from positions that were kept, which has a value of n where one is given, or gives an
// error.
func (f *follower) goOn(nodes []broker.Rewind, next, want string) {
	f.Helper()
	if f.client.Exists(context.Background(), f.key("s")).Val() == 0 {
		f.add("s", "n", 1)
	}
	in := f.input()
	defer in.Close()
	resumed := append([]broker.Rewind{}, nodes...)
	f.must(in.(broker.Positioner).Resume(context.Background(), 0, resumed))
	values, _, err := f.read(in, resumed[0].Offset, 1)
	var position *broker.PositionError
	switch {
	case want != "" && (!errors.As(err, &position) || !strings.Contains(err.Error(), want)):
		f.Errorf("reading %v on at %s gave the error %v, wanted one with %q", values, nodes[0].Position, err, want)
	case want == "" && err != nil:
		f.Errorf("reading on at %s gave the error %v", nodes[0].Position, err)
	case next != "" && (len(values) == 0 || values[0] != `{"n":`+next+`}`):
		f.Errorf("reading on at %s gave %v, wanted %s", nodes[0].Position, values, next)
	}
}

// A position says which stream it is of: another one isn't gone on with.
func TestPositionsOfAnotherStream(t *testing.T) {
	f := &follower{newDatabase(t), nil, &lines{}}
	f.number(1, 3)
	in := f.input()
	_, next, err := f.read(in, 0, 3)
	f.must(err)
	kept := []broker.Rewind{{Node: "s", Offset: next, Seen: next, Accounted: next}}
	f.must(in.(broker.Positioner).Positions(0, kept))
	f.must(in.Close())
	s, prefix := f.key("s"), f.prefix
	f.prefix += "other-"
	f.number(1, 4)
	in = f.input()
	defer in.Close()
	want := "kept for " + s + ", but " + f.key("s") + " is read now"
	err = in.(broker.Positioner).Resume(context.Background(), 0, append([]broker.Rewind{}, kept...))
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("reading another stream on ends with %v, want an error with %q", err, want)
	}
	_, err = in.(broker.Seeker).Count(context.Background(), 0, 0, kept[0].Position, 10)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("what is left of another stream is counted, and the error is %v, want one with %q", err, want)
	}
	f.prefix = prefix
	f.number(4, 4)
	f.goOn(kept, "4", "")
	kept[0].Position = strings.Replace(kept[0].Position, `,"in":"`+s+`"`, "", 1) // as earlier versions kept it
	if strings.Contains(kept[0].Position, `"in"`) {
		t.Errorf("the position is %s", kept[0].Position)
	}
	f.goOn(kept, "4", "")
}
