package avro

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/leat-go/leat/internal/jsontree"
)

// An inference finds out the schema of results, by the first of them.
type inference struct {
	root kindOf
	rows int
}

// A kindOf is what is known of a member's values: their kind, and what is in them. All may be null.
type kindOf struct {
	kind jsontree.Kind
	// whole says that all numbers are whole ones of 64 bits.
	whole   bool
	names   []string
	members map[string]*kindOf
	items   *kindOf
}

func newInference(names []string) *inference {
	in := &inference{root: kindOf{kind: jsontree.Object}}
	for _, name := range names {
		in.root.member(name)
	}
	return in
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

// add looks at a result.
func (in *inference) add(object []byte) error {
	in.rows++
	value, err := jsontree.Parse(object)
	if err != nil {
		return err
	}
	return in.root.add(&value, fmt.Sprintf("row %d", in.rows))
}

func (k *kindOf) add(v *jsontree.Value, at string) error {
	if v.Kind == jsontree.Null {
		return nil
	}
	if k.kind == jsontree.Null {
		k.kind, k.whole = v.Kind, true
	}
	if k.kind != v.Kind {
		return fmt.Errorf("%s is %s, and was %s before: Avro gives each member one type; write it as JSON, or emit it as one",
			at, v.Kind, k.kind)
	}
	switch v.Kind {
	case jsontree.Number:
		_, err := strconv.ParseInt(string(v.Raw), 10, 64)
		k.whole = k.whole && err == nil
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
			m := &v.Members[i]
			if !isName(m.Name) {
				return fmt.Errorf("%s: a name in Avro has letters, digits and _ only, and begins with no digit, so that the "+
					"member %q can't be written: emit it under another name", at, m.Name)
			}
			if err := k.member(m.Name).add(&m.Value, at+": "+m.Name); err != nil {
				return err
			}
		}
	case jsontree.Null, jsontree.Bool, jsontree.Text:
	}
	return nil
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isName(text string) bool { return name.MatchString(text) }

// schema returns the schema as JSON.
func (in *inference) schema() (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(in.root.record("result"))
	return string(bytes.TrimSpace(text.Bytes())), err
}

type field struct {
	Name    string `json:"name"`
	Type    any    `json:"type"`
	Default any    `json:"default"`
}

// record returns the schema of an object; path tells the names of records apart.
func (k *kindOf) record(path string) any {
	fields := []field{}
	for _, name := range k.names {
		fields = append(fields, field{Name: name, Type: []any{"null", k.members[name].schema(path + "_" + name)}})
	}
	for i := range fields {
		if fields[i].Type.([]any)[1] == "null" {
			fields[i].Type = "null" // no result had a value
		}
	}
	return map[string]any{"type": "record", "name": path, "fields": fields}
}

func (k *kindOf) schema(path string) any {
	switch k.kind {
	case jsontree.Bool:
		return "boolean"
	case jsontree.Number:
		if k.whole {
			return "long"
		}
		return "double"
	case jsontree.Text:
		return "string"
	case jsontree.List:
		item := k.items.schema(path)
		if item != "null" {
			item = []any{"null", item}
		}
		return map[string]any{"type": "array", "items": item}
	case jsontree.Object:
		return k.record(path)
	case jsontree.Null:
	}
	return "null"
}
