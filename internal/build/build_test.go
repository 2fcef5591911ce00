package build_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

type (
	Audio struct{ Time int }
	Video struct{ Time int }
	Text  struct{ Text string }
	Kept  struct{ Time any }
)

// TestOrderOfPhases has a mistake in each phase, and checks that they are told in the order of build.go, for functions
// with parameters and typed ones alike; what depends on something that is wrong already isn't looked at.
func TestOrderOfPhases(t *testing.T) {
	source := memory.New(memory.Stream[Audio]("audio"), memory.Stream[Video]("v1"), memory.Stream[Video]("v2"),
		memory.Stream[**Kept]("kept"))
	join := leat.Join(func(a Audio) string { return "" }, func(v Video) string { return "" })
	noOrder := leat.Join(func(a Audio) []int { return nil }, func(v Video) []int { return nil })
	options := func(more ...leat.Option) []leat.Option {
		return append([]leat.Option{leat.From(source), leat.To(memory.New()), leat.Name(""), leat.Provide(1.5),
			leat.OnError(leat.DeadLetter), leat.WriteUnmatched()}, more...)
	}
	option := "leat.Name (build_test.go:N): the name is empty; leave the option out to call the mill like its function\n"
	stream := "\tstream \"kept\": an element can't be a pointer, as *build_test.Kept is; declare it for build_test.Kept\n"
	nodes := "\tleat.Join (build_test.go:N): keys of type []int have no order: " +
		"return a number, a text, a time.Time, or a pointer to one of these, of which nil is null and matches nothing\n"
	outputs := "result 1 (build_test.Text): the sink has no stream of build_test.Text; it has none\n" +
		"\tleat.OnError (build_test.go:N): leat.DeadLetter needs a stream of leat.Letter in the sink; " +
		"declare one, for example by file.At[leat.Letter](\"letters.jsonl\")\n" +
		"\tleat.WriteUnmatched (build_test.go:N): it needs a stream of leat.Unmatched in the sink; " +
		"declare one, for example by file.At[leat.Unmatched](\"unmatched.jsonl\")"
	several := `: the source has several streams of build_test.Video, ` +
		`build_test.Video ("v1") and build_test.Video ("v2"); give all but ` +
		"one a name, or a broker of its own to one that is to be written\n"
	for _, c := range []struct {
		name    string
		fn      any
		options []leat.Option
		want    string
	}{
		{"parameters", func(Audio, context.Context) Text { return Text{} }, options(noOrder),
			"9 mistakes:\n\t" + option + stream +
				"\tleat.Join (build_test.go:N)" + several + nodes +
				"\tparameter 2 (context.Context): the context must be the first parameter\n" +
				"\tleat.Provide (build_test.go:N): no parameter takes the float64; " +
				"leave it out, or put what only some functions take into a leat.Container\n\t" + outputs},
		{"typed", leat.Typed(func(context.Context, *struct {
			Audio
			Videos []Video
		}) (Text, error) {
			return Text{}, nil
		}), options(noOrder), "8 mistakes:\n\t" + option + stream +
			"\tfield Videos ([]build_test.Video)" + several + nodes +
			"\tleat.Provide (build_test.go:N): no field takes the float64; " +
			"leave it out, or put what only some functions take into a leat.Container\n\t" + outputs},
		{"no tree", func(Audio, context.Context) Text { return Text{} }, options(join, join),
			"3 mistakes:\n\t" + option + stream +
				"\tleat.Join (build_test.go:N): build_test.Audio is joined with build_test.Video already, " +
				"by leat.Join (build_test.go:N); leave one out, or tell two streams of a type apart by leat.Named"},
		{"no master", func(int) Text { return Text{} }, options(leat.Window(func(Video) any { return 1 })),
			"4 mistakes:\n\t" +
				option + stream +
				"\tno parameter takes the master element; add one of a type that has a stream: " +
				"the source has build_test.Audio (\"audio\"), " +
				"build_test.Video (\"v1\"), build_test.Video (\"v2\") and *build_test.Kept (\"kept\")\n" +
				"\tleat.Window (build_test.go:N): windows by keys of type interface {} can't be told apart: " +
				"interface {} is an interface, of " +
				"which == doesn't compare the value; return numbers, texts, or a struct or array of these, or a time.Time alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := leat.New(c.fn, c.options...)
			if err == nil {
				t.Fatal("no error")
			}
			got := regexp.MustCompile(`build_test\.go:\d+`).ReplaceAllString(err.Error(), "build_test.go:N")
			got = regexp.MustCompile(`^leat\.New: \S+ \(build_test.go:N\): `).ReplaceAllString(got, "")
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
