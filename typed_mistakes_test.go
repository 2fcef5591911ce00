package leat_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// in makes a function with an input and no results.
func in[In any]() any {
	return leat.Typed(func(context.Context, *In) (struct{}, error) { return struct{}{}, nil })
}

// out makes a function with a result.
func out[Out any]() any {
	return leat.Typed(func(context.Context, *Audio) (o Out, err error) { return o, nil })
}

func typedMisfit(context.Context, *struct {
	Audio
	Videos []Video
}) (struct{}, error) {
	return struct{}{}, nil
}

// Endless is a struct for matches that holds lists of itself.
type Endless struct {
	Video
	Videos []Endless
}

type (
	audioAndVideo struct {
		Audio
		Videos []Video
	}
	audioVideoBox struct {
		Audio
		Videos []struct {
			Video
			Boxes []Box
		}
	}
	selfJoin struct {
		Audio
		Next  []Audio
		After []struct{ Audio }
	}
	audio        Audio
	audioPointer *Audio
)

func TestTypedFunctionMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"empty", leat.TypedFunc{}, nil, "leat.New: a function is needed, got an empty leat.TypedFunc; " +
			"make one by leat.Typed"},
		{"nil", leat.Typed[Audio, Text](nil), nil,
			"leat.New: the function, a func(context.Context, *leat_test.Audio) (leat_test.Text, error), is nil"},
		{"not typed", typedMisfit, []leat.Option{videoJoin},
			"parameter 2 (*struct { leat_test.Audio; Videos []leat_test.Video }): " +
				"a struct that holds elements is what a function of leat.Typed takes; " +
				"make the mill by leat.New(leat.Typed(fn), ...)"},
	}, leat.Broker(mistakeBroker()))
	checkMistakes(t, []mistake{
		{"no broker", in[audioAndVideo](), nil,
			"there is no broker to read from; give leat.Broker, or leat.From and leat.To"},
		{"no broker, with a window", in[struct{ List []Audio }](), []leat.Option{leat.WindowCount(2), leat.Provide("x")},
			"there is no broker to read from; give leat.Broker, or leat.From and leat.To"},
		{"no broker, with joins", in[audioAndVideo](), []leat.Option{videoJoin},
			"there is no broker to read from; give leat.Broker, or leat.From and leat.To"},
	})
}

