package leat_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"iter"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/dig"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/observe"
)

// Loose has a field that makes it no key of a map.
type Loose struct {
	Time int             `json:"time"`
	Info struct{ A any } `json:"info"`
}

type Unknown struct{ X int }

func misfit(Audio, []Video) {}

// streams is the text of the streams of mistakeBroker.
const streams = `leat_test.Audio ("audio"), leat_test.Video ("video"), leat_test.Box ("boxes"), ` +
	`leat_test.Text ("texts") and ` +
	`leat_test.Loose ("loose")`

func mistakeBroker() *memory.Broker {
	return memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"), memory.Stream[Box]("boxes"),
		memory.Stream[Text]("texts"), memory.Stream[Loose]("loose"))
}

var (
	videoJoin = leat.Join(audioTime, videoTime)
	boxJoin   = leat.Join(videoFrame, boxFrame)
)

type mistake struct {
	name    string
	fn      any
	options []leat.Option
	want    string
}

// locationPattern matches a file and line in a message.
var locationPattern = regexp.MustCompile(`(typed_mistakes|mistakes|advice)_test\.go:\d+`)

// checkMistakes checks the messages, without the functions' names before them. The storage comes before the options.
func checkMistakes(t *testing.T, cases []mistake, storage ...leat.Option) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			options := append(storage[:len(storage):len(storage)], c.options...)
			_, err := leat.New(c.fn, options...)
			checkMistake(t, err, c.want)
			checkAdvice(t, c.fn, options, err)
		})
	}
}

func checkMistake(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	got := locationPattern.ReplaceAllString(err.Error(), "mistakes_test.go:N")
	_, rest, _ := strings.Cut(got, "(mistakes_test.go:N): ")
	if got != want && rest != want {
		t.Errorf("got\n\t%s\nwant\n\t%s", got, want)
	}
}

func TestFunctionMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"no function", 42, nil, "leat.New: a function is needed, got a value of type int"},
		{"nil", nil, nil, "leat.New: a function is needed, got nil"},
		{"nil function", (func(Audio))(nil), nil, "leat.New: the function, a func(leat_test.Audio), is nil"},
		{"variadic", func(Audio, ...Video) {}, []leat.Option{videoJoin},
			"parameter 2 (...leat_test.Video): a variadic parameter can't be joined; make it []leat_test.Video"},
		{"no parameters", func() {}, nil,
			`no parameter takes the master element; add one of a type that has a stream: the source has ` + streams},
		{"no master", func(videos []Video) {}, []leat.Option{videoJoin},
			"no parameter takes the master, which the joins start from; add one of type leat_test.Audio"},
		{"no stream of the master", func(Unknown) {}, nil,
			`parameter 1 (leat_test.Unknown): the source has no stream of it; it has ` + streams},
		{"context not first", func(Audio, context.Context) {}, nil,
			"parameter 2 (context.Context): the context must be the first parameter"},
	}, leat.Broker(mistakeBroker()))
}

