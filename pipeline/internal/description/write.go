package description

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// Members writes what a join says beside its streams and its condition, as members of a mapping in braces that go on
// behind others; empty where that is nothing.
func (j *Join) Members() string {
	var text strings.Builder
	add := func(format string, arguments ...any) { fmt.Fprintf(&text, ", "+format, arguments...) }
	if len(j.By) > 0 {
		var keys []string
		for _, by := range j.By {
			keys = append(keys, words.Quoted(by.Value))
		}
		add("by: [%s]", strings.Join(keys, ", "))
	}
	if w := j.Within; w != nil {
		add("within: {before: %v, after: %v}", w.Before, w.After)
	}
	takes := map[engine.Take]string{engine.TakeFirst: "first", engine.TakeLast: "last", engine.TakeNearest: "nearest"}
	if take := takes[j.Take]; take != "" {
		add("take: %s", take)
	}
	if j.Unequal {
		add("equal: false")
	}
	needs := map[engine.Need]string{engine.NeedNone: "optional", engine.NeedAbsent: "absent"}
	if need := needs[j.Need]; need != "" {
		add("need: %s", need)
	}
	if j.Unique {
		add("unique: true")
	}
	return text.String()
}

// String writes the bound as a pipeline file has it.
func (b Bound) String() string {
	switch {
	case b.Any:
		return "any"
	case b.text.Value != "":
		return b.text.Value
	}
	return b.Distance.String()
}
