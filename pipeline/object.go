package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// An object is an element of a stream: the JSON object as it was written, and where in it the members lie that
// expressions name.
type object struct {
	raw []byte
	// few holds the spans where that suffices, which saves an allocation for most elements; more does otherwise.
	few  [6]rawjson.Span
	more []rawjson.Span
}

// member returns the member with a slot's number as it is written; nil if it is missing.
func (o *object) member(slot int) []byte {
	span := rawjson.Span{}
	if o.more != nil {
		span = o.more[slot]
	} else {
		span = o.few[slot]
	}
	if span.End == 0 {
		return nil
	}
	return o.raw[span.Start:span.End]
}

// objectCodec is the codec of one stream's objects.
type objectCodec struct {
	picker *rawjson.Picker
	// children are the names that matches get in the joined element.
	children []child
}

// child is a stream joined to another, with the slot of the member that must not have its name.
type child struct {
	name string
	slot int
}

// Decoder implements [codec.Codec].
func (c objectCodec) Decoder(reflect.Type) (codec.Decode, error) {
	return func(data []byte, into any) error {
		o := into.(*object)
		form, err := c.decode(o, data)
		if err != nil || form == (rawjson.Form{}) {
			return err
		}
		tidy, err := tidied(data, form)
		if err != nil {
			return &codec.Error{Offset: -1, Err: err}
		}
		_, err = c.decode(o, tidy)
		return err
	}, nil
}

// tidied returns an object as it is written out. White space means nothing, and line breaks would go into the results. Of
// members with one name the last counts, and is written where it stands.
func tidied(data []byte, form rawjson.Form) ([]byte, error) {
	if form.Repeated != "" {
		return expression.Tidy(make([]byte, 0, len(data)), data), nil
	}
	var compact bytes.Buffer
	compact.Grow(len(data))
	err := json.Compact(&compact, data)
	return compact.Bytes(), err
}

func (c objectCodec) decode(o *object, data []byte) (form rawjson.Form, err error) {
	o.raw = data
	spans := o.few[:]
	if n := c.picker.Count(); n > len(spans) {
		o.more = make([]rawjson.Span, n)
		spans = o.more
	}
	if form, err = c.picker.Pick(data, spans); err != nil {
		return form, err
	}
	for _, child := range c.children {
		if value := spans[child.slot]; value.End > 0 {
			return form, &codec.Error{Offset: value.Start, Err: fmt.Errorf("the element has a member %q, which is also "+
				"the name of the stream whose matches are put there: give the stream another name", child.name)}
		}
	}
	return form, nil
}

// Encoder implements [codec.Codec].
func (objectCodec) Encoder(reflect.Type) (codec.Encode, error) {
	return func(dst []byte, element any) ([]byte, error) {
		return append(dst, element.(*object).raw...), nil
	}, nil
}
