package nats_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/nats"
)

// open opens source and sink, as far as there are inputs and outputs, and closes them.
func open(t testing.TB, log *slog.Logger, b *nats.Broker, inputs, outputs int) error {
	t.Helper()
	job := &broker.Job{Name: t.Name(), Logger: log}
	job.Inputs, job.Outputs = b.Streams()[:inputs], b.Streams()[inputs:inputs+outputs]
	if inputs > 0 {
		in, err := b.OpenSource(t.Context(), job)
		if err != nil {
			return err
		}
		if err := in.Close(); err != nil {
			return err
		}
	}
	if outputs == 0 {
		return nil
	}
	looking := *job
	looking.Looking = true
	_, refused, rehearsed := b.Rehearse(t.Context(), &looking, nil)
	out, err := b.OpenSink(t.Context(), job)
	if (rehearsed == nil) != (err == nil) || refused != -1 {
		t.Errorf("before a run check says %v (%d), and the run %v", rehearsed, refused, err)
	}
	if err != nil {
		return errors.Join(rehearsed, err)
	}
	return out.Close()
}

// usersOfTests is a configuration with an administrator, a guest who may not do much, and an account without JetStream.
const usersOfTests = `
accounts {
	SHOP {jetstream: enabled, users: [
		{user: leat, password: "top-secret"},
		{user: guest, password: "hush-hush", permissions: {publish: [ticks, "$JS.API.STREAM.INFO.>"], subscribe: "_INBOX.>"}},
	]}
	PLAIN {users: [{user: plain, password: "hush-hush"}]}
}`

// A wrong setup is refused at the start, with what would be right, and without secrets.
func TestWrongSetupIsRefused(t *testing.T) {
	s := ownSpace(t, usersOfTests, userOfTests...)
	for _, config := range []jetstream.StreamConfig{
		{Name: "TICKS", Subjects: []string{"ticks", "ticks.*"}},
		{Name: "TOTALS", Subjects: []string{"totals"}},
		{Name: "WORK", Subjects: []string{"work"}, Retention: jetstream.WorkQueuePolicy},
		{Name: "INTEREST", Subjects: []string{"interest"}, Retention: jetstream.InterestPolicy},
		{Name: "MIRROR", Mirror: &jetstream.StreamSource{Name: "TICKS"}},
		{Name: "NOPURGE", Subjects: []string{"nopurge"}, DenyPurge: true},
		{Name: "SILENT", Subjects: []string{"silent"}, NoAck: true},
	} {
		s.makeAs(config)
	}
	url := s.server.URL()
	owner, guest := nats.User("leat", "top-secret"), nats.User("guest", "hush-hush")
	plain := nats.User("plain", "hush-hush")
	stream := func(name string, options ...nats.SubjectOption) nats.Option {
		return nats.Subject[order](name, options...)
	}
	for _, test := range []struct {
		name, url       string
		inputs, outputs int
		options         []nats.Option
		want            []string
	}{
		{"password", url, 1, 0, []nats.Option{nats.User("leat", "hush-hush"), stream("ticks")},
			[]string{"Authorization Violation", "nats.User", "nats.Credentials"}},
		{"password in the url", strings.Replace(url, "//", "//leat:hush-hush@", 1), 1, 0, []nats.Option{stream("ticks")},
			[]string{"Authorization Violation"}},
		{"no such file", url, 1, 0, []nats.Option{nats.Credentials("none.creds"), stream("ticks")}, []string{"none.creds"}},
		{"unknown host", "nats://leat:hush-hush@nobody.invalid", 1, 0, []nats.Option{stream("ticks")},
			[]string{"nobody.invalid", "no such host"}},
		{"no url", "nats://leat:hush-hush", 1, 0, []nats.Option{stream("ticks")},
			[]string{"one looks like nats://localhost:4222"}},
		{"TLS", url, 1, 0, []nats.Option{owner, nats.TLS(&tls.Config{}), stream("ticks")}, []string{"leave nats.TLS out"}},
		{"no JetStream", url, 1, 0, []nats.Option{plain, stream("ticks")}, []string{"not for the user's account"}},
		{"no right to read", url, 1, 0, []nats.Option{guest, stream("ticks")}, []string{"ermissions", "documentation"}},
		{"no right to write", url, 0, 1, []nats.Option{guest, stream("totals")}, []string{"ermissions", "documentation"}},
		{"no stream", url, 1, 0, []nats.Option{owner, stream("tocks.eu")},
			[]string{"no stream has the subject tocks.eu", "nats stream add TOCKS_EU --subjects 'tocks.eu'"}},
		{"no such stream", url, 1, 0, []nats.Option{owner, stream("ticks", nats.InStream("TOCKS"))},
			[]string{"there is no stream TOCKS", "nats stream add TOCKS"}},
		{"no such subject", url, 1, 0, []nats.Option{owner, stream("tick", nats.InStream("TICKS"))},
			[]string{"doesn't have the subject tick, did you mean ticks?"}},
		{"work queue", url, 1, 0, []nats.Option{owner, stream("work")}, []string{"retention policy", "--source WORK"}},
		{"interest", url, 1, 0, []nats.Option{owner, stream("interest")}, []string{"retention policy", "--source INTEREST"}},
		{"work queue as output", url, 0, 1, []nats.Option{owner, stream("work")}, []string{"can't go to stream WORK"}},
		{"mirror as output", url, 0, 1, []nats.Option{owner, stream("any", nats.InStream("MIRROR"))}, []string{"a mirror"}},
		{"no purge", url, 0, 1, []nats.Option{owner, stream("nopurge")}, []string{"deny_purge"}},
		{"no answers", url, 0, 1, []nats.Option{owner, stream("silent")}, []string{"no_ack"}},
		{"wildcard as output", url, 0, 1, []nats.Option{owner, stream("ticks.*")}, []string{"without wildcards"}},
		{"two streams", url, 0, 2, []nats.Option{owner, stream("ticks"), nats.Subject[item]("totals")},
			[]string{"TICKS and TOTALS", "one batch in one stream", "nats.InStream"}},
		{"other stream", url, 0, 1, []nats.Option{owner, stream("totals", nats.InStream("TICKS"))},
			[]string{"totals is in stream TOTALS"}},
		{"right", url, 1, 1, []nats.Option{owner, stream("ticks.*"), nats.Subject[item]("totals")}, nil},
		{"right by a mirror", url, 1, 0, []nats.Option{owner, stream("ticks", nats.InStream("MIRROR"))}, nil},
		{"positions elsewhere", url, 0, 1, []nats.Option{owner, nats.Name("TestWrongSetupIsRefused/right"), stream("ticks")},
			[]string{"are in stream TOTALS", "another name"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := open(t, slog.New(slog.DiscardHandler), nats.New(test.url, test.options...), test.inputs, test.outputs)
			switch {
			case err != nil && test.want == nil:
				t.Fatal(err)
			case err != nil:
			case test.want == nil:
				return
			default:
				t.Fatal("it was opened")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", err, want)
				}
			}
			for _, secret := range []string{"hush-hush", "top-secret"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows a password: %v", err)
				}
			}
		})
	}
}

