package mill

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// Recorded is what the pipeline file says of the records that results become, beside their values.
type Recorded struct {
	// key and time are expressions over the members of a result; nil for what the master's record has.
	key, time *object.MemberKey
	// passHeaders gives results the headers of the master's record.
	passHeaders bool
}

// HasKey reports whether results have keys of their own, and HasTime whether they have times of their own.
func (w Recorded) HasKey() bool { return w.key != nil }

// HasTime reports whether results have times of their own.
func (w Recorded) HasTime() bool { return w.time != nil }

// compileRecorded compiles what is said of the output.
func (m *Mill) compileRecorded(s *description.Stream) (err error) {
	w := &m.Recorded
	w.passHeaders = s.PassHeaders != nil
	if s.Key != nil && s.Key.By.Value == "" {
		return s.Key.Name.Errorf("which key results have isn't said, and without it they have that of their master's record as " +
			"it is: add by, an expression over the members of a result, as in key: {by: id, format: avro}")
	}
	if s.Key != nil {
		if w.key, err = object.CompileMemberKey(s.Key.By.Value); err != nil {
			return s.Key.By.Locate(err, 0)
		}
	}
	if s.Time.Value == "" {
		return nil
	}
	if w.time, err = object.CompileMemberKey(s.Time.Value); err != nil {
		return s.Time.Locate(err, 0)
	}
	if kind := w.time.Program.Kind(); kind != expression.Time && kind != expression.Unknown {
		return s.Time.Errorf("the time of a result must be an instant, as date(at) is, but %s is %s", s.Time.Value, kind)
	}
	return nil
}

// declare declares the output's records to its storage.
func (m *Mill) declare(s *broker.Stream, at Stream, session *format.Session) {
	w := m.Recorded
	if !at.Topic {
		return
	}
	s.PassHeaders = w.passHeaders
	if w.key == nil && w.time == nil {
		return
	}
	s.Codec = recordCodec{s.Codec, w, at.keyCodec(session)}
	if w.key != nil {
		s.Key = func(element any) []byte { return element.(*object.Object).Written.Key }
	}
	if w.time != nil {
		s.Time = func(element any) time.Time { return element.(*object.Object).Written.Time }
	}
}

// A recordCodec encodes results, and finds their keys and times, which are asked for when a result has been encoded.
type recordCodec struct {
	codec.Codec
	written Recorded
	key     codec.Codec // nil for keys that are texts, or JSON
}

// Encoder implements [codec.Codec].
func (c recordCodec) Encoder(t reflect.Type) (codec.Encode, error) {
	encode, err := c.Codec.Encoder(t)
	if err != nil {
		return nil, err
	}
	var encodeKey codec.Encode
	if c.key != nil {
		if encodeKey, err = c.key.Encoder(t); err != nil {
			return nil, err
		}
	}
	spare := sync.Pool{New: func() any { return newFinder(c.written, encodeKey) }}
	return func(dst []byte, element any) ([]byte, error) {
		f := spare.Get().(*finder)
		defer spare.Put(f)
		if err := f.find(element.(*object.Object)); err != nil {
			return dst, err
		}
		return encode(dst, element)
	}, nil
}

// A finder finds the key and the time of a result, for one goroutine.
type finder struct {
	key, time *resultMember
	encode    codec.Encode
}

// A resultMember is an expression over the members of a result.
type resultMember struct {
	picker  *object.Picker
	program *expression.Program
}

func newFinder(w Recorded, encode codec.Encode) *finder {
	return &finder{newResultMember(w.key), newResultMember(w.time), encode}
}

func newResultMember(k *object.MemberKey) *resultMember {
	if k == nil {
		return nil
	}
	return &resultMember{k.Picker(), k.Program.Clone()}
}

func (f *finder) find(o *object.Object) (err error) {
	if o.Written == nil {
		o.Written = &object.Written{}
	}
	if f.key != nil {
		if o.Written.Key, err = f.keyOf(o); err != nil {
			return fmt.Errorf("the key of a result: %w", err)
		}
	}
	if f.time != nil {
		if o.Written.Time, err = f.time.instant(o); err != nil {
			return fmt.Errorf("the time of a result: %w", err)
		}
	}
	return nil
}

// keyOf returns a result's key: in its format, or the bytes of a text, and the JSON of everything else. Null is no key.
func (f *finder) keyOf(o *object.Object) ([]byte, error) {
	env, err := f.key.picker.Pick(o.Raw)
	if err != nil {
		return nil, err
	}
	if f.encode != nil {
		raw, err := f.key.program.AppendJSON(nil, env)
		if err != nil {
			return nil, err
		}
		return f.encode(nil, (*json.RawMessage)(&raw))
	}
	key, err := f.key.program.Key(env)
	switch {
	case err != nil:
		return f.key.program.AppendJSON(nil, env) // which tells what is missing, too
	case key.IsNull():
		return nil, nil
	}
	return key.Bytes()
}

// instant returns the value of an expression that must be an instant.
func (m *resultMember) instant(o *object.Object) (at time.Time, err error) {
	env, err := m.picker.Pick(o.Raw)
	if err != nil {
		return at, err
	}
	key, err := m.program.Key(env)
	if err != nil {
		return at, err
	}
	if key.Kind() != expression.Time {
		return at, fmt.Errorf("%s is %v: make an instant of it, as by date(at)", m.program, key.Kind())
	}
	text, err := key.MarshalJSON()
	if err == nil {
		err = at.UnmarshalJSON(text)
	}
	return at, err
}
