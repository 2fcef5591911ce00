package expression

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/broker"
)

// This file has record, which is the record that an element came in: record(prev).offset. It takes a path to an element,
// not its value: values know nothing of records, so that who doesn't ask pays nothing.

// A Record is the record that an element came in.
type Record struct {
	*broker.Record
	Partition int
	// DecodeKey returns a key as JSON; nil for keys that are text.
	DecodeKey func(key []byte) ([]byte, error)
}

// A Recorder is a Scope that knows the records that elements came in.
type Recorder interface {
	// Record returns what reads the record of the element that a path leads to; without a path that of the only element
	// there is. member is the member of the record that is used, and empty for all of it: it is an error where the records
	// of the stream can't have it. The record is nil where there is no element.
	Record(path []Step, member string) (get func(env any) (Record, error), err error)
	// RecordOf is Record for the elements of the list that a path leads to, each given by its index.
	RecordOf(path []Step, member string) (get func(env any, index int) (Record, error), err error)
}

// A TypedKeys is a Recorder whose records may have keys that aren't text. It need not be implemented where all are.
type TypedKeys interface {
	// HasTypedKeys reports whether the keys of some of the records have a format.
	HasTypedKeys() bool
}

// recordType is what the checker knows of a record.
type recordType struct {
	Key       string            `expr:"key"`
	Time      time.Time         `expr:"time"`
	Headers   map[string]string `expr:"headers"`
	Partition int               `expr:"partition"`
	Offset    int64             `expr:"offset"`
}

// typedRecordType is recordType where keys may be anything.
type typedRecordType struct {
	Key       any               `expr:"key"`
	Time      time.Time         `expr:"time"`
	Headers   map[string]string `expr:"headers"`
	Partition int               `expr:"partition"`
	Offset    int64             `expr:"offset"`
}

// isRecordType reports whether a type is that of records.
func isRecordType(t reflect.Type) bool {
	return t == reflect.TypeFor[recordType]() || t == reflect.TypeFor[typedRecordType]()
}

var recordMembers = []string{"key", "time", "headers", "partition", "offset"}

const recordUsage = "record takes an element by its name, as in record(prev).offset or record(next[0]).time, or # where a " +
	"list is gone along, as in map(next, record(#).offset)"

func checkRecord(arguments []reflect.Type) (reflect.Type, error) {
	return reflect.TypeFor[recordType](), argumentCount(arguments, 0, 1, recordUsage)
}

func checkTypedRecord(arguments []reflect.Type) (reflect.Type, error) {
	return reflect.TypeFor[typedRecordType](), argumentCount(arguments, 0, 1, recordUsage)
}

// recordMember returns a member of a record; the record itself where the name is empty.
func recordMember(r Record, name, source string) (Value, error) {
	if r.Record == nil {
		return NullValue(), nil
	}
	switch name {
	case "key":
		return recordKey(r, source)
	case "time":
		if r.Time.IsZero() {
			return NullValue(), nil
		}
		return ValueOf(r.Time), nil
	case "partition":
		return IntValue(int64(r.Partition)), nil
	case "offset":
		return IntValue(r.StoredOffset()), nil
	case "headers":
		headers := &object{}
		for _, h := range r.Headers {
			v, err := textOfBytes(h.Value, fmt.Sprintf("%s[%q]", source, h.Key))
			if err != nil {
				return Value{}, err
			}
			headers.set(h.Key, v)
		}
		return objectValue(headers), nil
	}
	whole := &object{}
	for _, member := range recordMembers {
		v, err := recordMember(r, member, source+"."+member)
		if err != nil {
			return Value{}, err
		}
		whole.set(member, v)
	}
	return objectValue(whole), nil
}

// recordKey returns the key of a record: as its format has it, or as text.
func recordKey(r Record, source string) (Value, error) {
	if r.Key == nil || r.DecodeKey == nil {
		return textOfBytes(r.Key, source)
	}
	raw, err := r.DecodeKey(r.Key)
	if err != nil {
		return Value{}, fmt.Errorf("%s: %w", source, err)
	}
	return ValueOfJSON(raw), nil
}

