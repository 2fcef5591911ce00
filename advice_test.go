package leat_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/dig"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// An attempt is a function with options for New, as a user tries them, and as they are when what a message says was
// done.
type attempt struct {
	in, out []reflect.Type
	options []leat.Option
}

// newAttempt takes a function apart; ok is false for what is none.
func newAttempt(fn any, options []leat.Option) (a attempt, ok bool) {
	t := reflect.TypeOf(fn)
	if t == nil || t.Kind() != reflect.Func {
		return a, false
	}
	for p := range t.Ins() {
		a.in = append(a.in, p)
	}
	for r := range t.Outs() {
		a.out = append(a.out, r)
	}
	a.options = slices.Clone(options)
	return a, true
}

// mill makes a mill of the attempt, with a function that does nothing.
func (a attempt) mill() error {
	fn := reflect.MakeFunc(reflect.FuncOf(a.in, a.out, false), func([]reflect.Value) []reflect.Value {
		results := make([]reflect.Value, len(a.out))
		for i, r := range a.out {
			results[i] = reflect.Zero(r)
		}
		return results
	})
	_, err := leat.New(fn.Interface(), a.options...)
	return err
}

// An advice is a form of message that says what to do, so exactly that it can be done without thinking.
type advice struct {
	form *regexp.Regexp
	do   func(a *attempt, found []string)
}

var advices = []advice{
	{regexp.MustCompile(`^parameter (\d+) \(.*\): .*make it ([^ ,;]*)`), func(a *attempt, found []string) {
		a.in[index(found[1])] = typeOf(found[2])
	}},
	{regexp.MustCompile(`^result (\d+) \(.*\): .*make it (.*)$`), func(a *attempt, found []string) {
		a.out[index(found[1])] = typeOf(found[2])
	}},
	{regexp.MustCompile(`add (leat\.Join\(func\([^)]*\) K, func\([^)]*\) K\))`), func(a *attempt, found []string) {
		a.options = append(a.options, knownJoins[found[1]])
	}},
	{regexp.MustCompile(`^parameter (\d+) \(.*\): the context must be the first parameter`),
		func(a *attempt, found []string) {
			i := index(found[1])
			a.in = slices.Insert(slices.Delete(a.in, i, i+1), 0, knownTypes["context.Context"])
		}},
	{regexp.MustCompile(`^no parameter takes the masters?, .*add one of type (\S*)$`), func(a *attempt, found []string) {
		a.in = slices.Insert(a.in, 0, typeOf(found[1]))
	}},
	{regexp.MustCompile(`no parameter takes leat_test.*add one of type ([^ ,]*)`), func(a *attempt, found []string) {
		a.in = append(a.in, typeOf(found[1]))
	}},
	{regexp.MustCompile(`^parameter (\d+) \(.*\): the master comes by .* already; leave one out`),
		func(a *attempt, found []string) {
			a.in = slices.Delete(a.in, index(found[1]), index(found[1])+1)
		}},
	{regexp.MustCompile(`^option (\d+) is nil; leave it out`), func(a *attempt, found []string) {
		a.options = slices.Delete(a.options, index(found[1]), index(found[1])+1)
	}},
	{regexp.MustCompile(`^(leat\.\w+ \(\S+\))(: no parameter takes the .* leave it out| was .* give it once|: ` +
		`.* leave the option out|: .* already.* (leave one out|a mill has one))`),
		func(a *attempt, found []string) {
			for i, o := range slices.Backward(a.options) {
				if fmt.Sprint(o) == found[1] {
					a.options = slices.Delete(a.options, i, i+1)
					return
				}
			}
		}},
}

func index(number string) int {
	n, _ := strconv.Atoi(number)
	return n - 1
}

// follow does what a message says; false where it says nothing that can be done without thinking.
func (a *attempt) follow(message string) bool {
	followed := false
	for _, advice := range advices {
		if found := advice.form.FindStringSubmatch(message); found != nil {
			advice.do(a, found)
			followed = true
		}
	}
	return followed
}

