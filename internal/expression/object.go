package expression

import (
	"encoding/json"
	"fmt"
)

// A list is what a list is once an expression has looked into it or made it. It is never changed once it is a value.
type list []Value

// An object is the same for an object: its members in order. It is never changed once it is a value.
type object struct {
	names  []string
	values []Value
	// index has the positions of the names, where there are more than a few.
	index map[string]int
}

// fewMembers is how many are looked through one by one.
const fewMembers = 8

// ListValue returns a list of values, and keeps it.
func ListValue(items []Value) Value { return Value{kind: Other, ref: list(items)} }

func objectValue(o *object) Value { return Value{kind: Other, ref: o} }

func (o *object) find(name string) int {
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i, other := range o.names {
		if other == name {
			return i
		}
	}
	return -1
}

// set sets a member: a new one at the end, others where they are.
func (o *object) set(name string, value Value) {
	if i := o.find(name); i >= 0 {
		o.values[i] = value
		return
	}
	o.names, o.values = append(o.names, name), append(o.values, value)
	switch {
	case o.index != nil:
		o.index[name] = len(o.names) - 1
	case len(o.names) > fewMembers:
		o.index = map[string]int{}
		for i, name := range o.names {
			o.index[name] = i
		}
	}
}

// items returns the items of a list, which must not be changed; false where the value is none.
func (v Value) items() (list, bool) {
	switch x := v.ref.(type) {
	case list:
		return x, true
	case json.RawMessage:
		if x[0] != '[' {
			return nil, false
		}
		items := make(list, 0, 8)
		eachItem(x, func(item []byte) { items = append(items, ValueOfJSON(item)) })
		return items, true
	}
	return nil, false
}

// members returns an object's members, which must not be changed; false where the value is none.
func (v Value) members() (*object, bool) {
	switch x := v.ref.(type) {
	case *object:
		return x, true
	case json.RawMessage:
		if x[0] != '{' {
			return nil, false
		}
		o := &object{}
		eachMember(x, func(name, value []byte) { o.set(Unquote(name), ValueOfJSON(value)) })
		return o, true
	}
	return nil, false
}

func (v Value) isList() bool {
	switch x := v.ref.(type) {
	case list:
		return true
	case json.RawMessage:
		return x[0] == '['
	}
	return false
}

func (v Value) isObject() bool {
	switch x := v.ref.(type) {
	case *object:
		return true
	case json.RawMessage:
		return x[0] == '{'
	}
	return false
}

// member returns an object's member; false where there is none.
func (v Value) member(name string) (Value, bool) {
	switch x := v.ref.(type) {
	case *object:
		if i := x.find(name); i >= 0 {
			return x.values[i], true
		}
	case json.RawMessage:
		if raw := memberOf(x, name); raw != nil {
			return ValueOfJSON(raw), true
		}
	}
	return Value{}, false
}

// name returns the name of the member that a value stands for: JSON knows only texts.
func (v Value) name() (string, bool) {
	switch v.kind {
	case Text:
		return v.text, true
	case Bool, Number:
		if v.kind == Number && (v.form == beyond || !v.finite()) {
			return "", false
		}
		// 1.0 and 1 are one number, and so one name.
		v.text, v.written = "", false
		text, err := v.AppendJSON(nil)
		return string(text), err == nil
	}
	return "", false
}

// describe says what a value is, as it reads behind "is" in a message.
func (v Value) describe() string {
	switch {
	case v.kind != Other:
		return v.kind.String()
	case v.isList():
		return "a list"
	case v.isObject():
		return "an object"
	}
	if raw, ok := v.ref.(json.RawMessage); ok {
		return ValueOfJSON(raw).describe()
	}
	return "no value of JSON"
}

// string returns a value as text, as expr's function string does.
func (v Value) string() (string, error) {
	switch v.kind {
	case Text:
		return v.text, nil
	case Null:
		return "<nil>", nil
	case Time, Duration:
		return fmt.Sprint(v.native()), nil
	}
	text, err := v.AppendJSON(nil)
	return string(text), err
}