// TestMistakesName checks that a message names the function, with the file and line where it begins.
func TestMistakesName(t *testing.T) {
	_, err := leat.New(misfit, leat.Broker(mistakeBroker()))
	pc := reflect.ValueOf(misfit).Pointer()
	_, line := runtime.FuncForPC(pc).FileLine(pc)
	want := fmt.Sprintf("leat.New: leat_test.misfit (mistakes_test.go:%d): parameter 2 ([]leat_test.Video): ", line)
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

func TestJoinMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"no join", misfit, nil,
			"parameter 2 ([]leat_test.Video): no join has leat_test.Video on its right; " +
				"add leat.Join(func(leat_test.Audio) K, func(leat_test.Video) K)"},
		{"no parameter", func(Audio) {}, []leat.Option{videoJoin},
			"leat.Join (mistakes_test.go:N): no parameter takes leat_test.Video; " +
				"add one of type []leat_test.Video, or leave the join out"},
		{"no parameter below", misfit, []leat.Option{videoJoin, boxJoin},
			"leat.Join (mistakes_test.go:N): no parameter takes leat_test.Box; " +
				"add one of type map[leat_test.Video][]leat_test.Box, or leave the join out"},
		{"duplicate node", misfit, []leat.Option{videoJoin, videoJoin},
			"leat.Join (mistakes_test.go:N): leat_test.Audio is joined with leat_test.Video already, " +
				"by leat.Join (mistakes_test.go:N); leave one out, or tell two streams of a type apart by leat.Named"},
		{"two parents", func(Audio, []Video, []Box) {}, []leat.Option{videoJoin, boxJoin, leat.Join(audioTime, boxFrame)},
			"leat.Join (mistakes_test.go:N): leat_test.Box has two parents, " +
				"leat_test.Audio here and leat_test.Video by leat.Join (mistakes_test.go:N); " +
				"leave one out, or tell two streams of a type apart by leat.Named"},
		{"self-join", func(Audio, []Audio) {}, []leat.Option{leat.Join(audioTime, audioTime)},
			"leat.Join (mistakes_test.go:N): leat_test.Audio is joined with itself; " +
				"a self-join needs a type of its own for each node: type NextAudio Audio, or leat.Named"},
		{"master on the right", misfit, []leat.Option{videoJoin, leat.Join(videoTime, audioTime)},
			"leat.Join (mistakes_test.go:N): the master leat_test.Audio is on the right of a join, which makes a loop; " +
				"the master can be on the left only: swap the sides, or make leat_test.Video the function's first element"},
		{"loop", misfit, []leat.Option{boxJoin, leat.Join(boxFrame, videoFrame)},
			"leat.Join (mistakes_test.go:N): the joins make a loop: leat_test.Box -> leat_test.Video -> leat_test.Box; " +
				"one of these must be joined to the master leat_test.Audio"},
		{"left type not in the tree", misfit, []leat.Option{boxJoin},
			"leat.Join (mistakes_test.go:N): its left type leat_test.Video is neither the master leat_test.Audio nor on the " +
				"right of another join; the tree has leat_test.Audio and leat_test.Box"},
		{"left name", misfit, []leat.Option{leat.Join(audioTime, videoTime, leat.Left("x"))},
			`leat.Join (mistakes_test.go:N): leat.Left("x") names no node; those of leat_test.Audio have no name`},
		{"left ambiguous", misfit, []leat.Option{leat.Join(audioTime, videoTime, leat.Named("a")),
			leat.Join(audioTime, videoTime, leat.Named("b")), boxJoin},
			`leat.Join (mistakes_test.go:N): its left node may be leat_test.Video named "a" and leat_test.Video named "b"; ` +
				`say which by leat.Left(name)`},
		{"stream without the name", misfit, []leat.Option{leat.Join(audioTime, videoTime, leat.Named("a"))},
			`leat.Join (mistakes_test.go:N): the source has no stream of leat_test.Video named "a"; ` +
				`it has leat_test.Video ("video"): declare one under that name`},
		{"no stream", func(Audio, []Unknown) {}, []leat.Option{leat.Join(audioTime, func(u Unknown) int { return u.X })},
			`leat.Join (mistakes_test.go:N): the source has no stream of leat_test.Unknown; it has ` + streams},
		{"nil key", misfit, []leat.Option{leat.Join[Audio, Video, int](nil, nil)},
			"leat.Join (mistakes_test.go:N): the left key function is nil; a join needs one of each side's elements"},
		{"nil comparison", misfit, []leat.Option{leat.JoinFunc[Audio, Video](nil)},
			"leat.JoinFunc (mistakes_test.go:N): the comparison is nil; give one of a left with a right element"},
		{"nil join option", misfit, []leat.Option{leat.Join(audioTime, videoTime, nil)},
			"leat.Join (mistakes_test.go:N): option 1 of the join is nil; leave it out"},
	}, leat.Broker(mistakeBroker()))
}

func TestParameterMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"single match", func(Audio, Video) {}, []leat.Option{videoJoin},
			"parameter 2 (leat_test.Video): an element is joined with any number of matches, which come as a list; " +
				"make it []leat_test.Video"},
		{"master twice", func(Audio, *Audio) {}, nil,
			"parameter 2 (*leat_test.Audio): the master comes by parameter 1 (leat_test.Audio) already; leave one out"},
		{"list of masters", func(Audio, []Audio) {}, nil,
			"parameter 2 ([]leat_test.Audio): the masters come by parameter 1 (leat_test.Audio) already; " +
				"for a self-join add a join with leat.Named, or give the right node a type of its own"},
		{"list below the first level", func(Audio, []Video, []Box) {}, []leat.Option{videoJoin, boxJoin},
			"parameter 3 ([]leat_test.Box): leat_test.Box is joined to leat_test.Video, not to the master; " +
				"make it map[leat_test.Video][]leat_test.Box"},
		{"wrong left", func(Audio, []Video, map[Audio][]Box) {}, []leat.Option{videoJoin, boxJoin},
			"parameter 3 (map[leat_test.Audio][]leat_test.Box): leat_test.Box is joined to leat_test.Video, " +
				"not to leat_test.Audio; make it map[leat_test.Video][]leat_test.Box"},
		{"map without join", func(Audio, map[Audio][]Box) {}, nil,
			"parameter 2 (map[leat_test.Audio][]leat_test.Box): no join has leat_test.Box on its right; " +
				"add leat.Join(func(leat_test.Audio) K, func(leat_test.Box) K)"},
		{"map without list", func(Audio, map[Audio]Video) {}, []leat.Option{videoJoin},
			"parameter 2 (map[leat_test.Audio]leat_test.Video): an element is joined with any number of matches, " +
				"which come as a list; make it map[leat_test.Audio][]leat_test.Video"},
		{"map key not comparable", func(Loose, map[Loose][]Video) {},
			[]leat.Option{leat.Join(func(l Loose) int { return l.Time }, videoTime)},
			"parameter 2 (map[leat_test.Loose][]leat_test.Video): leat_test.Loose can't be the key of a map, " +
				"for what Info.A holds may not be comparable; make it map[*leat_test.Loose][]leat_test.Video"},
		{"map key not comparable, in the hint", func([]Loose, []Video) {},
			[]leat.Option{leat.WindowCount(2), leat.Join(func(l Loose) int { return l.Time }, videoTime)},
			"parameter 2 ([]leat_test.Video): with a window the matches of each master are needed; " +
				"make it map[*leat_test.Loose][]leat_test.Video"},
		{"list of records", func(Audio, []leat.Record) {}, nil,
			"parameter 2 ([]leat.Record): without a window there is one record; make it leat.Record"},
		{"pointer to record", func(Audio, *leat.Record) {}, nil,
			"parameter 2 (*leat.Record): the master's record comes as a value; make it leat.Record"},
		{"record with window", func([]Audio, leat.Record) {}, []leat.Option{leat.WindowCount(2)},
			"parameter 2 (leat.Record): a window has a record for each of its masters; make it []leat.Record"},
	}, leat.Broker(mistakeBroker()))
}

func TestWindowMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"window without list", func(Audio) {}, []leat.Option{leat.WindowCount(2)},
			"parameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio"},
		{"list without window", func([]Audio) {}, nil,
			"parameter 1 ([]leat_test.Audio): without a window each master comes alone; " +
				"make it leat_test.Audio, or add leat.Window, leat.WindowEvery or leat.WindowCount"},
		{"matches with window", func([]Audio, []Video) {}, []leat.Option{leat.WindowCount(2), videoJoin},
			"parameter 2 ([]leat_test.Video): with a window the matches of each master are needed; " +
				"make it map[leat_test.Audio][]leat_test.Video"},
		{"no parameter with window", func([]Audio) {}, []leat.Option{leat.WindowCount(2), videoJoin},
			"leat.Join (mistakes_test.go:N): no parameter takes leat_test.Video; " +
				"add one of type map[leat_test.Audio][]leat_test.Video, or leave the join out"},
		{"several windows", func([]Audio) {}, []leat.Option{leat.WindowCount(2), leat.WindowEvery(time.Second)},
			"leat.WindowEvery (mistakes_test.go:N): there is a window already, from leat.WindowCount (mistakes_test.go:N); " +
				"a mill has one"},
		{"other type", func([]Audio) {}, []leat.Option{leat.Window(videoFrame)},
			"leat.Window (mistakes_test.go:N): the window key is over leat_test.Video, but the master is leat_test.Audio; " +
				"make it a function of leat_test.Audio"},
		{"nil key", func([]Audio) {}, []leat.Option{leat.Window[Audio, int](nil)},
			"leat.Window (mistakes_test.go:N): the key function is nil; leat.WindowCount and leat.WindowEvery need none"},
		{"count", func([]Audio) {}, []leat.Option{leat.WindowCount(0)},
			"leat.WindowCount (mistakes_test.go:N): a window of 0 elements is not possible; the least is 1"},
		{"period", func([]Audio) {}, []leat.Option{leat.WindowEvery(-time.Second)},
			"leat.WindowEvery (mistakes_test.go:N): a window of -1s is not possible; give a period above zero"},
	}, leat.Broker(mistakeBroker()))
}

func TestInjectionMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"nothing fits", func(Audio, *sql.DB) {}, nil,
			"parameter 2 (*sql.DB): it is no element, for the source has no stream of sql.DB, and nothing provides it; " +
				"add leat.Provide(value), leat.Container(container), or a stream"},
		{"list", func(Audio, []Unknown) {}, nil,
			"parameter 2 ([]leat_test.Unknown): no join has leat_test.Unknown on its right, " +
				"and the source has no stream of it; add both for its matches, or leat.Provide(value) for a value of your own"},
		{"map", func(Audio, map[Audio][]*Unknown) {}, nil,
			"parameter 2 (map[leat_test.Audio][]*leat_test.Unknown): no join has leat_test.Unknown on its right, " +
				"and the source has no stream of it; add both"},
		{"other value", func(Audio, *sql.DB) {}, []leat.Option{leat.Provide("x")}, "2 mistakes:\n" +
			"\tparameter 2 (*sql.DB): it is no element, for the source has no stream of sql.DB, and nothing provides it; " +
			"add leat.Provide(value), leat.Container(container), or a stream\n" +
			"\tleat.Provide (mistakes_test.go:N): no parameter takes the string; " +
			"leave it out, or put what only some functions take into a leat.Container"},
		{"value for a pointer", func(Audio, *Unknown) {}, []leat.Option{leat.Provide(Unknown{})},
			"parameter 2 (*leat_test.Unknown): leat.Provide (mistakes_test.go:N) gives a leat_test.Unknown; " +
				"give a *leat_test.Unknown"},
		{"pointer for a value", func(Audio, Unknown) {}, []leat.Option{leat.Provide(&Unknown{})},
			"parameter 2 (leat_test.Unknown): leat.Provide (mistakes_test.go:N) gives a *leat_test.Unknown; " +
				"give a leat_test.Unknown"},
		{"several fit", func(Audio, error) {}, []leat.Option{leat.Provide(io.EOF, &dig.PanicError{})},
			"parameter 2 (error): several values of leat.Provide implement error: *errors.errorString and *dig.PanicError; " +
				"leave one, or take it by its own type"},
		{"container", func(Audio, *sql.DB) {}, []leat.Option{leat.Container(dig.New())},
			"parameter 2 (*sql.DB): the container can't make it: missing type: *sql.DB; " +
				"add a constructor by container.Provide(func(...) *sql.DB), or a value by leat.Provide"},
		{"nil container", func(Audio) {}, []leat.Option{leat.Container((*dig.Container)(nil))},
			"leat.Container (mistakes_test.go:N): the container is nil; make one by dig.New()"},
		{"value twice", func(Audio, string) {}, []leat.Option{leat.Provide("x", "y")},
			"leat.Provide (mistakes_test.go:N): there is a string already, from leat.Provide (mistakes_test.go:N); " +
				"give one of each type"},
		{"unused value", func(Audio) {}, []leat.Option{leat.Provide(7)},
			"leat.Provide (mistakes_test.go:N): no parameter takes the int; " +
				"leave it out, or put what only some functions take into a leat.Container"},
		{"nil value", func(Audio) {}, []leat.Option{leat.Provide(nil)},
			"leat.Provide (mistakes_test.go:N): value 1 is nil, with which the function can do nothing; " +
				"give one that was made, or leave it out"},
		{"nil pointer", func(Audio, *sql.DB) {}, []leat.Option{leat.Provide((*sql.DB)(nil))}, "2 mistakes:\n" +
			"\tleat.Provide (mistakes_test.go:N): value 1 is a nil *sql.DB, with which the function can do nothing; " +
			"give one that was made, or leave it out\n" +
			"\tparameter 2 (*sql.DB): it is no element, for the source has no stream of sql.DB, and nothing provides it; " +
			"add leat.Provide(value), leat.Container(container), or a stream"},
		{"nil function", func(Audio) {}, []leat.Option{leat.Provide(1, (func() int)(nil))}, "2 mistakes:\n" +
			"\tleat.Provide (mistakes_test.go:N): value 2 is a nil func() int, with which the function can do nothing; " +
			"give one that was made, or leave it out\n" +
			"\tleat.Provide (mistakes_test.go:N): no parameter takes the int; " +
			"leave it out, or put what only some functions take into a leat.Container"},
		{"nil map", func(Audio) {}, []leat.Option{leat.Provide(map[string]int(nil))},
			"leat.Provide (mistakes_test.go:N): value 1 is a nil map[string]int, with which the function can do nothing; " +
				"give one that was made, or leave it out"},
		{"nil channel", func(Audio) {}, []leat.Option{leat.Provide((chan int)(nil))},
			"leat.Provide (mistakes_test.go:N): value 1 is a nil chan int, with which the function can do nothing; " +
				"give one that was made, or leave it out"},
	}, leat.Broker(mistakeBroker()))
}

func TestResultMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"channel", func(Audio) chan Text { return nil }, nil,
			"result 1 (chan leat_test.Text): this can't be written; a result is an element R, *R, []R, " +
				"iter.Seq[R] or iter.Seq2[R, error], and the last one may be an error"},
		{"interface", func(Audio) any { return nil }, nil,
			"result 1 (interface {}): this can't be written; a result is an element R, *R, []R, iter.Seq[R] or iter.Seq2[R, " +
				"error], and the last one may be an error"},
		{"function", func(Audio) func() { return nil }, nil,
			"result 1 (func()): this can't be written; a result is an element R, *R, []R, iter.Seq[R] or iter.Seq2[R, " +
				"error], and the last one may be an error"},
		{"pointer to pointer", func(Audio) **Text { return nil }, nil,
			"result 1 (**leat_test.Text): this can't be written; a result is an element R, *R, []R, " +
				"iter.Seq[R] or iter.Seq2[R, error], and the last one may be an error"},
		{"two errors", func(Audio) (error, error) { return nil, nil }, nil,
			"result 1 (error): an error must be the last result, and there is one at most"},
		//lint:ignore ST1008 that is the mistake
		{"error not last", func(Audio) (error, Text) { return nil, Text{} }, nil,
			"result 1 (error): an error must be the last result, and there is one at most"},
		{"sequence of pairs", func(Audio) iter.Seq2[Text, Box] { return nil }, nil,
			"result 1 (iter.Seq2[leat_test.Text,leat_test.Box]): the second type of a sequence is that of an error, " +
				"not leat_test.Box; make it iter.Seq2[leat_test.Text, error]"},
		{"sequence of errors", func(Audio) iter.Seq[error] { return nil }, nil,
			"result 1 (iter.Seq[error]): this can't be written; a result is an element R, *R, []R, " +
				"iter.Seq[R] or iter.Seq2[R, error], and the last one may be an error"},
		{"no stream", func(Audio) Unknown { return Unknown{} }, nil,
			`result 1 (leat_test.Unknown): the sink has no stream of leat_test.Unknown; it has ` + streams},
		{"no stream for a list", func(Audio) []Unknown { return nil }, nil,
			`result 1 ([]leat_test.Unknown): the sink has no stream of leat_test.Unknown; it has ` + streams},
		{"what is read", func(Audio) Audio { return Audio{} }, nil,
			`result 1 (leat_test.Audio): leat_test.Audio ("audio") is read by the same mill; ` +
				`declare another stream of leat_test.Audio under a name, or give the result a type of its own`},
	}, leat.Broker(mistakeBroker()))
}

func TestOptionMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"nil option", func(Audio) {}, []leat.Option{nil}, "option 2 is nil; leave it out"},
		{"concurrency", func(Audio) {}, []leat.Option{leat.Concurrency(0)},
			"leat.Concurrency (mistakes_test.go:N): 0 calls at a time are not possible; the least is 1"},
		{"twice", func(Audio) {}, []leat.Option{leat.Concurrency(2), leat.Concurrency(3)},
			"leat.Concurrency (mistakes_test.go:N): leat.Concurrency (mistakes_test.go:N) was given before; give it once"},
		{"empty name", func(Audio) {}, []leat.Option{leat.Name("")},
			"leat.Name (mistakes_test.go:N): the name is empty; leave the option out to call the mill like its function"},
		{"nil observer", func(Audio) {}, []leat.Option{leat.Observe(nil)},
			"leat.Observe (mistakes_test.go:N): the observer is nil; leave the option out"},
		{"nil function as an observer", func(Audio) {}, []leat.Option{leat.Observe(observe.Func(nil))},
			"leat.Observe (mistakes_test.go:N): the observer is a nil observe.Func; leave the option out"},
		{"nil function for what is unmatched", func(Audio) {}, []leat.Option{leat.OnUnmatched(nil)},
			"leat.OnUnmatched (mistakes_test.go:N): the function is nil; leave the option out"},
		{"nil logger", func(Audio) {}, []leat.Option{leat.Logger(nil)},
			"leat.Logger (mistakes_test.go:N): the logger is nil; slog.New(slog.DiscardHandler) logs nothing"},
		{"second source", func(Audio) {}, []leat.Option{leat.From(mistakeBroker())},
			"leat.From (mistakes_test.go:N): the source is that of leat.Broker (mistakes_test.go:N) already; " +
				"give leat.Broker, or leat.From with leat.To"},
		{"second sink", func(Audio) {}, []leat.Option{leat.To(mistakeBroker())},
			"leat.To (mistakes_test.go:N): the sink is that of leat.Broker (mistakes_test.go:N) already; " +
				"give leat.Broker, or leat.From with leat.To"},
		{"retry disorder", func(Audio) {}, []leat.Option{leat.OnDisorder(leat.Retry(1, 0))},
			"leat.OnDisorder (mistakes_test.go:N): leat.Retry can't help, the record would be the same again; " +
				"take leat.Fail, leat.Skip or leat.DeadLetter"},
		{"retry decoding", func(Audio) {}, []leat.Option{leat.OnDecodeError(leat.Retry(1, 0))},
			"leat.OnDecodeError (mistakes_test.go:N): leat.Retry can't help, the record would be the same again; " +
				"take leat.Fail, leat.Skip or leat.DeadLetter"},
		{"nil policy", func(Audio) {}, []leat.Option{leat.OnError(nil)},
			"leat.OnError (mistakes_test.go:N): the policy is nil; take leat.Fail, leat.Skip, leat.Retry or leat.DeadLetter"},
		{"nil policy for records", func(Audio) {}, []leat.Option{leat.OnDisorder(nil)},
			"leat.OnDisorder (mistakes_test.go:N): the policy is nil; take leat.Fail, leat.Skip or leat.DeadLetter"},
		{"no attempts", func(Audio) {}, []leat.Option{leat.OnError(leat.Retry(0, 0))},
			"leat.OnError (mistakes_test.go:N): leat.Retry with 0 attempts never tries again; give at least 1, or leat.Fail"},
		{"negative pause", func(Audio) {}, []leat.Option{leat.OnError(leat.Retry(1, -time.Second))},
			"leat.OnError (mistakes_test.go:N): leat.Retry with a pause of -1s; give zero or more"},
		{"no letters", func(Audio) {}, []leat.Option{leat.OnError(leat.DeadLetter)},
			`leat.OnError (mistakes_test.go:N): leat.DeadLetter needs a stream of leat.Letter in the sink; ` +
				`declare one, for example by file.At[leat.Letter]("letters.jsonl")`},
		{"several mistakes", func(Audio, []Box, *sql.DB) chan int { return nil }, []leat.Option{leat.Concurrency(0)},
			"4 mistakes:\n" +
				"\tleat.Concurrency (mistakes_test.go:N): 0 calls at a time are not possible; the least is 1\n" +
				"\tparameter 2 ([]leat_test.Box): no join has leat_test.Box on its right; " +
				"add leat.Join(func(leat_test.Audio) K, func(leat_test.Box) K)\n" +
				"\tparameter 3 (*sql.DB): it is no element, for the source has no stream of sql.DB, and nothing provides it; " +
				"add leat.Provide(value), leat.Container(container), or a stream\n" +
				"\tresult 1 (chan int): this can't be written; a result is an element R, *R, []R, iter.Seq[R] or iter.Seq2[R, " +
				"error], and the last one may be an error"},
	}, leat.Broker(mistakeBroker()))
}