// checkAdvice does all that the messages of an error say, and sees that none comes that wasn't there before: what is
// left is what can't be done without thinking.
func checkAdvice(t *testing.T, fn any, options []leat.Option, err error) {
	t.Helper()
	a, ok := newAttempt(fn, options)
	var all interface{ Unwrap() []error }
	// Which type a join is meant to be over that has no stream, nobody can know.
	if !ok || !errors.As(err, &all) || strings.Contains(err.Error(), ": the source has no stream of int;") {
		return
	}
	var left []string
	for _, mistake := range all.Unwrap() {
		if message := mistake.Error(); !a.follow(message) {
			if fit := strings.Contains(message, "make it "); fit && (strings.HasPrefix(message,
				"parameter ") || strings.HasPrefix(message, "result ")) {
				t.Errorf("what should be done? %s", message)
			}
			left = append(left, message)
		}
	}
	err = a.mill()
	if err != nil && !errors.As(err, &all) {
		t.Fatal(err)
	}
	if err == nil {
		return
	}
	for _, mistake := range all.Unwrap() {
		if message := mistake.Error(); !slices.Contains(left, message) {
			t.Errorf("with all done that was said, New(func%v%v, …) answers\n\t%s", a.in, a.out, message)
		}
	}
}

// knownJoins are joins as messages show them.
var knownJoins = map[string]leat.Option{
	exampleOf[Audio, Video](): videoJoin,
	exampleOf[Video, Box]():   boxJoin,
	exampleOf[Audio, Box]():   leat.Join(audioTime, boxFrame),
}

func exampleOf[L, R any]() string {
	return fmt.Sprintf("leat.Join(func(%v) K, func(%v) K)", reflect.TypeFor[L](), reflect.TypeFor[R]())
}

// knownTypes are types that messages name.
var knownTypes = map[string]reflect.Type{
	"leat_test.Audio":   reflect.TypeFor[Audio](),
	"leat_test.Video":   reflect.TypeFor[Video](),
	"leat_test.Box":     reflect.TypeFor[Box](),
	"leat_test.Text":    reflect.TypeFor[Text](),
	"leat_test.Loose":   reflect.TypeFor[Loose](),
	"leat_test.Unknown": reflect.TypeFor[Unknown](),
	"leat.Record":       reflect.TypeFor[leat.Record](),
	"context.Context":   reflect.TypeFor[context.Context](),

	"iter.Seq2[leat_test.Text, error]": reflect.TypeFor[iter.Seq2[Text, error]](),
}

// typeOf reads a type as messages write it.
func typeOf(text string) reflect.Type {
	switch {
	case strings.HasPrefix(text, "*"):
		return reflect.PointerTo(typeOf(text[1:]))
	case strings.HasPrefix(text, "[]"):
		return reflect.SliceOf(typeOf(text[2:]))
	case strings.HasPrefix(text, "map["):
		key, value, _ := strings.Cut(text[len("map["):], "]")
		return reflect.MapOf(typeOf(key), typeOf(value))
	}
	t := knownTypes[text]
	if t == nil {
		panic("no type is called " + text)
	}
	return t
}

