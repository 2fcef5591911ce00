package avrojson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/leat-go/leat/internal/jsontree"
)

// An Inference finds out which schema holds results, by what they hold: whole numbers of 64 bits are long, others double, and
// every member may be null. What it has said of some results holds them still when more have been added, since a type is only
// ever widened. It is used by one goroutine.
type Inference struct {
	name     string
	root     kindOf
	declared map[string]any
}

// A kindOf is what is known of a member's values: their kind, and what is in them. All may be null.
type kindOf struct {
	kind jsontree.Kind
	// fraction says that some number is no whole one of 64 bits.
	fraction bool
	names    []string
	members  map[string]*kindOf
	items    *kindOf
}

// NewInference returns one that knows nothing but what the record is called and the names of its first members.
func NewInference(name string, members []string) *Inference {
	in := &Inference{name: name, root: kindOf{kind: jsontree.Object}, declared: map[string]any{}}
	for _, member := range members {
		in.root.member(member)
	}
	return in
}

// Know says that there is a member of a name.
func (in *Inference) Know(member string) { in.root.member(member) }

// Declare says of which type a member is, as what JSON of a schema is made of. What it holds says nothing then.
func (in *Inference) Declare(member string, schema any) {
	in.root.member(member)
	in.declared[member] = schema
}

// Clone returns a copy.
func (in *Inference) Clone() *Inference {
	clone := *in
	clone.root = *in.root.clone()
	return &clone
}

func (k *kindOf) clone() *kindOf {
	clone := *k
	clone.names, clone.members = slices.Clone(k.names), maps.Clone(k.members)
	for name, m := range clone.members {
		clone.members[name] = m.clone()
	}
	if k.items != nil {
		clone.items = k.items.clone()
	}
	return &clone
}

func (k *kindOf) member(name string) *kindOf {
	if k.members == nil {
		k.members = map[string]*kindOf{}
	}
	m := k.members[name]
	if m == nil {
		m = &kindOf{}
		k.members[name] = m
		k.names = append(k.names, name)
	}
	return m
}

// Add looks at a result, which messages call at.
func (in *Inference) Add(object []byte, at string) error {
	value, err := jsontree.Parse(object)
	if err != nil {
		return err
	}
	if value.Kind != jsontree.Object {
		return fmt.Errorf("%s is %s, and records of Avro are made of objects", at, value.Kind)
	}
	for i := range value.Members {
		if _, isDeclared := in.declared[value.Members[i].Name]; isDeclared {
			continue
		}
		if err := in.root.addMember(&value.Members[i], at); err != nil {
			return err
		}
	}
	return nil
}

func (k *kindOf) add(v *jsontree.Value, at string) error {
	if v.Kind == jsontree.Null {
		return nil
	}
	if k.kind == jsontree.Null {
		k.kind = v.Kind
	}
	if k.kind != v.Kind {
		return fmt.Errorf("%s is %s, and was %s before: Avro gives each member one type; write it as JSON, or emit it as one",
			at, v.Kind, k.kind)
	}
	switch v.Kind {
	case jsontree.Number:
		_, err := strconv.ParseInt(string(v.Raw), 10, 64)
		k.fraction = k.fraction || err != nil
	case jsontree.List:
		if k.items == nil {
			k.items = &kindOf{}
		}
		for i := range v.Items {
			if err := k.items.add(&v.Items[i], fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case jsontree.Object:
		for i := range v.Members {
			if err := k.addMember(&v.Members[i], at); err != nil {
				return err
			}
		}
	case jsontree.Null, jsontree.Bool, jsontree.Text:
	}
	return nil
}

func (k *kindOf) addMember(m *jsontree.Member, at string) error {
	if !IsName(m.Name) {
		return fmt.Errorf("%s: a name in Avro has letters, digits and _ only, and begins with no digit, so that the "+
			"member %q can't be written: emit it under another name", at, m.Name)
	}
	return k.member(m.Name).add(&m.Value, at+": "+m.Name)
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// IsName reports whether Avro takes a text as a name.
func IsName(text string) bool { return name.MatchString(text) }

// Schema returns the schema as JSON.
func (in *Inference) Schema() (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(in.root.record(in.name, in.declared))
	return string(bytes.TrimSpace(text.Bytes())), err
}

type inferredField struct {
	Name string `json:"name"`
	Type any    `json:"type"`
	// Default is null; nil for none.
	Default *json.RawMessage `json:"default,omitempty"`
}

// record returns the schema of an object; path tells the names of records apart.
func (k *kindOf) record(path string, declared map[string]any) any {
	null := json.RawMessage("null")
	fields := []inferredField{}
	for _, name := range k.names {
		if schema, isDeclared := declared[name]; isDeclared {
			f := inferredField{Name: name, Type: schema}
			if union, ok := schema.([]any); ok && len(union) > 0 && union[0] == "null" {
				f.Default = &null
			}
			fields = append(fields, f)
			continue
		}
		schema := k.members[name].schema(path + "_" + name)
		if schema != "null" { // else no result had a value
			schema = []any{"null", schema}
		}
		fields = append(fields, inferredField{name, schema, &null})
	}
	return map[string]any{"type": "record", "name": path, "fields": fields}
}

func (k *kindOf) schema(path string) any {
	switch k.kind {
	case jsontree.Bool:
		return "boolean"
	case jsontree.Number:
		if k.fraction {
			return "double"
		}
		return "long"
	case jsontree.Text:
		return "string"
	case jsontree.List:
		item := k.items.schema(path)
		if item != "null" {
			item = []any{"null", item}
		}
		return map[string]any{"type": "array", "items": item}
	case jsontree.Object:
		return k.record(path, nil)
	case jsontree.Null:
	}
	return "null"
}
