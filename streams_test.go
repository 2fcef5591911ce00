package leat_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/leattest"
)

// key is a function for a stream's record keys.
func key(a *Audio) []byte { return []byte{byte(a.Time)} }

// TestStreamsOfPointers has each storage declare a stream for *T: it is one of T, with the functions that go with it.
func TestStreamsOfPointers(t *testing.T) {
	for name, streams := range map[string][]broker.Stream{
		"broker": {broker.NewStream[*Audio]("audio")},
		"file":   file.New(file.At[*Audio]("audio")).Streams(),
		"kafka": kafka.New(nil, kafka.Topic[*Audio]("audio", kafka.Key(key)),
			kafka.Topic[Audio]("audio", kafka.Key(key))).Streams(),
		"memory": memory.New(memory.Stream[*Audio]("audio", memory.Key(key)),
			memory.Stream[Audio]("audio", memory.Key(key))).Streams(),
		"leattest": leattest.New(t, leattest.Stream([]*Audio{}, leattest.ReadAs[*NextAudio]())).Streams()[:1],
	} {
		for _, s := range streams {
			if s.Type != reflect.TypeFor[Audio]() {
				t.Errorf("%s: a stream of %v", name, s.Type)
			}
			if s.Key != nil && string(s.Key(&Audio{Time: 7})) != "\x07" {
				t.Errorf("%s: key %q", name, s.Key(&Audio{Time: 7}))
			}
		}
	}
}

// TestFilesOfPointers is what was refused: a self-join over files declared for pointers.
func TestFilesOfPointers(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	must(t, os.WriteFile(in, []byte("{\"time\":1,\"data\":1}\n{\"time\":2,\"data\":3}\n{\"time\":3,\"data\":6}\n"), 0o600))
	fn := func(a *Audio, next []*NextAudio) *Audio { return &Audio{a.Time, next[0].Data - a.Data} }
	run(t, fn, leat.Broker(file.New(
		file.At[*Audio](in), file.At[*NextAudio](in), file.At[*Audio](out, file.Named("differences")),
	)), leat.Join(func(a Audio) int { return a.Time + 1 }, func(n *NextAudio) int { return n.Time }))
	check(t, leattest.Load[*Audio](t, out), []*Audio{{1, 2}, {2, 3}})
}

// TestLettersOfPointers has what Leat itself writes go to streams declared for pointers.
func TestLettersOfPointers(t *testing.T) {
	b := leattest.New(t, leattest.Stream([]*Audio{{1, 0}, {2, 0}, {1, 0}}), leattest.Stream([]*Video{{2000, 1}}),
		leattest.Result[*leat.Letter](), leattest.Result[*leat.Unmatched]())
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(Audio, []*Video) {}, storage, leat.Join(audioTime, videoTime),
			leat.OnDisorder(leat.DeadLetter), leat.WriteUnmatched())
	})
	letters, unmatched := leattest.Results[leat.Letter](b), leattest.Results[*leat.Unmatched](b)
	if len(letters) != 1 || letters[0].Offset != 2 || len(unmatched) != 2 || unmatched[0].Verdict != leat.Behind {
		t.Errorf("letters %+v, unmatched %v", letters, unmatched)
	}
}

// AudioPointer is a pointer type with a name of its own.
type AudioPointer *Audio