// What newcomers try. All that is wrong is told at once, and with that done New makes the mill.
func TestFirstAttempts(t *testing.T) {
	window := leat.Window(func(a Audio) int { return a.Time / 30 })
	needed := func(parameter, fit string) string {
		return parameter + ": with a window the matches of each master are needed; make it " + fit
	}
	single := func(parameter, fit string) string {
		return parameter + ": an element is joined with any number of matches, which come as a list; make it " + fit
	}
	const windowless = "without a window each master comes alone; make it leat_test.Audio, or add leat.Window, " +
		"leat.WindowEvery or leat.WindowCount"
	checkMistakes(t, []mistake{
		{"window over a single master", func(Audio, []Video) {}, []leat.Option{window, videoJoin}, "2 mistakes:\n" +
			"\tparameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\t" + needed("parameter 2 ([]leat_test.Video)", "map[leat_test.Audio][]leat_test.Video")},
		{"window over a single master, pointers", func(*Audio, []*Video) {}, []leat.Option{window, videoJoin},
			"2 mistakes:\n" +
				"\tparameter 1 (*leat_test.Audio): a window hands the masters over as a list; make it []*leat_test.Audio\n" +
				"\t" + needed("parameter 2 ([]*leat_test.Video)", "map[leat_test.Audio][]*leat_test.Video")},
		{"window by count", func(Audio, []Video) {}, []leat.Option{leat.WindowCount(3), videoJoin}, "2 mistakes:\n" +
			"\tparameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\t" + needed("parameter 2 ([]leat_test.Video)", "map[leat_test.Audio][]leat_test.Video")},
		{"window, three levels", func(Audio, []Video, []Box) {}, []leat.Option{window, videoJoin, boxJoin}, "3 mistakes:\n" +
			"\tparameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\t" + needed("parameter 2 ([]leat_test.Video)", "map[leat_test.Audio][]leat_test.Video") + "\n" +
			"\tparameter 3 ([]leat_test.Box): leat_test.Box is joined to leat_test.Video, not to the master; " +
			"make it map[leat_test.Video][]leat_test.Box"},
		{"window without a join", func(Audio, []Video) {}, []leat.Option{window}, "2 mistakes:\n" +
			"\tparameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\tparameter 2 ([]leat_test.Video): no join has leat_test.Video on its right; " +
			"add leat.Join(func(leat_test.Audio) K, func(leat_test.Video) K), " +
			"and make it map[leat_test.Audio][]leat_test.Video"},
		{"window, the matches first", func([]Video, Audio) {}, []leat.Option{window, videoJoin}, "2 mistakes:\n" +
			"\tparameter 2 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\t" + needed("parameter 1 ([]leat_test.Video)", "map[leat_test.Audio][]leat_test.Video")},
		{"window, two lists, the matches first", func([]Video, []Audio) {}, []leat.Option{window, videoJoin},
			needed("parameter 1 ([]leat_test.Video)", "map[leat_test.Audio][]leat_test.Video")},
		{"window, no lists", func(Audio, Video) {}, []leat.Option{window, videoJoin}, "2 mistakes:\n" +
			"\tparameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\t" + single("parameter 2 (leat_test.Video)", "map[leat_test.Audio][]leat_test.Video")},
		{"window, a single match", func([]Audio, *Video) {}, []leat.Option{window, videoJoin},
			single("parameter 2 (*leat_test.Video)", "map[leat_test.Audio][]*leat_test.Video")},
		{"window, a record", func(Audio, leat.Record) {}, []leat.Option{window}, "2 mistakes:\n" +
			"\tparameter 1 (leat_test.Audio): a window hands the masters over as a list; make it []leat_test.Audio\n" +
			"\tparameter 2 (leat.Record): a window has a record for each of its masters; make it []leat.Record"},
		{"window, variadic matches", func([]Audio, ...Video) {}, []leat.Option{window, videoJoin},
			"parameter 2 (...leat_test.Video): a variadic parameter can't be joined; " +
				"make it map[leat_test.Audio][]leat_test.Video"},
		{"two lists without a window", func([]Audio, []Video) {}, []leat.Option{videoJoin},
			"parameter 1 ([]leat_test.Audio): " + windowless},
		{"two lists without a window, the matches first", func([]Video, []Audio) {}, []leat.Option{videoJoin},
			"parameter 2 ([]leat_test.Audio): " + windowless},
		{"two single elements", func(Audio, Video) {}, []leat.Option{videoJoin},
			single("parameter 2 (leat_test.Video)", "[]leat_test.Video")},
		{"two single elements, the match first", func(Video, Audio) {}, []leat.Option{videoJoin},
			single("parameter 1 (leat_test.Video)", "[]leat_test.Video")},
		{"two single elements without a join", func(Audio, *Video) {}, nil,
			single("parameter 2 (*leat_test.Video)", "[]*leat_test.Video, and add leat.Join(func(leat_test.Audio) K, "+
				"func(leat_test.Video) K), since no join has it on its right")},
		{"single elements of three levels", func(Audio, Video, Box) {}, []leat.Option{videoJoin, boxJoin}, "2 mistakes:\n" +
			"\t" + single("parameter 2 (leat_test.Video)", "[]leat_test.Video") + "\n" +
			"\t" + single("parameter 3 (leat_test.Box)", "map[leat_test.Video][]leat_test.Box")},
		{"map to a single match, of another", func(Audio, []Video, map[Audio]Box) {}, []leat.Option{videoJoin, boxJoin},
			single("parameter 3 (map[leat_test.Audio]leat_test.Box)", "map[leat_test.Video][]leat_test.Box")},
		{"map to a single match, by pointers", func(*Audio, map[*Audio]*Video) {}, []leat.Option{videoJoin},
			single("parameter 2 (map[*leat_test.Audio]*leat_test.Video)", "map[*leat_test.Audio][]*leat_test.Video")},
		{"map the other way round", func(Audio, map[Video][]Audio) {}, []leat.Option{videoJoin},
			"parameter 2 (map[leat_test.Video][]leat_test.Audio): leat_test.Video is joined to leat_test.Audio, " +
				"not the other way round; make it map[leat_test.Audio][]leat_test.Video"},
		{"only the matches", func([]Video) {}, []leat.Option{videoJoin},
			"no parameter takes the master, which the joins start from; add one of type leat_test.Audio"},
		{"only the matches, with a window", func(map[Audio][]Video) {}, []leat.Option{window, videoJoin},
			"no parameter takes the masters, which the joins start from; add one of type []leat_test.Audio"},
		{"the sides of the join swapped", func(Video, []Audio) {}, []leat.Option{videoJoin},
			"leat.Join (mistakes_test.go:N): the master leat_test.Video is on the right of a join, which makes a loop; " +
				"the master can be on the left only: swap the sides, or make leat_test.Audio the function's first element"},
		{"context last, a list, and a join missing", func([]Audio, []Video, context.Context) {}, nil, "3 mistakes:\n" +
			"\tparameter 1 ([]leat_test.Audio): " + windowless + "\n" +
			"\tparameter 2 ([]leat_test.Video): no join has leat_test.Video on its right; " +
			"add leat.Join(func(leat_test.Audio) K, func(leat_test.Video) K)\n" +
			"\tparameter 3 (context.Context): the context must be the first parameter"},
	}, leat.Broker(mistakeBroker()))
}

