package rabbitmq_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/rabbitserver"
)

// try opens source or sink of a broker with one stream, and closes it.
func try(t testing.TB, b *rabbitmq.Broker, write bool) error {
	t.Helper()
	job := &broker.Job{Name: "test", Logger: slog.New(slog.DiscardHandler)}
	if !write {
		job.Inputs = b.Streams()
		in, err := b.OpenSource(t.Context(), job)
		if err != nil {
			return err
		}
		return in.Close()
	}
	job.Outputs = b.Streams()
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

// A wrong setup is refused at the start, with what would be right, and without secrets.
func TestWrongSetupIsRefused(t *testing.T) {
	s := newSpace(t)
	s.create("stream")
	_, err := s.channel.QueueDeclare(s.name("queue"), true, false, false, false, nil)
	s.must(err)
	_, err = s.channel.QueueDeclare("leat."+s.name("journal"), true, false, false, false, nil)
	s.must(err)
	amqpAddress := strings.TrimPrefix(server.AMQPURL("", ""), "amqp://:@")
	guest := server.StreamURL(rabbitserver.Guest, rabbitserver.Password)
	withAMQP := rabbitmq.AMQP(server.AMQPURL(rabbitserver.User, rabbitserver.Password))
	streamOf := func(name string, options ...rabbitmq.Option) []rabbitmq.Option {
		return append(options, rabbitmq.Stream[string](s.name(name)))
	}
	queueOf := func(url string) []rabbitmq.Option {
		return []rabbitmq.Option{rabbitmq.AMQP(url), rabbitmq.Queue[string](s.name("queue"))}
	}
	for _, test := range []struct {
		name, url string
		write     bool
		options   []rabbitmq.Option
		want      []string
	}{
		{"password", server.StreamURL(rabbitserver.User, "hush-hush"), false, streamOf("stream"),
			[]string{"connecting as leat", "the password is wrong", "rabbitmqctl change_password leat"}},
		{"virtual host", s.url + "/none", false, streamOf("stream"),
			[]string{`virtual host "none"`, "rabbitmqctl list_vhosts", "set_permissions -p none leat"}},
		{"no right to a virtual host", guest + "/" + rabbitserver.Other, false, streamOf("stream"),
			[]string{`virtual host "other"`, "set_permissions -p other guest-of-tests"}},
		{"unknown host", "rabbitmq-stream://x:hush-hush@nobody.invalid", false, streamOf("stream"),
			[]string{"nobody.invalid", "no machine has that name"}},
		{"the AMQP port", "rabbitmq-stream://leat:hush-hush@" + amqpAddress, false, streamOf("stream"),
			[]string{"may not speak the stream protocol", amqpAddress}},
		{"no url", "rabbitmq-stream://x:hush-hush@127.0.0.1:none", false, streamOf("stream"), []string{"one looks like"}},
		{"a slash in the password", "rabbitmq-stream://x:top/secret-of-tests@127.0.0.1:1", false, streamOf("stream"),
			[]string{"/ is written as %2F"}},
		{"AMQP's url", "amqp://x:hush-hush@127.0.0.1:1", false, streamOf("stream"), []string{"rabbitmq-stream://user"}},
		{"no TLS there", strings.Replace(s.url, "stream://", "stream+tls://", 1), false, streamOf("stream",
			rabbitmq.TLS(&tls.Config{InsecureSkipVerify: true})), []string{"TLS"}},
		{"no stream", s.url, false, streamOf("none"), []string{"the stream doesn't exist", "x-queue-type", "super stream"}},
		{"a queue is read as a stream", s.url, false, streamOf("queue"), []string{"the stream doesn't exist",
			"x-queue-type"}},
		{"a queue is written as a stream", s.url, true, streamOf("queue", withAMQP), []string{"isn't a stream", "rabbitmq.Queue"}},
		{"a stream is written as a queue", s.url, true, []rabbitmq.Option{rabbitmq.Queue[string](s.name("stream"))},
			[]string{"is a stream, not a queue", "rabbitmq.Stream"}},
		{"the journal is a queue", s.url, true, streamOf("stream", withAMQP, rabbitmq.Name(s.name("journal"))),
			[]string{"isn't a stream", "rabbitmq.Name"}},
		{"a queue is read", s.url, false, []rabbitmq.Option{rabbitmq.Queue[string]("queue")},
			[]string{"results can only be written to", "rabbitmq.Stream"}},
		{"no right to read", guest, false, streamOf("stream"), []string{"access refused", "the right to read it",
			"rabbitmqctl set_permissions -p / guest-of-tests"}},
		{"no right to write", guest, true, streamOf("stream"), []string{"access refused", "configure, write and read"}},
		{"no right to make it", guest, true, streamOf("none"), []string{"access refused", "rabbitmqctl set_permissions"}},
		{"no right to the journal", guest, true, []rabbitmq.Option{rabbitmq.Stream[string]("guests.stream")},
			[]string{"journal", "access refused", "matches leat.test"}},
		{"no name", s.url, true, streamOf("stream", rabbitmq.Name(strings.Repeat("x", 201))), []string{"201 bytes"}},
		{"AMQP elsewhere", s.url, true, queueOf("amqp://x:hush-hush@nobody.invalid"), []string{"nobody.invalid",
			"rabbitmq.AMQP"}},
		{"AMQP with a wrong password", s.url, true, queueOf(server.AMQPURL(rabbitserver.User, "hush-hush")),
			[]string{"the password is wrong"}},
		{"no url of AMQP", s.url, true, queueOf("http://x:hush-hush@127.0.0.1:1"), []string{"amqp://user"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := try(t, rabbitmq.New(test.url, test.options...), test.write)
			if err == nil {
				t.Fatal("it was opened")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", err, want)
				}
			}
			for _, secret := range []string{"hush-hush", rabbitserver.Password, "secret-of-tests"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows a password: %v", err)
				}
			}
		})
	}
}

// An option that can't be meant is refused by a panic that says so.
func TestWrongOptionsPanic(t *testing.T) {
	for want, f := range map[string]func(){
		"option 1 is nil":           func() { rabbitmq.New("", nil) },
		`Stream("x"): option 1`:     func() { rabbitmq.Stream[string]("x", nil) },
		"Codec: the codec is nil":   func() { rabbitmq.Codec(nil) },
		"DataTimeout(0s)":           func() { rabbitmq.DataTimeout(0) },
		"MaxElement(0)":             func() { rabbitmq.MaxElement(0) },
		"MaxAge(1ns)":               func() { rabbitmq.MaxAge(1) },
		"MaxLength(0)":              func() { rabbitmq.MaxLength(0) },
		"ReadAhead(0)":              func() { rabbitmq.ReadAhead(0) },
		"Heartbeat(1ns)":            func() { rabbitmq.Heartbeat(1) },
		"TLS: the config is nil":    func() { rabbitmq.TLS(nil) },
		"Key: the function is nil":  func() { rabbitmq.Key[string](nil) },
		"the function takes string": func() { rabbitmq.Stream[int]("x", rabbitmq.Key(func(string) []byte { return nil })) },
	} {
		t.Run(want, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("it panics with %s", got)
				}
			}()
			f()
		})
	}
}