// handmade is a source whose streams weren't made by broker.NewStream.
type handmade struct{ *memory.Broker }

func (handmade) Streams() []broker.Stream {
	return []broker.Stream{{Name: "audio", Type: reflect.TypeFor[Audio]()}, {Name: "typeless", Codec: codec.JSON}}
}

func TestBrokerMistakes(t *testing.T) {
	checkMistakes(t, []mistake{
		{"none", func(Audio) {}, nil, "there is no broker to read from; give leat.Broker, or leat.From and leat.To"},
		{"none, with joins", misfit, []leat.Option{videoJoin},
			"there is no broker to read from; give leat.Broker, or leat.From and leat.To"},
		{"nil", func(Audio) {}, []leat.Option{leat.Broker(nil)},
			"leat.Broker (mistakes_test.go:N): the broker is nil; give one that was made, as by file.New"},
		{"nil pointer", func(Audio) {}, []leat.Option{leat.Broker((*memory.Broker)(nil))},
			"leat.Broker (mistakes_test.go:N): the broker is a nil *memory.Broker; give one that was made, as by file.New"},
		{"nil source", func(Audio) {}, []leat.Option{leat.From(nil)},
			"leat.From (mistakes_test.go:N): the source is nil; give one that was made, as by file.New"},
		{"nil pointer to a source", func(Audio) {}, []leat.Option{leat.From((*memory.Broker)(nil))},
			"leat.From (mistakes_test.go:N): the source is a nil *memory.Broker; give one that was made, as by file.New"},
		{"nil sink", func(Audio) {}, []leat.Option{leat.From(mistakeBroker()), leat.To(nil)},
			"leat.To (mistakes_test.go:N): the sink is nil; give one that was made, as by file.New"},
		{"nil pointer to a sink", func(Audio) {}, []leat.Option{leat.From(mistakeBroker()), leat.To((*memory.Broker)(nil))},
			"leat.To (mistakes_test.go:N): the sink is a nil *memory.Broker; give one that was made, as by file.New"},
		{"a stream made by hand", func(Audio) {}, []leat.Option{leat.From(handmade{mistakeBroker()})}, "2 mistakes:\n" +
			"\tstream \"audio\": it has no element type or no codec; make it by broker.NewStream\n" +
			"\tstream \"typeless\": it has no element type or no codec; make it by broker.NewStream"},
		{"results without sink", func(Audio) Text { return Text{} }, []leat.Option{leat.From(mistakeBroker())},
			"result 1 (leat_test.Text): there is no sink for it; add leat.To(sink), or give one broker for both by leat.Broker"},
		{"letters without sink", func(Audio) {}, []leat.Option{leat.From(mistakeBroker()), leat.OnError(leat.DeadLetter)},
			"leat.OnError (mistakes_test.go:N): leat.DeadLetter: there is no sink for it; " +
				"add leat.To(sink), or give one broker for both by leat.Broker"},
		{"sink without source", func(Audio) {}, []leat.Option{leat.To(mistakeBroker())},
			"there is no broker to read from; give leat.Broker, or leat.From and leat.To"},
		{"several inputs", func(Audio) {}, []leat.Option{leat.From(memory.New(memory.Stream[Audio]("a"),
			memory.Stream[Audio]("b")))},
			`parameter 1 (leat_test.Audio): the source has several streams of leat_test.Audio, ` +
				`leat_test.Audio ("a") and leat_test.Audio ("b"); give all but one a name, ` +
				`or a broker of its own to one that is to be written`},
		{"unnamed join", misfit,
			[]leat.Option{leat.From(memory.New(memory.Stream[Audio]("a"), memory.Stream[Video]("v", memory.Named("x")))),
				videoJoin},
			`leat.Join (mistakes_test.go:N): the source has no stream of leat_test.Video without a name; ` +
				`it has leat_test.Video named "x" ("v"): take one by leat.Named`},
		{"named inputs", func(Audio) {}, []leat.Option{leat.From(memory.New(memory.Stream[Audio]("a", memory.Named("x"))))},
			`parameter 1 (leat_test.Audio): the source has no stream of leat_test.Audio without a name; ` +
				`it has leat_test.Audio named "x" ("a"): declare the master's without`},
		{"several outputs", func(Audio) Text { return Text{} },
			[]leat.Option{leat.Broker(memory.New(memory.Stream[Audio]("a"), memory.Stream[Text]("b"),
				memory.Stream[Text]("c")))},
			`result 1 (leat_test.Text): the sink has several streams of leat_test.Text, ` +
				`leat_test.Text ("b") and leat_test.Text ("c"); leave one`},
		{"a type and pointers to it", func(Audio) {}, []leat.Option{leat.From(memory.New(memory.Stream[Audio]("a"),
			memory.Stream[*Audio]("b")))},
			`parameter 1 (leat_test.Audio): the source has several streams of leat_test.Audio, ` +
				`leat_test.Audio ("a") and leat_test.Audio ("b"); give all but one a name, ` +
				`or a broker of its own to one that is to be written`},
		{"pointers to pointers", func(*Audio) {}, []leat.Option{leat.Broker(memory.New(memory.Stream[*Audio]("a"),
			memory.Stream[**Audio]("b")))},
			`stream "b": an element can't be a pointer, as *leat_test.Audio is; declare it for leat_test.Audio`},
		{"pointers with a name", func(*Audio) Text { return Text{} },
			[]leat.Option{leat.From(memory.New(memory.Stream[Audio]("a"))),
				leat.To(memory.New(memory.Stream[Text]("t"), memory.Stream[AudioPointer]("b")))},
			`stream "b": an element can't be a pointer, as leat_test.AudioPointer is; declare it for leat_test.Audio`},
		{"no streams", func(Audio) {}, []leat.Option{leat.From(memory.New())},
			"parameter 1 (leat_test.Audio): the source has no stream of it; it has none"},
	})
}

// A nil slice is an empty list, and provided as such; and a run without a context says so.
func TestNilThatIsNoMistake(t *testing.T) {
	mill, err := leat.New(func(Audio, []string) {}, leat.Broker(mistakeBroker()), leat.Provide([]string(nil)))
	if err != nil {
		t.Fatal(err)
	}
	var none context.Context
	if err := mill.Run(none); err == nil || err.Error() != "leat: the context is nil; context.Background() is one that "+
		"doesn't end" {
		t.Errorf("got %v", err)
	}
}
