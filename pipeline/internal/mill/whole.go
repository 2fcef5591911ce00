package mill

import (
	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/format"
)

// This file finds out what emit says of the types of results.

// resultMembers returns what is known of the members of results; nil where joined elements are written.
func (m *Mill) resultMembers() (members []format.Member) {
	for _, member := range m.Emit {
		numbers := numbersOf(member.Program)
		members = append(members, format.Member{Name: member.Name, Kind: member.Program.Kind(),
			IsWhole: numbers == whole, IsFraction: numbers == fractions})
	}
	return members
}

// A numbers says which numbers an expression may give.
type numbers uint8

const (
	// anyNumbers says that it depends on the elements.
	anyNumbers numbers = iota
	// whole says that all are whole.
	whole
	// fractions says that some have decimals, in all likelihood: quotients and roots have.
	fractions
)

// functionsOfNumbers are what functions give, whatever they take.
var functionsOfNumbers = map[string]numbers{
	"len": whole, "count": whole, "int": whole, "floor": whole, "ceil": whole, "indexOf": whole, "lastIndexOf": whole,
	"findIndex": whole, "findLastIndex": whole, "bitand": whole, "bitor": whole, "bitxor": whole, "bitnand": whole,
	"bitnot": whole, "bitshl": whole, "bitshr": whole, "bitushr": whole, "mean": fractions, "median": fractions,
	"float": fractions,
}

// numbersOf returns the numbers that an expression may give.
func numbersOf(p *expression.Program) numbers {
	root, err := expression.Parse(p.String())
	if err != nil {
		return anyNumbers
	}
	return numbersIn(root)
}

func numbersIn(node ast.Node) numbers {
	switch n := node.(type) {
	case *ast.IntegerNode:
		return whole
	case *ast.FloatNode:
		return fractions
	case *ast.UnaryNode:
		return numbersIn(n.Node)
	case *ast.BinaryNode:
		return numbersOfOperator(n)
	case *ast.ConditionalNode:
		return either(numbersIn(n.Exp1), numbersIn(n.Exp2))
	case *ast.BuiltinNode:
		return numbersOfCall(n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return numbersOfCall(callee.Value, n.Arguments)
		}
	case *ast.MemberNode:
		return numbersOfRecord(n)
	}
	return anyNumbers
}

func numbersOfOperator(n *ast.BinaryNode) numbers {
	switch n.Operator {
	case "+", "-", "*", "%":
		return either(numbersIn(n.Left), numbersIn(n.Right))
	case "/", "**", "^":
		return fractions
	case "??":
		if left, right := numbersIn(n.Left), numbersIn(n.Right); left == right {
			return left
		}
	}
	return anyNumbers
}

// either returns the numbers that are of one kind or another.
func either(a, b numbers) numbers {
	switch {
	case a == fractions || b == fractions:
		return fractions
	case a == whole && b == whole:
		return whole
	}
	return anyNumbers
}

func numbersOfCall(name string, arguments []ast.Node) numbers {
	switch name {
	case "abs", "min", "max", "round":
		if name == "round" && len(arguments) == 1 {
			return whole
		}
		all := whole
		for _, argument := range arguments {
			if all = either(all, numbersIn(argument)); all == anyNumbers {
				return all
			}
		}
		return all
	}
	return functionsOfNumbers[name]
}

// numbersOfRecord is about the members of records that are numbers.
func numbersOfRecord(n *ast.MemberNode) numbers {
	name, isText := n.Property.(*ast.StringNode)
	call, isCall := n.Node.(*ast.CallNode)
	if !isText || !isCall || name.Value != "partition" && name.Value != "offset" {
		return anyNumbers
	}
	if callee, ok := call.Callee.(*ast.IdentifierNode); ok && callee.Value == "record" {
		return whole
	}
	return anyNumbers
}
