package expression

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// This file has the functions that are ours: those that expr doesn't have, or has otherwise.

// An ownFunction is one of them, as the checker sees it and as it is compiled.
type ownFunction struct {
	// check returns the type of the results for those of the arguments.
	check   func(arguments []reflect.Type) (reflect.Type, error)
	compile func(c *compiler, n *ast.CallNode) node
}

// ownFunctions returns them by their names.
func ownFunctions() map[string]ownFunction {
	return map[string]ownFunction{
		"date":     {checkDate, (*compiler).date},
		"duration": {checkDuration, (*compiler).duration},
		"epoch":    {checkEpoch, (*compiler).epoch},
		"record":   {checkRecord, (*compiler).bareRecord},
		"now":      {refuseNow, nil},
	}
}

// configOf returns what the parser and the checker go by.
func configOf(scope Scope) *conf.Config {
	config := conf.New(scope.Types())
	for name, f := range ownFunctions() {
		if typed, ok := scope.(TypedKeys); ok && name == "record" && typed.HasTypedKeys() {
			f.check = checkTypedRecord
		}
		declared := &builtin.Function{Name: name, Validate: f.check, Func: func(...any) (any, error) {
			return nil, errors.New("it is evaluated elsewhere")
		}}
		// A call goes by the second name, since a member may have the first.
		config.Functions[name], config.Functions[hiddenName(name)] = declared, declared
	}
	return config
}

func hiddenName(function string) string { return function + "()" }

// ownCalls gives calls of our functions another name while expr's checker looks at them, where a member's of the same
// name would come first.
type ownCalls struct{ callees []*ast.IdentifierNode }

// Visit implements ast.Visitor.
func (o *ownCalls) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if _, isOurs := ownFunctions()[nameOf(callee, ok)]; isOurs {
		o.callees = append(o.callees, callee)
	}
}

func nameOf(n *ast.IdentifierNode, ok bool) string {
	if !ok {
		return ""
	}
	return n.Value
}

func (o *ownCalls) hide() {
	for _, callee := range o.callees {
		callee.Value = hiddenName(callee.Value)
	}
}

func (o *ownCalls) restore() {
	for _, callee := range o.callees {
		callee.Value = callee.Value[:len(callee.Value)-len(hiddenName(""))]
	}
}

// own compiles a call of one of our functions; false for others.
func (c *compiler) own(n *ast.CallNode) (node, bool) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	fn, ok := ownFunctions()[nameOf(callee, ok)]
	if !ok {
		return node{}, false
	}
	return fn.compile(c, n), true
}

// textOr accepts arguments that may be texts, or of one of some types; what is nil isn't known.
func textOr(argument reflect.Type, types ...reflect.Type) bool {
	if argument == nil || argument.Kind() == reflect.Interface || argument.Kind() == reflect.String {
		return true
	}
	for _, t := range types {
		if argument == t {
			return true
		}
	}
	return false
}

func isNumberType(t reflect.Type) bool { return t != nil && kindOf(t) == Number }

// argumentCount returns an error for a number of arguments that isn't right.
func argumentCount(arguments []reflect.Type, least, most int, usage string) error {
	if count := len(arguments); count < least || count > most {
		return fmt.Errorf("%s, and not %d arguments", usage, count)
	}
	return nil
}

func refuseNow([]reflect.Type) (reflect.Type, error) {
	return nil, errors.New("now is refused: a run must be reproducible, and what it says would differ each time. " +
		`Write a fixed instant, date("2026-11-27T10:00:00Z"), or the time of the record, record(…).time`)
}

// typeOfArgument says what an argument is, as far as its type tells.
func typeOfArgument(t reflect.Type) string {
	if t == reflect.TypeFor[*time.Location]() {
		return "a time zone"
	}
	return checkedKind(t).String()
}

// folded returns a node with an evaluation, or with the constant that it is where all of its parts are.
func (c *compiler) folded(n ast.Node, eval func(f *frame) (Value, error), parts operands) node {
	for _, part := range parts {
		if part.constant == nil {
			return node{eval: eval, source: n.String()}
		}
	}
	v, err := eval(&frame{})
	if err != nil {
		return c.fail(n, "%v", err)
	}
	return constantNode(v, n)
}