// TestTypedMistakesName checks that a message names the function, with the file and line where it begins.
func TestTypedMistakesName(t *testing.T) {
	_, err := leat.New(leat.Typed(typedMisfit), leat.Broker(mistakeBroker()))
	pc := reflect.ValueOf(typedMisfit).Pointer()
	_, line := runtime.FuncForPC(pc).FileLine(pc)
	want := fmt.Sprintf("leat.New: leat_test.typedMisfit (typed_mistakes_test.go:%d): field Videos ([]leat_test.Video): ",
		line)
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

func TestTypedInputMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"no struct", in[int](), nil,
			"the input (int) is no struct; make it one that holds the master element: struct{ M }"},
		{"list", in[[]Audio](), nil,
			"the input ([]leat_test.Audio) is no struct; make it one that holds the master element: struct{ M }"},
		{"no fields", in[struct{}](), nil,
			"the input (struct{...}): it has no field for the master element; " +
				"embed one that has a stream: the source has " + streams},
		{"no master", in[struct{ Videos []Video }](), nil,
			"field Videos ([]leat_test.Video): without a window each master comes alone; " +
				"make it leat_test.Video, or add leat.Window, leat.WindowEvery or leat.WindowCount"},
		{"no master, with a join", in[struct{ Videos []Video }](), []leat.Option{videoJoin},
			"the input (struct{...}): it has no field for the master, which the joins start from; embed leat_test.Audio"},
		{"no stream of the master", in[struct{ Unknown }](), nil,
			"field Unknown (leat_test.Unknown): the source has no stream of it; it has " + streams},
		{"pointer type with a name", in[struct{ A audioPointer }](), []leat.Option{videoJoin},
			"the input (struct{...}): it has no field for the master, which the joins start from; embed leat_test.Audio"},
		{"master twice", in[struct{ A, B Audio }](), nil,
			"field B (leat_test.Audio): the element beside it is field A (leat_test.Audio), whose matches come as a list; " +
				"make it []leat_test.Audio"},
		{"single match", in[struct {
			Audio
			Video *Video
		}](), []leat.Option{videoJoin},
			"field Video (*leat_test.Video): the element beside it is field Audio (leat_test.Audio), " +
				"whose matches come as a list; make it []*leat_test.Video"},
		{"single match below", in[struct {
			Audio
			Videos []struct {
				Video
				Box Box
			}
		}](), []leat.Option{videoJoin},
			"field Videos.Box (leat_test.Box): the element beside it is field Videos.Video (leat_test.Video), " +
				"whose matches come as a list; make it []leat_test.Box"},
		{"not exported", in[struct {
			Audio
			videos []Video
		}](), []leat.Option{videoJoin},
			"field videos ([]leat_test.Video): it isn't exported, so that it can't be filled; make it Videos"},
		{"embedded and not exported", in[struct{ audio }](), []leat.Option{videoJoin},
			"field audio (leat_test.audio): it isn't exported, so that it can't be filled; " +
				"give it a name: Audio leat_test.audio"},
		{"structs without an element", in[struct {
			Audio
			Videos []struct{ Boxes []Box }
		}](), []leat.Option{videoJoin},
			"field Videos ([]struct{...}): its structs have no field for the element whose matches they hold; " +
				"embed one that has a stream: the source has " + streams},
		{"structs without a stream", in[struct {
			Audio
			Videos []struct{ Unknown }
		}](), []leat.Option{videoJoin},
			"field Videos ([]struct{...}): its structs have no field for the element whose matches they hold; " +
				"embed one that has a stream: the source has " + streams},
		{"pointers to structs", in[struct {
			Audio
			Videos []*struct{ Video }
		}](), []leat.Option{videoJoin},
			"field Videos ([]*struct{...}): structs that hold elements come as values; make it []struct{...}"},
		{"endless", in[struct {
			Audio
			Videos []Endless
		}](), []leat.Option{videoJoin},
			"field Videos.Videos ([]leat_test.Endless): it is in a leat_test.Endless itself, but a join tree has an end; " +
				"make a type for each level"},
		{"no stream below", in[struct {
			Audio
			Videos []struct {
				Video
				Unknown []Unknown
			}
		}](), []leat.Option{videoJoin},
			"field Videos.Unknown ([]leat_test.Unknown): only the fields of the input itself are injected; " +
				"move it there, or add a stream of leat_test.Unknown: the source has " + streams},
		{"injected below", in[struct {
			Audio
			Videos []struct {
				Video
				Log *slog.Logger
			}
		}](), []leat.Option{videoJoin},
			"field Videos.Log (*slog.Logger): only the fields of the input itself are injected; " +
				"move it there, or add a stream of slog.Logger: the source has " + streams},
		{"tags", in[struct {
			Audio  `leat:"a"`
			Number int `leat:"n"`
			Videos []struct {
				Video       `leat:"v"`
				leat.Record `leat:"r"`
			}
		}](), []leat.Option{videoJoin, leat.Provide(1)}, "3 mistakes:\n" +
			"\tfield Number (int): the tag `leat:\"n\"` is for the node of a list, or of the master; leave it out\n" +
			"\tfield Videos.Video (leat_test.Video): the tag `leat:\"v\"` is for the node of a list, or of the master; " +
			"leave it out\n" +
			"\tfield Videos.Record (leat.Record): the tag `leat:\"r\"` is for the node of a list, or of the master; " +
			"leave it out"},
		{"pointer to record", in[struct {
			Audio
			R *leat.Record
		}](), nil,
			"field R (*leat.Record): an element has one record, which comes as a value; make it leat.Record"},
		{"list of records", in[struct {
			Audio
			R []leat.Record
		}](), nil,
			"field R ([]leat.Record): an element has one record, which comes as a value; make it leat.Record"},
		{"map", in[struct {
			Audio
			Videos map[Audio][]Video
		}](), []leat.Option{videoJoin},
			"field Videos (map[leat_test.Audio][]leat_test.Video): matches come as a list beside their element; " +
				"put []leat_test.Video into the struct that holds leat_test.Audio"},
		{"context", in[struct {
			Audio
			Context context.Context
		}](), nil,
			"field Context (context.Context): the context is the function's first parameter; leave the field out"},
	}, leat.Broker(mistakeBroker()))
}

