package pipeline

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/pipeline/internal/diagnosis"
)

// A Mistake is what is wrong, most likely, with a join that matches little.
type Mistake string

// The causes of mistakes.
const (
	// MistakeFactor: the keys are in different units.
	MistakeFactor = Mistake(diagnosis.Factor)
	// MistakeShift: the keys are apart by the same everywhere.
	MistakeShift = Mistake(diagnosis.Shift)
	// MistakeRounding: the keys are near each other, but not equal.
	MistakeRounding = Mistake(diagnosis.Rounding)
	// MistakeSpelling: the keys are texts that differ in capital letters or blanks.
	MistakeSpelling = Mistake(diagnosis.Spelling)
	// MistakeKinds: one side is text, and the other numbers.
	MistakeKinds = Mistake(diagnosis.Kinds)
	// MistakeField: the join names another member than the one that holds the keys.
	MistakeField = Mistake(diagnosis.Field)
	// MistakeOrder: the keys of a stream don't grow.
	MistakeOrder = Mistake(diagnosis.Order)
	// MistakePartitions: keys meet, but not in equal partitions.
	MistakePartitions = Mistake(diagnosis.Partitions)
	// MistakeApart: the streams lie in ranges that have nothing in common.
	MistakeApart = Mistake(diagnosis.Apart)
	// MistakeGaps, MistakeEarlyEnd and MistakeLateBegin: much of the left stream's keys is not in the right one, between
	// its keys, behind its end or before its beginning.
	MistakeGaps      = Mistake(diagnosis.Gaps)
	MistakeEarlyEnd  = Mistake(diagnosis.EarlyEnd)
	MistakeLateBegin = Mistake(diagnosis.LateBegin)
	// MistakeMatchKey: elements of several things lie in one stream, and the join takes those of one for those of another.
	MistakeMatchKey = Mistake(diagnosis.MatchKey)
	// MistakeExcluded: everything has what must be absent.
	MistakeExcluded = Mistake(diagnosis.Excluded)
	// MistakeEmpty: a stream has no elements.
	MistakeEmpty = Mistake(diagnosis.Empty)
)

// A Finding is a mistake that is behind a join that matches little, most likely, with the evidence.
type Finding struct {
	Mistake Mistake `json:"mistake"`
	// Left and Right are the streams of the join, and On is what it says.
	Left  string `json:"left"`
	Right string `json:"right"`
	On    string `json:"on"`
	// Text says what is wrong.
	Text string `json:"text"`
	// Fix is the condition that the join should have instead, and Add what else it should say, in lines of YAML; empty for
	// nothing. Where Stream isn't empty, that stream should say what Add is, in place of the join, or Command, a command
	// line, mends it once. Evidence says what the join does then. All are empty where that isn't known.
	Fix      string `json:"fix,omitempty"`
	Add      string `json:"add,omitempty"`
	Stream   string `json:"stream,omitempty"`
	Command  string `json:"command,omitempty"`
	Evidence string `json:"evidence,omitempty"`
}

// String returns the finding in some lines, the last without a line feed.
func (f Finding) String() string {
	text := fmt.Sprintf("%s with %s: %s", f.Left, f.Right, f.Text)
	if f.Fix != "" {
		text += fmt.Sprintf("\n  write  on: %q", f.Fix)
	}
	for i, line := range strings.Split(f.Add, "\n") {
		switch {
		case line == "":
		case i > 0:
			text += "\n         " + line
		default:
			text += "\n  add    " + line
		}
	}
	if f.Stream != "" {
		text += " to stream " + f.Stream
	}
	if f.Command != "" {
		text += "\n  or run " + f.Command
	}
	if f.Evidence != "" {
		text += "\n  " + f.Evidence
	}
	return text
}
