package object

import (
	"fmt"

	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// CompileCondition compiles a condition over the members of one stream's elements, each by its own name, as in
// [CompileMemberKey]. What it is evaluated over is an [*Object] of the codec that has these members. Errors are of type
// [*expression.Error], or about the condition as a whole.
func CompileCondition(text string, members *rawjson.Paths, records *Records) (*expression.Program, error) {
	names, err := membersIn(text)
	if err != nil {
		return nil, err
	}
	asked := records.forOne()
	program, err := expression.Compile(text, ownScope{names, members, asked})
	if err != nil {
		return nil, err
	}
	if err := program.CheckCondition(); err != nil {
		return nil, err
	}
	if asked.noteIn(records); len(names) == 0 && (asked == nil || !asked.Asked) {
		return nil, fmt.Errorf("%s is the same for all elements: name a member of theirs, as in kind == 'quote'", program)
	}
	return program, nil
}

// ownScope lets an expression use the members of an object by their own names. The environment is an [*Object].
type ownScope struct {
	names   types.Map
	members *rawjson.Paths
	records *Records
}

// Types implements [expression.Scope].
func (s ownScope) Types() types.Map { return s.names }

// Field implements [expression.Scope].
func (s ownScope) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	member := withoutWhole(path)
	return memberGetter(s.members, member, expression.PathString(member)), len(path), nil
}

// Raw implements [expression.Rawer].
func (s ownScope) Raw(path []expression.Step) func(env any) (raw []byte, ok bool) {
	return memberRaw(s.members, path)
}