func TestTypedWindowMistakes(t *testing.T) {
	window := leat.WindowCount(2)
	checkMistakes(t, []mistake{
		{"element", in[Audio](), []leat.Option{window},
			"the input (leat_test.Audio) is an element, but a window hands the masters over as a list; " +
				"make it struct{ List []leat_test.Audio }"},
		{"master", in[struct{ Audio }](), []leat.Option{window},
			"field Audio (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio"},
		{"master with matches", in[audioAndVideo](), []leat.Option{window, videoJoin},
			"field Audio (leat_test.Audio): a window hands the masters over as a list; " +
				"make it one of structs that hold each master beside its matches: struct{ List []struct{ leat_test.Audio; " +
				"Videos []leat_test.Video } }"},
		{"matches beside masters", in[struct {
			List   []Audio
			Videos []Video
		}](), []leat.Option{window, videoJoin},
			"field Videos ([]leat_test.Video): the masters come by field List ([]leat_test.Audio) already; " +
				"put the matches of each master beside it, into the structs of that list"},
		{"no masters", in[struct{ Log *slog.Logger }](), []leat.Option{window},
			"the input (struct{...}): it has no field for the masters; " +
				"add a list of elements that have a stream: the source has " + streams},
		{"record beside masters", in[struct {
			List []Audio
			R    []leat.Record
		}](), []leat.Option{window},
			"field R ([]leat.Record): with a window each master has a record; " +
				"put a leat.Record beside the master into the structs of its list"},
		{"list without window", in[struct{ List []Audio }](), nil,
			"field List ([]leat_test.Audio): without a window each master comes alone; " +
				"make it leat_test.Audio, or add leat.Window, leat.WindowEvery or leat.WindowCount"},
		{"structs without window", in[struct{ List []audioAndVideo }](), []leat.Option{videoJoin},
			"field List ([]leat_test.audioAndVideo): without a window each master comes alone; " +
				"put the fields of its structs into the input itself, or add leat.Window, leat.WindowEvery or leat.WindowCount"},
		{"other key", in[struct{ List []Audio }](), []leat.Option{leat.Window(videoFrame)},
			"leat.Window (mistakes_test.go:N): the window key is over leat_test.Video, but the master is leat_test.Audio; " +
				"make it a function of leat_test.Audio"},
	}, leat.Broker(mistakeBroker()))
}