// What a run can go on with, but people should know, is told in the log.
func TestWarnings(t *testing.T) {
	s := newSpace(t)
	s.makeAs(jetstream.StreamConfig{Name: s.stream("in"), Subjects: []string{s.subject("in")}, MaxMsgsPerSubject: 7})
	s.makeAs(jetstream.StreamConfig{Name: s.stream("out"), Subjects: []string{s.subject("out")},
		Storage: jetstream.MemoryStorage})
	s.makeAs(jetstream.StreamConfig{Name: s.stream("few"), Subjects: []string{s.subject("few"), s.subject("others")},
		MaxMsgs: 1000})
	var log lines
	s.must(open(t, log.logger(), nats.New(s.server.URL(), nats.Name(s.name+"few"), nats.Subject[order](s.subject("few"))),
		0, 1))
	s.must(open(t, log.logger(), nats.New(s.server.URL(), nats.Name(s.name), nats.Subject[order](s.subject("in")),
		nats.Subject[order](s.subject("out"))), 1, 1))
	for _, want := range []string{"max_msgs_per_subject=7", "in the server's memory", "settings=", "(max_msgs=1000"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log doesn't say %q:\n%s", want, &log)
		}
	}
}

// What is of the stream's configuration and not of Leat stays as it was.
func TestStreamIsAdjusted(t *testing.T) {
	s := newSpace(t)
	before := jetstream.StreamConfig{Name: s.stream("out"), Subjects: []string{s.subject("out")}, MaxMsgs: 1000,
		Description: "of somebody else", Metadata: map[string]string{"owner": "somebody"}, MaxAge: time.Hour}
	s.makeAs(before)
	s.must(open(t, slog.New(slog.DiscardHandler), nats.New(s.server.URL(), nats.Name("a name. *"),
		nats.Subject[order](s.subject("out"))), 0, 1))
	stream, err := s.js.Stream(t.Context(), before.Name)
	s.must(err)
	after := stream.CachedInfo().Config
	if after.MaxMsgs != 1000 || after.Description != before.Description || after.Metadata["owner"] != "somebody" {
		t.Errorf("the stream has become %+v", after)
	}
	if !after.AllowAtomicPublish || !after.AllowRollup || !after.AllowMsgTTL ||
		fmt.Sprint(after.Subjects) != fmt.Sprintf("[%s leat.positions.a%%20name%%2E%%20%%2A.>]", s.subject("out")) {
		t.Errorf("the stream lacks something: %+v", after)
	}
}

// A result that no message takes is an error of its call, and leaves nothing.
func TestResultIsTooLarge(t *testing.T) {
	s := newSpace(t)
	input := memory.New(memory.Stream[order]("orders"))
	s.must(memory.Append(input, "orders", 0, order{1}))
	s.must(input.End("orders"))
	type text struct{ Text string }
	mill, err := leat.New(func(order) text { return text{strings.Repeat("x", 1<<20)} }, leat.Name(s.name),
		leat.Logger(slog.New(slog.DiscardHandler)), leat.From(input),
		leat.To(nats.New(s.server.URL(), nats.Subject[text](s.subject("out")))))
	s.must(err)
	if err := mill.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "max_payload") {
		t.Errorf("the run ends with %v", err)
	}
	if got := s.values("out"); len(got) > 0 {
		t.Errorf("there are %d results", len(got))
	}
}

// A stream that is deleted while it is written ends the run, which says so.
func TestOutputIsDeleted(t *testing.T) {
	s := newShop(newSpace(t), 10)
	mill, err := s.mill(s.server.URL(), slog.New(slog.DiscardHandler))
	s.must(err)
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	go func() { ended <- mill.Run(ctx) }()
	s.await(len(s.want) - 2)
	s.must(s.js.DeleteStream(t.Context(), s.stream("totals")))
	s.grow(10)
	err = <-ended
	if err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "deleted") {
		t.Errorf("the run ends with %v", err)
	}
}
