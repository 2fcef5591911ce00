package schemas_test

import (
	"fmt"
	"reflect"

	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/schemas"
)

// folder is a registry whose schemas are known beforehand, in files for example: an id is a place in the list.
type folder []schemas.Schema

func (f folder) SchemaByID(id int) (schemas.Schema, error) {
	if id >= len(f) {
		return schemas.Schema{}, fmt.Errorf("there is no schema %d", id)
	}
	return f[id], nil
}

func (f folder) Lookup(subject string, schema schemas.Schema) (schemas.Registered, error) {
	for id, s := range f {
		if s.Text == schema.Text {
			return schemas.Registered{Schema: s, Subject: subject, Version: 1, ID: id}, nil
		}
	}
	return schemas.Registered{}, fmt.Errorf("there is no such schema under %q: %s", subject, schema.Text)
}

func (f folder) Register(subject string, schema schemas.Schema) (int, error) {
	found, err := f.Lookup(subject, schema)
	return found.ID, err
}

func (f folder) Latest(subject string) (schemas.Registered, error) {
	return f.Lookup(subject, f[len(f)-1])
}

func (f folder) Version(subject string, _ int) (schemas.Registered, error) { return f.Latest(subject) }

// A registry of one's own: here a list of schemas.
func ExampleRegistry() {
	c := avro.Codec(avro.Registry(folder{{Type: schemas.Avro, Text: `"string"`}, {Type: schemas.Avro, Text: `"long"`}}),
		avro.Subject("times"), avro.UseLatest())
	encode, err := c.Encoder(reflect.TypeFor[int64]())
	if err != nil {
		fmt.Println(err)
		return
	}
	time := int64(10)
	record, err := encode(nil, &time)
	fmt.Printf("% x %v\n", record, err)
	_, err = c.Encoder(reflect.TypeFor[bool]())
	fmt.Println(err)
	// Output:
	// 00 00 00 00 01 14 <nil>
	// the latest schema of subject "times": Avro's long and Go's bool don't go together
}