func TestTypedJoinMistakes(t *testing.T) {
	same := leat.Join(audioTime, audioTime)
	checkMistakes(t, []mistake{
		{"no join", in[audioAndVideo](), nil,
			"field Videos ([]leat_test.Video): no join is for it; add leat.Join(func(leat_test.Audio) K, " +
				"func(leat_test.Video) K)"},
		{"no join below", in[audioVideoBox](), []leat.Option{videoJoin},
			"field Videos.Boxes ([]leat_test.Box): no join is for it; " +
				"add leat.Join(func(leat_test.Video) K, func(leat_test.Box) K)"},
		{"no field", in[struct{ Audio }](), []leat.Option{videoJoin},
			"leat.Join (mistakes_test.go:N): no field takes the matches of leat_test.Audio at leat_test.Video; " +
				"add one of type []leat_test.Video beside leat_test.Audio, or leave the join out"},
		{"no field below", in[audioAndVideo](), []leat.Option{videoJoin, boxJoin},
			"leat.Join (mistakes_test.go:N): no field takes the matches of leat_test.Video at leat_test.Box; " +
				"add one of type []leat_test.Box beside leat_test.Video, or leave the join out"},
		{"other parent", in[audioVideoBox](), []leat.Option{videoJoin, leat.Join(audioTime, boxFrame)},
			"leat.Join (mistakes_test.go:N): field Videos.Boxes ([]leat_test.Box) holds matches of leat_test.Video, " +
				"not of leat_test.Audio; move it, or give the join a left function over leat_test.Video"},
		{"no left", in[audioAndVideo](), []leat.Option{videoJoin, leat.Join(boxFrame, boxFrame)},
			"leat.Join (mistakes_test.go:N): the input holds neither leat_test.Box nor matches of it; " +
				"it has field Audio (leat_test.Audio) and field Videos ([]leat_test.Video)"},
		{"twice", in[audioAndVideo](), []leat.Option{videoJoin, videoJoin},
			"leat.Join (mistakes_test.go:N): field Videos ([]leat_test.Video) has a join already, " +
				"leat.Join (mistakes_test.go:N); leave one out"},
		{"one of several", in[selfJoin](), []leat.Option{leat.Join(audioTime, audioTime, leat.Named("Next"))},
			`field After ([]struct{...}): no join is for it; add leat.Join(func(leat_test.Audio) K, func(leat_test.Audio) K, ` +
				`leat.Named("After"))`},
		{"several fields", in[selfJoin](), []leat.Option{same},
			`leat.Join (mistakes_test.go:N): it may be for field Next ([]leat_test.Audio) and field After ([]struct{...}); ` +
				`say which by leat.Named("Next")`},
		{"name", in[selfJoin](), []leat.Option{leat.Join(audioTime, audioTime, leat.Named("Nxt"))},
			"leat.Join (mistakes_test.go:N): leat.Named(\"Nxt\") fits none of the fields with the matches of leat_test.Audio " +
				"at leat_test.Audio, field Next ([]leat_test.Audio) and field After ([]struct{...}); " +
				"a field is called by its name, its path or its tag `leat:\"name\"`"},
		{"left name", in[selfJoin](), []leat.Option{leat.Join(audioTime, audioTime, leat.Named("Next"), leat.Left("After"))},
			"leat.Join (mistakes_test.go:N): leat.Named(\"Next\") with leat.Left(\"After\") fits none of the fields with the " +
				"matches of leat_test.Audio at leat_test.Audio, field Next ([]leat_test.Audio) and field After ([]struct{...}); " +
				"a field is called by its name, its path or its tag `leat:\"name\"`"},
		{"no stream", in[struct {
			Audio
			Unknown []Unknown
		}](), []leat.Option{leat.Join(audioTime, func(u Unknown) int { return u.X })},
			"field Unknown ([]leat_test.Unknown): the source has no stream of leat_test.Unknown; it has " + streams},
		{"no stream of the tag", in[struct {
			Audio
			Videos []Video `leat:"x"`
		}](), []leat.Option{videoJoin},
			`field Videos ([]leat_test.Video): the source has no stream of leat_test.Video named "x"; ` +
				`it has leat_test.Video ("video"): declare one under that name`},
		{"nil key", in[audioAndVideo](), []leat.Option{leat.Join[Audio, Video, int](nil, nil)},
			"leat.Join (mistakes_test.go:N): the left key function is nil; a join needs one of each side's elements"},
	}, leat.Broker(mistakeBroker()))
	named := leat.From(memory.New(memory.Stream[Audio]("a"), memory.Stream[Video]("v", memory.Named("x"))))
	several := leat.From(memory.New(memory.Stream[Audio]("a"), memory.Stream[Audio]("b")))
	checkMistakes(t, []mistake{
		{"only named streams", in[audioAndVideo](), []leat.Option{named, videoJoin},
			"field Videos ([]leat_test.Video): the source has no stream of leat_test.Video without a name, " +
				"nor one named \"Videos\"; it has leat_test.Video named \"x\" (\"v\"): " +
				"tag the field with the name of one, as in `leat:\"x\"`"},
		{"several streams", in[Audio](), []leat.Option{several},
			`the input (leat_test.Audio): the source has several streams of leat_test.Audio, ` +
				`leat_test.Audio ("a") and leat_test.Audio ("b"); give all but one a name, ` +
				`or a broker of its own to one that is to be written`},
		{"several streams of a field", in[struct{ Audio }](), []leat.Option{several},
			`field Audio (leat_test.Audio): the source has several streams of leat_test.Audio, ` +
				`leat_test.Audio ("a") and leat_test.Audio ("b"); give all but one a name, ` +
				`or a broker of its own to one that is to be written`},
		{"no stream of an element", in[Video](), []leat.Option{named},
			`the input (leat_test.Video): the source has no stream of leat_test.Video without a name; ` +
				`it has leat_test.Video named "x" ("v"): declare the master's without`},
	})
}

func TestTypedInjectionMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"nothing fits", in[struct {
			Audio
			DB *sql.DB
		}](), nil,
			"field DB (*sql.DB): it is no element, for the source has no stream of sql.DB, and nothing provides it; " +
				"add leat.Provide(value), leat.Container(container), or a stream"},
		{"list", in[struct {
			Audio
			Unknown []Unknown
		}](), nil,
			"field Unknown ([]leat_test.Unknown): no join has leat_test.Unknown on its right, " +
				"and the source has no stream of it; add both for its matches, or leat.Provide(value) for a value of your own"},
		{"unused value", in[Audio](), []leat.Option{leat.Provide(7)},
			"leat.Provide (mistakes_test.go:N): no field takes the int; " +
				"leave it out, or put what only some functions take into a leat.Container"},
		{"several mistakes", in[struct {
			Audio
			Videos []Video
			DB     *sql.DB
			Number string
		}](), []leat.Option{leat.Concurrency(0)},
			"3 mistakes:\n" +
				"\tleat.Concurrency (mistakes_test.go:N): 0 calls at a time are not possible; the least is 1\n" +
				"\tfield DB (*sql.DB): it is no element, for the source has no stream of sql.DB, and nothing provides it; " +
				"add leat.Provide(value), leat.Container(container), or a stream\n" +
				"\tfield Number (string): it is no element, for the source has no stream of string, and nothing provides it; " +
				"add leat.Provide(value), leat.Container(container), or a stream"},
	}, leat.Broker(mistakeBroker()))
}

func TestTypedResultMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"channel", out[chan Text](), nil,
			"result 1 (chan leat_test.Text): this can't be written; a result is an element R, *R, []R, " +
				"iter.Seq[R] or iter.Seq2[R, error], and the last one may be an error"},
		{"error", out[error](), nil,
			"result 1 (error): an error must be the last result, and there is one at most"},
		{"no stream", out[Unknown](), nil,
			"result 1 (leat_test.Unknown): the sink has no stream of leat_test.Unknown; it has " + streams},
		{"what is read", out[Audio](), nil,
			`result 1 (leat_test.Audio): leat_test.Audio ("audio") is read by the same mill; ` +
				`declare another stream of leat_test.Audio under a name, or give the result a type of its own`},
	}, leat.Broker(mistakeBroker()))
	checkMistakes(t, []mistake{{"no sink", out[Text](), []leat.Option{leat.From(mistakeBroker())},
		"result 1 (leat_test.Text): there is no sink for it; add leat.To(sink), or give one broker for both by leat.Broker"}})
}