// Where it takes a thought to do what a message says, it was done here: New takes the result.
func TestCorrections(t *testing.T) {
	type NextAudio Audio
	nextTime := func(n NextAudio) int { return n.Time }
	broker := leat.Broker(memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("video"),
		memory.Stream[Box]("boxes"),
		memory.Stream[Text]("texts"), memory.Stream[NextAudio]("audio"), memory.Stream[leat.Letter]("letters"),
		memory.Stream[leat.Unmatched]("unmatched"), memory.Stream[Audio]("audio", memory.Named("next")),
		memory.Stream[Audio]("written", memory.Named("written")), memory.Stream[Video]("left", memory.Named("a")),
		memory.Stream[Video]("right", memory.Named("b"))))
	nextNamed := leat.Join(audioTime, audioTime, leat.Named("next"))
	videoA, videoB := leat.Join(audioTime, videoTime, leat.Named("a")), leat.Join(audioTime, videoTime, leat.Named("b"))
	window := leat.Window(func(a Audio) int { return a.Time / 30 })
	db := leat.Provide(new(sql.DB))
	container := dig.New()
	must(t, container.Provide(func() *sql.DB { return nil }))
	type options []leat.Option
	for name, c := range map[string]struct {
		wrong   any
		before  options
		advice  string
		right   any
		options options
	}{
		"self-join by a type": {func(Audio, []Audio) {}, options{leat.Join(audioTime, audioTime)}, "type NextAudio Audio",
			func(Audio, []NextAudio) {}, options{leat.Join(audioTime, nextTime)}},
		"self-join by a name": {func(Audio, []Audio) {}, options{leat.Join(audioTime, audioTime)}, "or leat.Named",
			func(Audio, []Audio) {}, options{nextNamed}},
		"self-join without a join": {func(Audio, []Audio) {}, nil, "add a join with leat.Named", func(Audio, []Audio) {},
			options{nextNamed}},
		"sides swapped": {func(Video, []Audio) {}, options{videoJoin}, "swap the sides",
			func(Video, []Audio) {}, options{leat.Join(videoTime, audioTime)}},
		"sides swapped, or the function": {func(Video, []Audio) {}, options{videoJoin},
			"or make leat_test.Audio the function's first element",
			func(Audio, []Video) {}, options{videoJoin}},
		"loop": {func(Audio, []Video, map[Video][]Box) {}, options{boxJoin, leat.Join(boxFrame, videoFrame)},
			"one of these must be joined to the master leat_test.Audio", func(Audio, []Video, map[Video][]Box) {},
			options{boxJoin, videoJoin}},
		"left ambiguous": {func(Audio, []Video, map[Video][]Box) {}, options{videoA, videoB, boxJoin},
			"say which by leat.Left(name)",
			func(Audio, []Video, map[Video][]Box) {}, options{videoA, videoB, leat.Join(videoFrame, boxFrame, leat.Left("a"))}},
		"window of another": {func([]Audio, map[Audio][]Video) {}, options{videoJoin, leat.Window(videoFrame)},
			"make it a function of leat_test.Audio",
			func([]Audio, map[Audio][]Video) {}, options{videoJoin, window}},
		"injected": {func(Audio, *sql.DB) {}, nil, "leat.Provide(value)", func(Audio, *sql.DB) {}, options{db}},
		"injected by a container": {func(Audio, *sql.DB) {}, nil, "leat.Container(container)", func(Audio, *sql.DB) {},
			options{leat.Container(container)}},
		"letters": {func(Audio) {}, options{leat.OnDisorder(leat.Retry(1, 0))},
			"take leat.Fail, leat.Skip or leat.DeadLetter",
			func(Audio) {}, options{leat.OnDisorder(leat.DeadLetter)}},
		"typed, with a window": {in[audioAndVideo](), options{window, videoJoin}, "make it one of structs that hold each " +
			"master beside its matches: struct{ List []struct{ leat_test.Audio; Videos []leat_test.Video } }",
			in[struct {
				List []struct {
					Audio
					Videos []Video
				}
			}](), options{window, videoJoin}},
		"typed, an element, with a window": {in[Audio](), options{window}, "make it struct{ List []leat_test.Audio }",
			in[struct{ List []Audio }](), options{window}},
		"typed, three levels, with a window": {in[audioVideoBox](), options{window, videoJoin, boxJoin},
			"struct{ List []struct{ leat_test.Audio; Videos []struct{...} } }",
			in[struct {
				List []struct {
					Audio
					Videos []struct {
						Video
						Boxes []Box
					}
				}
			}](), options{window, videoJoin, boxJoin}},
		"typed, matches before the master, with a window": {in[struct {
			Videos []Video
			Audio
		}](), options{window, videoJoin}, "struct{ List []struct{ leat_test.Audio; Videos []leat_test.Video } }",
			in[struct {
				List []struct {
					Audio
					Videos []Video
				}
			}](), options{window, videoJoin}},
		"typed, matches of a list, without a window": {in[struct{ List []audioAndVideo }](), options{videoJoin},
			"put the fields of its structs into the input itself",
			in[audioAndVideo](), options{videoJoin}},
		"typed, a single match": {in[struct {
			Audio
			Video Video
		}](), options{videoJoin}, "make it []leat_test.Video", in[struct {
			Audio
			Video []Video
		}](), options{videoJoin}},
		"typed, a map": {in[struct {
			Audio
			Videos map[Audio][]Video
		}](), options{videoJoin}, "put []leat_test.Video into the struct that holds leat_test.Audio", in[audioAndVideo](),
			options{videoJoin}},
		"typed, the context": {in[struct {
			Audio
			Context context.Context
		}](), nil, "leave the field out", in[struct{ Audio }](), nil},
		"typed, a list below the first level": {in[struct {
			Audio
			Videos []Video
			Boxes  []Box
		}](), options{videoJoin, boxJoin}, "field Boxes ([]leat_test.Box) holds matches of leat_test.Audio, " +
			"not of leat_test.Video; move it",
			in[audioVideoBox](), options{videoJoin, boxJoin}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := leat.New(c.wrong, append(options{broker}, c.before...)...)
			if err == nil || !strings.Contains(err.Error(), c.advice) {
				t.Fatalf("got %v, want it to say: %s", err, c.advice)
			}
			if _, err := leat.New(c.right, append(options{broker}, c.options...)...); err != nil {
				t.Errorf("done, it answers %v", err)
			}
		})
	}
}
