package amqp1_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq/internal/amqp1"
)

// A result comes back as it was message, with and without key and time.
func TestRoundTrip(t *testing.T) {
	made := time.UnixMilli(1_700_000_000_123).UTC()
	for _, want := range []broker.Record{
		{Value: []byte(`{"id":1}`)},
		{Value: []byte{}},
		{Value: []byte("x"), Key: []byte{}},
		{Value: []byte("x"), Key: []byte("key"), Time: made},
		{Value: bytes.Repeat([]byte("long "), 1000), Time: made},
	} {
		message := amqp1.Append([]byte("before"), want.Key, want.Time, want.Value)[len("before"):]
		var got broker.Record
		if err := amqp1.Read(message, &got); err != nil || !bytes.Equal(got.Value, want.Value) ||
			!bytes.Equal(got.Key, want.Key) || !got.Time.Equal(want.Time) || (got.Key == nil) != (want.Key == nil) {
			t.Errorf("%+v comes back as %+v, %v", want, got, err)
		}
		if extra := len(message) - len(want.Key) - len(want.Value); extra > amqp1.Overhead {
			t.Errorf("a message takes %d bytes beside its key and value", extra)
		}
	}
}

// Whatever a message holds, reading it ends, with an error or without.
func FuzzRead(f *testing.F) {
	f.Add(amqp1.Append(nil, []byte("key"), time.UnixMilli(1), []byte("value")))
	f.Add([]byte{0, 0x53, 0x74, 0xc1, 6, 2, 0xa1, 1, 'n', 0x54, 0xfb})
	f.Add([]byte{0, 0x53, 0x77, 0xa1, 1, 'x'})
	f.Add([]byte{0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x75, 0xb0, 0, 0, 0, 1, 'x'})
	f.Add([]byte{0, 0, 0, 0x40}) // ends within descriptions of descriptions
	f.Fuzz(func(t *testing.T, message []byte) {
		var r broker.Record
		if err := amqp1.Read(message, &r); err == nil && len(r.Value) > len(message) {
			t.Errorf("%d bytes have a value of %d", len(message), len(r.Value))
		}
	})
}
