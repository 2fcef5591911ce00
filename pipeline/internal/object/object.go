// Package object has the elements of streams whose members no Go type declares: JSON objects, kept as they were
// written, and how expressions get at their members.
package object

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// An Object is an element of a stream: a JSON object, and where in it the members lie that expressions name.
type Object struct {
	// Raw is the object as it was written.
	Raw []byte
	// Written is what a pipeline file says of the record that a result becomes; nil where it says nothing.
	Written *Written
	// few holds the spans where that suffices, which saves an allocation for most elements; more does otherwise.
	few  [6]rawjson.Span
	more []rawjson.Span
	// record is what it came in, see CameIn; nil where nobody asks, or it came in none.
	record *expression.Record
}

// A Written is the key and the time of a record that a result becomes, as far as a pipeline file says which.
type Written struct {
	Key  []byte
	Time time.Time
}

// Member returns a member as it is written, nil if it is missing. Its number is what [rawjson.Paths.Add] returned for
// it.
func (o *Object) Member(number int) []byte {
	span := rawjson.Span{}
	if o.more != nil {
		span = o.more[number]
	} else {
		span = o.few[number]
	}
	if span.End == 0 {
		return nil
	}
	return o.Raw[span.Start:span.End]
}

// MarshalJSON implements [json.Marshaler]: whoever looks at a run sees the object as it was written.
func (o *Object) MarshalJSON() ([]byte, error) { return o.Raw, nil }

// A Codec is the codec of one stream's objects. It implements [codec.Codec].
type Codec struct {
	members  *rawjson.Paths
	children []child
	// values is the codec of records that aren't JSON; nil for those that are.
	values codec.Codec
}

// Of returns the codec for objects whose records another codec makes JSON of, see [json.RawMessage], and for nil for
// objects that are JSON in their records, too.
func (c Codec) Of(values codec.Codec) Codec {
	c.values = values
	return c
}

// child is the name that the matches of a joined stream get in the joined element, and the number of the member that
// elements must not have because of that.
type child struct {
	name   string
	number int
}

// NewCodec returns the codec of a stream of whose elements expressions name these members, and to which the children
// are joined.
func NewCodec(members *rawjson.Paths, children ...string) Codec {
	c := Codec{members: members}
	for _, name := range children {
		c.children = append(c.children, child{name, members.Add([]expression.Step{{Name: name}})})
	}
	return c
}

// Decoder implements [codec.Codec].
func (c Codec) Decoder(reflect.Type) (codec.Decode, error) {
	if c.values == nil {
		return c.decode, nil
	}
	decode, err := c.values.Decoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		return nil, err
	}
	return func(data []byte, into any) error {
		var raw json.RawMessage
		if err := decode(data, &raw); err != nil {
			return err
		}
		err := c.decode(raw, into)
		if where := (*codec.Error)(nil); errors.As(err, &where) {
			return &codec.Error{Offset: -1, Field: where.Field, Err: where.Err} // its bytes stand nowhere
		}
		return err
	}, nil
}

func (c Codec) decode(data []byte, into any) error {
	o := into.(*Object)
	form, err := c.pick(o, data)
	if err != nil || form == (rawjson.Form{}) {
		return err
	}
	tidy, err := tidied(data, form)
	if err != nil {
		return &codec.Error{Offset: -1, Err: err}
	}
	_, err = c.pick(o, tidy)
	return err
}

// tidied returns an object as it is written out. White space means nothing, and line breaks would go into the results.
// Of members with one name the last counts, and is written where it stands.
func tidied(data []byte, form rawjson.Form) ([]byte, error) {
	if form.Repeated != "" {
		return expression.Tidy(make([]byte, 0, len(data)), data), nil
	}
	var compact bytes.Buffer
	compact.Grow(len(data))
	err := json.Compact(&compact, data)
	return compact.Bytes(), err
}

// Decode makes an element of data that is an object already, as it is written.
func (c Codec) Decode(o *Object, data []byte) error {
	_, err := c.pick(o, data)
	return err
}

// pick finds the members that expressions name.
func (c Codec) pick(o *Object, data []byte) (form rawjson.Form, err error) {
	spans := c.spans(o, data)
	if form, err = c.members.Find(data, spans); err != nil {
		return form, err
	}
	return form, c.checkNames(spans)
}

// spans lets an element be an object, and returns the spans of its members, which are to be filled.
func (c Codec) spans(o *Object, data []byte) []rawjson.Span {
	o.Raw = data
	if n := c.members.Len(); n > len(o.few) {
		o.more = make([]rawjson.Span, n)
		return o.more
	}
	return o.few[:]
}

// checkNames refuses members that have the name of what is joined to their element.
func (c Codec) checkNames(spans []rawjson.Span) error {
	for _, child := range c.children {
		if value := spans[child.number]; value.End > 0 {
			return &codec.Error{Offset: int(value.Start), Err: fmt.Errorf("the element has a member %q, which is also "+
				"the name of the stream whose matches are put there: give the stream another name", child.name)}
		}
	}
	return nil
}

// Placed implements [codec.Placer]. A value within a member that isn't an object or a list isn't there.
func (c Codec) Placed() (members []string, decode codec.DecodePlaced) {
	if c.values != nil {
		return nil, nil
	}
	numbers := c.members.Numbers()
	return c.members.Names(), func(object []byte, places []codec.Place, into any) error {
		spans := c.spans(into.(*Object), object)
		for i, number := range numbers {
			if number >= 0 {
				spans[number] = places[i]
			}
		}
		return c.checkNames(spans)
	}
}

// Encoder implements [codec.Codec].
func (c Codec) Encoder(reflect.Type) (codec.Encode, error) {
	if c.values != nil {
		encode, err := c.values.Encoder(reflect.TypeFor[json.RawMessage]())
		return func(dst []byte, element any) ([]byte, error) {
			return encode(dst, (*json.RawMessage)(&element.(*Object).Raw))
		}, err
	}
	return func(dst []byte, element any) ([]byte, error) {
		return append(dst, element.(*Object).Raw...), nil
	}, nil
}
