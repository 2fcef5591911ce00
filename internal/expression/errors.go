package expression

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"

	"github.com/leat-go/leat/internal/suggest"
)

// An Error says what is wrong with an expression, and where.
type Error struct {
	// Source is the expression.
	Source string
	// Offset is where the error is, in characters from the expression's start.
	Offset int
	// Line and Column are the same location, both from one.
	Line, Column int
	// Message says what is wrong.
	Message string
}

// Error returns the message with the column and the expression.
func (e *Error) Error() string {
	if e.Line > 1 {
		return fmt.Sprintf("expression %q, line %d, column %d: %s", e.Source, e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("expression %q, column %d: %s", e.Source, e.Column, e.Message)
}

// A MissingError says that an element has no member that an expression needs.
type MissingError struct {
	// Member is the member's path.
	Member string
	// Object, if it isn't nil, is the JSON object in which Path, the last steps of the member's path, leads nowhere. It is
	// looked at, for a better message, before Key or Value returns.
	Object []byte
	Path   []Step
	// Null says that the member is missing because something in front of it is null, where there is no Object.
	Null bool
	// Why says why, if it isn't empty, and what would be right.
	Why string

	hint string
}

// Error implements error.
func (e *MissingError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("member %s is missing: %s", e.Member, e.Why)
	}
	return fmt.Sprintf("member %s is missing%s", e.Member, e.hint)
}

// An ItemError says that a list has no item that an expression needs. As with a missing member, ?. and ?? provide for
// it.
type ItemError struct{ Message string }

// Error implements error.
func (e *ItemError) Error() string { return e.Message }

// behindNull reports whether what should have the member is null: then the member isn't missing, but null as well.
func (e *MissingError) behindNull() bool {
	object := e.Object
	for _, step := range e.Path {
		if string(bytes.TrimSpace(object)) == "null" {
			return true
		}
		if step.IsIndex {
			var items []json.RawMessage
			if json.Unmarshal(object, &items) != nil {
				break
			}
			at := step.Index
			if at < 0 {
				at += len(items)
			}
			if at < 0 || at >= len(items) {
				break
			}
			object = items[at]
			continue
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(object, &members) != nil {
			break
		}
		object = members[step.Name]
	}
	return e.Null
}

// isNull reports whether an expression failed because something in it is null.
func isNull(err error) bool {
	if missing, ok := errors.AsType[*MissingError](err); ok {
		return missing.behindNull()
	}
	_, ok := errors.AsType[*nullError](err)
	return ok
}

// look looks at what the object has in place of the member. The object isn't needed any more then.
func (e *MissingError) look() {
	object := e.Object
	e.Object = nil
	for i, step := range e.Path {
		if kind := kindOfJSON(object); i > 0 && !step.IsIndex && kind != "" {
			e.hint = fmt.Sprintf("; what stands before .%s is %s", step.Name, kind)
			return
		}
		var members map[string]json.RawMessage
		if step.IsIndex || json.Unmarshal(object, &members) != nil {
			return
		}
		if next, ok := members[step.Name]; ok {
			object = next
			continue
		}
		names := slices.Sorted(maps.Keys(members))
		if name := suggest.Nearest(step.Name, names); name != "" {
			names = []string{name}
		}
		if n := len(names); n > 0 && n <= maxNamed {
			e.hint = "; there is " + strings.Join(names, ", ")
		}
		return
	}
}

// kindOfJSON says what a value is that has no members; nothing of an object, and of what isn't JSON.
func kindOfJSON(value []byte) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return ""
	}
	switch value[0] {
	case 'n':
		return "null: ?. in place of . provides for that"
	case '[':
		return "a list: [0] is its first item"
	case '"':
		return "text"
	case '{':
		return ""
	}
	return "no object"
}

// newError returns an error at an offset in characters.
func newError(source string, offset int, format string, arguments ...any) *Error {
	runes := []rune(source)
	offset = max(0, min(offset, len(runes)))
	before := string(runes[:offset])
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return &Error{source, offset, line, column, fmt.Sprintf(format, arguments...)}
}

// compileError turns what expr's parser, checker or compiler returned into an Error.
func compileError(source string, err error) *Error {
	var where *file.Error
	if !errors.As(err, &where) {
		message, _, _ := strings.Cut(err.Error(), "\n")
		return newError(source, 0, "%s", message)
	}
	if token, ok := strings.CutPrefix(where.Message, "unexpected token "); ok {
		return unexpected(source, where.From, token)
	}
	return newError(source, where.From, "%s", inWords(where.Message))
}

// inWords replaces the Go types in a message of the checker.
func inWords(message string) string {
	return strings.NewReplacer(
		"map[string]interface {}", "an object", "[]interface {}", "a list", "interface {}", "a value",
		"*time.Location", "a time zone", "time.Location", "a time zone", "time.Time", "a time", "time.Duration", "a duration",
		"float64", "a number",
	).Replace(message)
}

// unexpected says that a token, given in the parser's form such as Operator("="), can't stand where it does.
func unexpected(source string, offset int, token string) *Error {
	if token == "EOF" {
		return newError(source, len([]rune(source)), "the expression ends here, but something is missing")
	}
	if _, quoted, ok := strings.Cut(token, "("); ok {
		if text, err := strconv.Unquote(strings.TrimSuffix(quoted, ")")); err == nil {
			token = text
		}
	}
	if token == "=" {
		token = "=, did you mean ==?"
	}
	return newError(source, offset, "unexpected %s", token)
}

