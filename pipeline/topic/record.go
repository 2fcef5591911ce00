package topic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/internal/quote"
)

// A whole record is a JSON object: {"partition":0,"time":"2026-11-29T10:00:00Z","key":"7","headers":[{"key":"id",
// "value":"x"}],"value":{"a":1}}. What a record doesn't have isn't there: a key, headers, and the value of a tombstone. Keys
// without a format, and the values of headers, are texts, or {"base64":"…"} where they aren't UTF-8.
type wholeRecord struct {
	Partition *int            `json:"partition"`
	Time      *time.Time      `json:"time"`
	Key       json.RawMessage `json:"key"`
	Headers   []wholeHeader   `json:"headers"`
	Value     json.RawMessage `json:"value"`
}

type wholeHeader struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// appendWhole appends a record as an object. Its value is given as JSON, nil for a tombstone.
func (f *Format) appendWhole(dst []byte, record *kgo.Record, value []byte) ([]byte, error) {
	dst = fmt.Appendf(dst, `{"partition":%d,"time":"%s"`, record.Partition, record.Timestamp.UTC().Format(time.RFC3339Nano))
	if record.Key != nil {
		dst = append(dst, `,"key":`...)
		if f.Key == nil {
			dst = appendText(dst, record.Key)
		} else if key, err := f.Key(record.Key); err != nil {
			return dst, fmt.Errorf("the key can't be decoded: %w", err)
		} else {
			dst = append(dst, oneLine(key)...)
		}
	}
	for i, h := range record.Headers {
		begin := `,`
		if i == 0 {
			begin = `,"headers":[`
		}
		dst = appendText(append(dst, begin+`{"key":`...), []byte(h.Key))
		if h.Value != nil {
			dst = appendText(append(dst, `,"value":`...), h.Value)
		}
		dst = append(dst, '}')
	}
	if len(record.Headers) > 0 {
		dst = append(dst, ']')
	}
	if value != nil {
		dst = append(append(dst, `,"value":`...), value...)
	}
	return append(dst, '}'), nil
}

// appendText appends bytes as a JSON string, or as an object where they are no text.
func appendText(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return quote.Append(dst, string(text))
	}
	encoded, _ := json.Marshal(text) // bytes are written in base 64
	return append(append(append(dst, `{"base64":`...), encoded...), '}')
}

// textOf returns the bytes that appendText has written.
func textOf(raw json.RawMessage) ([]byte, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text), nil
	}
	var encoded struct {
		Base64 *[]byte `json:"base64"`
	}
	if err := strictly(raw, &encoded); err != nil || encoded.Base64 == nil {
		return nil, fmt.Errorf(`it must be a text, or {"base64": "…"}, but is %.40s`, raw)
	}
	return *encoded.Base64, nil
}

// parseWhole returns the record of an object. Its value is JSON as it stands there. It says by partition whether the record
// has one.
func (f *Format) parseWhole(raw []byte) (record *kgo.Record, partition bool, err error) {
	var w wholeRecord
	if err := strictly(raw, &w); err != nil {
		return nil, false, fmt.Errorf("it is no record as leat topic dump --records writes it: %w", err)
	}
	record = &kgo.Record{Value: w.Value}
	if w.Partition != nil {
		record.Partition = int32(*w.Partition)
	}
	if w.Time != nil {
		record.Timestamp = *w.Time
	}
	if w.Key != nil && (f.Key != nil || string(w.Key) != "null") {
		if f.Key == nil {
			record.Key, err = textOf(w.Key)
		} else {
			record.Key, err = f.Key(w.Key)
		}
		if err != nil {
			return nil, false, fmt.Errorf("the key: %w", err)
		}
	}
	for _, h := range w.Headers {
		header := kgo.RecordHeader{Key: h.Key}
		if h.Value != nil && string(h.Value) != "null" {
			if header.Value, err = textOf(h.Value); err != nil {
				return nil, false, fmt.Errorf("the header %s: %w", h.Key, err)
			}
		}
		record.Headers = append(record.Headers, header)
	}
	return record, w.Partition != nil, nil
}

// strictly decodes an object that has no other members.
func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if at, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is a %s", at.Field, at.Value)
	}
	return err
}
