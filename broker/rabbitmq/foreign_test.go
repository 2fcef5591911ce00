package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/amqp"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/message"
	"github.com/rabbitmq/rabbitmq-stream-go-client/pkg/stream"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/endmark"
)

// reader opens a reader of a stream.
func (s *space) reader(name string, from int64) broker.Reader {
	s.Helper()
	b := rabbitmq.New(s.url, rabbitmq.Stream[string](s.name(name)))
	in, err := b.OpenSource(s.Context(), &broker.Job{Name: "reader", Inputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	s.Cleanup(func() { _ = in.Close() })
	r, err := in.Reader(s.Context(), 0, 0, from)
	s.must(err)
	s.Cleanup(func() { _ = r.Close() })
	return r
}

// all reads up to a mark.
func (s *space) all(r broker.Reader) (all []broker.Record) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	for {
		records, err := r.Read(ctx)
		if err == io.EOF {
			return all
		}
		s.must(err)
		all = append(all, records...)
	}
}

// What other clients write is read: in batches compressed by any method, with properties, and over AMQP 0.9.1.
func TestForeignMessages(t *testing.T) {
	s := newSpace(t)
	s.create("input")
	made := time.UnixMilli(1_700_000_000_123).UTC()
	var want []string
	add := func(options *stream.ProducerOptions) {
		var messages []message.StreamMessage
		for range 25 {
			value := fmt.Sprintf("%q", fmt.Sprintf("number %d", len(want)))
			want = append(want, value)
			m := amqp.NewMessage([]byte(value))
			m.Properties = &amqp.MessageProperties{MessageID: uint64(7), Subject: "key", CreationTime: made, GroupID: "g"}
			m.ApplicationProperties = map[string]any{"n": int32(-5), "text": "größer", "true": true}
			m.Annotations = amqp.Annotations{"x": []byte("y")}
			messages = append(messages, m)
		}
		s.publishAll("input", options, messages...)
	}
	add(stream.NewProducerOptions())
	none := stream.Compression{}
	for _, c := range []stream.Compression{none.None(), none.Gzip(), none.Snappy(), none.Lz4(), none.Zstd()} {
		add(stream.NewProducerOptions().SetSubEntrySize(10).SetCompression(c))
	}
	properties := len(want)
	s.must(s.channel.PublishWithContext(t.Context(), "", s.name("input"), false, false, amqp091.Publishing{
		Body: []byte(`"by AMQP 0.9.1"`), Headers: amqp091.Table{"n": int64(1 << 40)}}))
	for len(s.read091("input", properties)) == 0 { // that it comes before what follows
	}
	s.publishAll("input", stream.NewProducerOptions(),
		foreign{amqp.NewMessage(nil), amqp.Message{Value: `"a text"`}},
		foreign{amqp.NewMessage(nil), amqp.Message{Properties: &amqp.MessageProperties{Subject: "key"}}})
	want = append(want, `"by AMQP 0.9.1"`, `"a text"`, "")
	s.publish("input", endmark.Value)

	records := s.all(s.reader("input", 0))
	var got []string
	for i, r := range records {
		got = append(got, string(r.Value))
		if r.Offset != int64(i) {
			t.Errorf("record %d has offset %d", i, r.Offset)
		}
		if i >= properties {
			continue
		}
		var headers []string
		for _, h := range r.Headers {
			headers = append(headers, h.Key+"="+string(h.Value))
		}
		slices.Sort(headers)
		if string(r.Key) != "key" || !r.Time.Equal(made) || strings.Join(headers, " ") != "n=-5 text=größer true=true" {
			t.Errorf("record %d has key %q, time %v and headers %v", i, r.Key, r.Time, headers)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%v, wanted\n%v", got, want)
	}
	if last := records[len(records)-1]; last.Value != nil || string(last.Key) != "key" {
		t.Errorf("a message without a body has the value %q and the key %q", last.Value, last.Key)
	}
	sent := records[properties]
	if string(sent.Key) != s.name("input") || len(sent.Headers) != 1 || string(sent.Headers[0].Value) != "1099511627776" ||
		time.Since(sent.Time) > time.Hour {
		t.Errorf("the message over AMQP 0.9.1 has the key %q, headers %v and time %v", sent.Key, sent.Headers, sent.Time)
	}
	for from := range len(want) { // also within batches
		if r := s.all(s.reader("input", int64(from))); len(r) != len(want)-from || r[0].Offset != int64(from) {
			t.Fatalf("from offset %d, %d records come", from, len(r))
		}
	}
}

// A foreign is a message that amqp.NewMessage doesn't make.
type foreign struct {
	*amqp.AMQP10
	message amqp.Message
}

func (f foreign) MarshalBinary() ([]byte, error) { return f.message.MarshalBinary() }

// read091 returns the values of messages from an offset on, as a client of AMQP 0.9.1 reads them.
func (s *space) read091(name string, from int) (values []string) {
	s.Helper()
	channel, err := s.conn.Channel()
	s.must(err)
	defer channel.Close()
	s.must(channel.Qos(100, 0, false))
	deliveries, err := channel.Consume(s.name(name), "", false, false, false, false,
		amqp091.Table{"x-stream-offset": int64(from)})
	s.must(err)
	for {
		select {
		case d := <-deliveries:
			values = append(values, string(d.Body))
			s.must(d.Ack(false))
		case <-time.After(200 * time.Millisecond):
			return values
		}
	}
}

// A foreign client reads results as messages of AMQP 1.0, with key and time.
func TestResultsForForeignClients(t *testing.T) {
	s := newSpace(t)
	out := s.open(s.url)
	made := time.UnixMilli(1_700_000_000_123).UTC()
	s.must(out.Commit(t.Context(), []broker.Commit{{Results: []broker.Result{
		{Value: []byte(`"with key"`), Key: []byte("größer"), Time: made}, {Value: []byte(`"without"`)}}}}))
	got := s.readMessages("left")
	if len(got) != 2 || string(got[0].GetData()) != `"with key"` || got[0].Properties.Subject != "größer" ||
		!got[0].Properties.CreationTime.Equal(made) || string(got[1].GetData()) != `"without"` || got[1].Properties != nil {
		t.Errorf("the client reads %+v", got)
	}
	if by091 := s.read091("left", 0); !slices.Equal(by091, []string{`"with key"`, `"without"`}) {
		t.Errorf("a client of AMQP 0.9.1 reads %v", by091)
	}
}

// A result that doesn't fit into a message is refused when it is returned.
func TestTooLargeResult(t *testing.T) {
	s := newSpace(t)
	out := s.open(s.url)
	check := out.Output.(broker.Checker).Check
	large := make([]byte, 1<<20)
	if err := check(0, nil, large); err == nil || !strings.Contains(err.Error(), "stream.frame_max") {
		t.Errorf("a result of a mebibyte: %v", err)
	}
	fits := slices.Repeat([]byte{'x'}, 1<<20-200)
	s.must(check(0, nil, fits))
	s.must(out.Commit(t.Context(), []broker.Commit{{Results: []broker.Result{{Value: fits}}}}))
	if got := s.read("left"); len(got) != 1 || len(got[0]) != len(fits) {
		t.Error("a result that just fits isn't there")
	}
}

// Where retention has removed what a run needs, the error says which offsets are left.
func TestRemovedByRetention(t *testing.T) {
	s := newSpace(t)
	s.create("input", stream.NewStreamOptions().SetMaxLengthBytes(stream.ByteCapacity{}.KB(100)).
		SetMaxSegmentSizeBytes(stream.ByteCapacity{}.KB(20)))
	long := strings.Repeat("x", 1000)
	for range 10 {
		s.publish("input", slices.Repeat([]string{long}, 100)...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var first int64
	for first == 0 { // the server removes segments a moment later
		records, err := s.reader("input", 0).Read(ctx)
		s.must(err)
		first = records[0].Offset
	}
	_, err := s.reader("input", 1).Read(ctx)
	var at *broker.PositionError
	if !errors.As(err, &at) || at.Position.Offset != 1 || !strings.Contains(err.Error(), "x-max-length-bytes") ||
		!strings.Contains(err.Error(), "retention has removed everything before ") {
		t.Errorf("reading what is gone gives %v", err)
	}
	if records, err := s.reader("input", 990).Read(ctx); err != nil || records[0].Offset != 990 {
		t.Errorf("reading what is there gives %v, %v", records, err)
	}
}

// A stream that was deleted and made anew isn't taken for the one whose positions are known.
func TestRecreated(t *testing.T) {
	s := newSpace(t)
	s.create("input")
	s.publish("input", "1", "2", "3", endmark.Value)
	r := s.reader("input", 0)
	s.all(r)
	next := r.Next()
	s.must(r.Close())
	s.must(s.env.DeleteStream(s.name("input")))
	s.create("input")
	clear(s.ids)
	s.publish("input", "4")
	r = s.reader("input", next)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	read := make(chan error, 1)
	go func() {
		_, err := r.Read(ctx)
		read <- err
	}()
	for len(read) == 0 { // a chunk that comes later tells it, at the latest
		<-time.After(50 * time.Millisecond)
		s.publish("input", "5")
	}
	if err := <-read; err == nil || !strings.Contains(err.Error(), "ends before offset 4") {
		t.Errorf("reading on in it gives %v", err)
	}
}