// explain returns the checker's error about a tree in this package's words, with a suggestion for a misspelt name.
func explain(source string, root ast.Node, err error) *Error {
	e := compileError(source, err)
	finder := &nodeFinder{offset: e.Offset}
	ast.Walk(&root, finder)
	isOperation := strings.HasPrefix(e.Message, "invalid operation")
	switch {
	case isOperation && finder.operation != nil: // before the sign: the not of "not in" is found where the in is
		e.Message = finder.operation.Operator + " doesn't fit: " + sides(finder.operation)
	case isOperation && finder.sign != nil:
		e.Message = finder.sign.Operator + " doesn't fit"
		if kind := checkedKind(finder.sign.Node.Type()); kind != Unknown {
			e.Message += ": it is " + kind.String()
		}
	case strings.HasSuffix(e.Message, " in map key") && finder.operation != nil:
		e.Message = "in doesn't fit: " + sides(finder.operation) + ", whose members' names are text"
	case strings.HasSuffix(e.Message, " in array") && finder.operation != nil:
		e.Message = "in doesn't fit: " + sides(finder.operation) + ", whose items are of another kind"
	case strings.HasSuffix(e.Message, "is not callable"):
		e.Message = "what stands before the parenthesis is no function here"
	case finder.member != nil:
		explainMember(e, finder.member)
	}
	return e
}

// sides says what is known of the operands of an operation.
func sides(operation *ast.BinaryNode) string {
	var known []string
	for i, operand := range []ast.Node{operation.Left, operation.Right} {
		side, kind := []string{"left", "right"}[i], checkedKind(operand.Type())
		if _, isNil := operand.(*ast.NilNode); isNil {
			kind = Null
		}
		if kind != Unknown {
			known = append(known, side+" is "+kind.String())
		}
	}
	return strings.Join(known, ", ")
}

// explainMember improves an error about the access to a member.
func explainMember(e *Error, member *ast.MemberNode) {
	property, ok := member.Property.(*ast.StringNode)
	if !ok {
		if strings.HasPrefix(e.Message, "cannot use int to get an element from") {
			e.Message = fmt.Sprintf("%s is one element and no list", member.Node)
		}
		return
	}
	name, list := property.Value, member.Node
	switch base := list.Nature(); {
	case isRecordType(list.Type()):
		e.Message = fmt.Sprintf("a record has no %s, but %s%s", name, strings.Join(recordMembers, ", "),
			suggest.Name(name, recordMembers))
	case isRecordKey(list):
		e.Message = fmt.Sprintf("%s is text, which has no %s, since nothing says what keys are: key: {format: avro} at the "+
			"stream does, or protobuf or json; of a text that is JSON write fromJSON(%[1]s).%[2]s", list, name)
	case list.Type() != nil && checkedKind(list.Type()) == Text:
		e.Message = fmt.Sprintf("%s is text, which has no %s", list, name)
	case strings.HasPrefix(e.Message, "array elements can only be selected"):
		e.Message = fmt.Sprintf("%s is a list: write %s[0].%s for its first item", list, list, name)
	case strings.HasPrefix(e.Message, "unknown field") && base.TypeData != nil:
		var names []string
		for field := range base.Fields {
			names = append(names, field)
		}
		e.Message = fmt.Sprintf("unknown field %s%s", name, suggest.Name(name, names))
	}
}

// isRecordKey reports whether a node is the key of a record.
func isRecordKey(n ast.Node) bool {
	member, ok := n.(*ast.MemberNode)
	if !ok {
		return false
	}
	property, ok := member.Property.(*ast.StringNode)
	return ok && property.Value == "key" && isRecordType(member.Node.Type())
}

// nodeFinder finds the operation, or the access to a member, that an error at an offset is about.
type nodeFinder struct {
	offset    int
	operation *ast.BinaryNode
	sign      *ast.UnaryNode
	member    *ast.MemberNode
}

// Visit implements ast.Visitor.
func (f *nodeFinder) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Location().From == f.offset {
			f.operation = n
		}
	case *ast.UnaryNode:
		if n.Location().From == f.offset {
			f.sign = n
		}
	case *ast.MemberNode:
		if n.Property.Location().From == f.offset {
			f.member = n
		}
	}
}

// maxNamed is how many names a message lists where none is close to a misspelt one.
const maxNamed = 8

// nameChecker finds the first name that is neither the scope's, nor a variable, nor a function.
type nameChecker struct {
	source string
	known  map[string]bool
	// declare is set in the first pass, which collects the variables.
	declare bool
	err     *Error
}

func checkNames(source string, root ast.Node, names []string) *Error {
	checker := &nameChecker{source: source, known: map[string]bool{}, declare: true}
	for _, name := range names {
		checker.known[name] = true
	}
	ast.Walk(&root, checker)
	checker.declare = false
	ast.Walk(&root, checker)
	return checker.err
}

// Visit implements ast.Visitor.
func (c *nameChecker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.VariableDeclaratorNode:
		if c.declare {
			c.known[n.Name] = true
		}
	case *ast.IdentifierNode:
		_, isFunction := builtin.Index[n.Value]
		_, isOurs := ownFunctions()[n.Value]
		if c.declare || c.err != nil || c.known[n.Value] || isFunction || isOurs {
			return
		}
		if n.Value == "$env" {
			c.err = newError(c.source, n.Location().From, "there is no $env here: names stand for themselves")
			return
		}
		var candidates []string
		for name := range c.known {
			candidates = append(candidates, name)
		}
		hint := suggest.Name(n.Value, slices.Concat(candidates, builtin.Names, []string{"epoch", "record"}))
		if hint == "" && len(candidates) <= maxNamed {
			slices.Sort(candidates)
			hint = ": there is " + strings.Join(candidates, ", ")
		}
		c.err = newError(c.source, n.Location().From, "unknown name %s%s", n.Value, hint)
	}
}