// recordHeader returns the last header of a name.
func recordHeader(r Record, name, source string) (Value, error) {
	if r.Record == nil {
		return NullValue(), nil
	}
	var names []string
	for i := len(r.Headers) - 1; i >= 0; i-- {
		if r.Headers[i].Key == name {
			return textOfBytes(r.Headers[i].Value, source)
		}
		names = append(names, fmt.Sprintf("%q", r.Headers[i].Key))
	}
	why := "the record has no headers"
	if len(names) > maxNamed {
		why = fmt.Sprintf("the record has %d other headers", len(names))
	} else if len(names) > 0 {
		why = "the record has the headers " + strings.Join(names, ", ")
	}
	return Value{}, &MissingError{Member: source, Why: why + "; ?? provides for that"}
}

func textOfBytes(b []byte, source string) (Value, error) {
	if b == nil {
		return NullValue(), nil
	}
	if !utf8.Valid(b) {
		return Value{}, fmt.Errorf("%s is no text: it has bytes that aren't UTF-8", source)
	}
	return TextValue(string(b)), nil
}

// record compiles what begins with a call of record; false for everything else.
func (c *compiler) record(n ast.Node, use usage) (node, bool) {
	var call *ast.CallNode
	path, nodes := pathOf(n, func(n ast.Node) (string, bool) {
		found, ok := n.(*ast.CallNode)
		if !ok {
			return "", false
		}
		callee, ok := found.Callee.(*ast.IdentifierNode)
		call = found
		return "record", ok && callee.Value == "record"
	})
	if len(path) == 0 || len(path) > 3 || len(path) == 3 && path[1].Name != "headers" || path[len(path)-1].IsIndex {
		return node{}, false
	}
	member := ""
	if len(path) > 1 {
		member = path[1].Name
	}
	for _, n := range nodes {
		use.optional = use.optional || n.Optional
	}
	get, err := c.recordOf(call, member, use.optional || len(path) == 1)
	if err != nil {
		return c.fail(call, "%v", err), true
	}
	source := n.String()
	return node{source: source, eval: func(f *frame) (Value, error) {
		r, err := get(f)
		var v Value
		switch {
		case err != nil:
		case len(path) == 3:
			v, err = recordHeader(r, path[2].Name, source)
		default:
			v, err = recordMember(r, member, source)
		}
		if use.optional && isMissing(err) {
			return NullValue(), nil
		}
		return v, err
	}}, true
}

// bareRecord compiles a call of record that record hasn't taken.
func (c *compiler) bareRecord(n *ast.CallNode) node {
	return c.fail(n, "%s", recordUsage)
}

// recordOf returns what reads the record that a call of record is about. optional says that the expression provides for
// an element that isn't there.
func (c *compiler) recordOf(call *ast.CallNode, member string, optional bool) (func(f *frame) (Record, error), error) {
	recorder, ok := c.scope.(Recorder)
	if !ok {
		return nil, errors.New("record is known in pipeline files only: a key in Go is made of the fields of its " +
			"element, whatever record that came in")
	}
	if len(call.Arguments) == 0 {
		get, err := recorder.Record(nil, member)
		return func(f *frame) (Record, error) { return get(f.env) }, err
	}
	if pointer, ok := call.Arguments[0].(*ast.PointerNode); ok && pointer.Name == "" && len(c.along) > 0 {
		index := c.names["#index"]
		get, err := recorder.RecordOf(c.along, member)
		return func(f *frame) (Record, error) { return get(f.env, int(f.slots[index].int())) }, err
	}
	path, nodes := pathOf(call.Arguments[0], c.isName)
	if len(path) == 0 {
		return nil, errors.New(recordUsage)
	}
	for _, n := range nodes {
		optional = optional || n.Optional
	}
	if err := c.misuse(append(path[:len(path):len(path)], Step{Name: "record"}), false, optional); err != nil {
		return nil, err
	}
	get, err := recorder.Record(path, member)
	return func(f *frame) (Record, error) { return get(f.env) }, err
}
