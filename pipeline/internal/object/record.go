package object

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
)

// Records says what is asked of the records of a stream's elements. The elements know their records only where somebody
// asks.
type Records struct {
	// Asked is set by an expression that does.
	Asked bool
	// AskedKey is set by one that asks for the key.
	AskedKey bool
	// TypedKeys says that the keys have a format, in which they are no text.
	TypedKeys bool
	// Check returns an error for a member that the stream's records can't have; nil stands for records that may have all.
	Check func(member string) error
}

// CameIn tells elements, each an [*Object], the records that they came in.
func CameIn(elements []any, records []broker.Record, partition int) {
	CameInBy(nil)(elements, records, partition)
}

// CameInBy is CameIn for records whose keys are decoded to JSON; by nil they are text.
func CameInBy(decodeKey func(key []byte) ([]byte, error)) func(elements []any, records []broker.Record, partition int) {
	return func(elements []any, records []broker.Record, partition int) {
		came := make([]expression.Record, len(records))
		for i := range records {
			came[i] = expression.Record{Record: &records[i], Partition: partition, DecodeKey: decodeKey}
			elements[i].(*Object).record = &came[i]
		}
	}
}

// Record returns the record that an object came in. It is an error where that isn't known.
func (o *Object) Record() (expression.Record, error) {
	if o.record == nil {
		return expression.Record{}, errors.New("the element was given, and came in no record")
	}
	return *o.record, nil
}

// Ask says that an expression asks for a member of the records.
func (r *Records) Ask(member string) error {
	if r == nil {
		return errors.New("there are no records here, but elements only")
	}
	r.Asked, r.AskedKey = true, r.AskedKey || member == "key" || member == ""
	if r.Check == nil {
		return nil
	}
	return r.Check(member)
}

// forOne returns records of which one expression alone asks; nil where there are none.
func (r *Records) forOne() *Records {
	if r == nil {
		return nil
	}
	return &Records{Check: r.Check, TypedKeys: r.TypedKeys}
}

// noteIn says elsewhere that somebody asks, too.
func (r *Records) noteIn(all *Records) {
	if r != nil {
		all.Asked, all.AskedKey = all.Asked || r.Asked, all.AskedKey || r.AskedKey
	}
}

func (r *Records) hasTypedKeys() bool { return r != nil && r.TypedKeys }

// HasTypedKeys implements [expression.TypedKeys].
func (s Scope) HasTypedKeys() bool { return s.Records.hasTypedKeys() }

// HasTypedKeys implements [expression.TypedKeys].
func (s memberScope) HasTypedKeys() bool { return s.records.hasTypedKeys() }

// HasTypedKeys implements [expression.TypedKeys].
func (s ownScope) HasTypedKeys() bool { return s.records.hasTypedKeys() }

// Record implements [expression.Recorder].
func (s Scope) Record(path []expression.Step, member string) (func(env any) (expression.Record, error), error) {
	if len(path) != 1 {
		return nil, fmt.Errorf("record takes the element here: record(%s)", s.Stream)
	}
	return ownRecord, s.Records.Ask(member)
}

// RecordOf implements [expression.Recorder]: there is no list.
func (s Scope) RecordOf([]expression.Step, string) (func(env any, index int) (expression.Record, error), error) {
	return nil, fmt.Errorf("record takes the element here: record(%s)", s.Stream)
}

func ownRecord(env any) (expression.Record, error) { return env.(*Object).Record() }

// Record implements [expression.Recorder].
func (s memberScope) Record(path []expression.Step, member string) (func(env any) (expression.Record, error), error) {
	if len(path) > 0 {
		return nil, errOneElement
	}
	return func(env any) (expression.Record, error) {
		if came := env.(*picked).record; came != nil {
			return *came, nil
		}
		return expression.Record{}, errors.New("the element was given, and came in no record")
	}, s.records.Ask(member)
}

// RecordOf implements [expression.Recorder].
func (s memberScope) RecordOf([]expression.Step, string) (func(env any, index int) (expression.Record, error), error) {
	return nil, errOneElement
}

var errOneElement = errors.New("record takes nothing here, where there is one element only: record().time")

// Record implements [expression.Recorder].
func (s ownScope) Record(path []expression.Step, member string) (func(env any) (expression.Record, error), error) {
	if len(path) > 0 {
		return nil, errOneElement
	}
	return ownRecord, s.records.Ask(member)
}

// RecordOf implements [expression.Recorder].
func (s ownScope) RecordOf([]expression.Step, string) (func(env any, index int) (expression.Record, error), error) {
	return nil, errOneElement
}
