package kafka_test

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/leat-go/leat/broker/kafka"
)

// What an option can't do it says where it is given, in words of its own.
func TestImpossibleOptionsPanic(t *testing.T) {
	for _, test := range []struct {
		want   string
		option func()
	}{
		{`kafka.New: option 1 is nil; leave it out`,
			func() { kafka.New([]string{"localhost"}, nil) }},
		{`kafka.Topic("a"): option 1 is nil; leave it out`,
			func() { kafka.Topic[int]("a", nil) }},
		{`kafka.Codec: the codec is nil; leave the option out for codec.JSON`,
			func() { kafka.Codec(nil) }},
		{`kafka.Key: the function is nil; leave the option out for the keys of the master records`,
			func() { kafka.Key[int](nil) }},
		{`kafka.Key: the function takes string, but topic "a" holds int`,
			func() { kafka.Topic[int]("a", kafka.Key(func(string) []byte { return nil })) }},
		{`kafka.OAuthBearer: the function that gives tokens is nil`,
			func() { kafka.OAuthBearer(nil) }},
		{`kafka.MaxElement(0): an element has at least one byte`,
			func() { kafka.MaxElement(0) }},
		{`kafka.CommitBytes(0): a transaction holds at least one byte`,
			func() { kafka.CommitBytes(0) }},
		{`kafka.ReadAhead(0): at least one byte must be read`,
			func() { kafka.ReadAhead(0) }},
		{`kafka.DataTimeout(-1s): a time can't be negative`,
			func() { kafka.DataTimeout(-time.Second) }},
	} {
		func() {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("got %v, want %s", got, test.want)
				}
			}()
			test.option()
		}()
	}
}

// Options that contradict each other are refused by New, which names both. What only looks like it isn't refused.
func TestContradictoryOptionsPanic(t *testing.T) {
	t.Parallel()
	dialer := kafka.Options(kgo.Dialer((&net.Dialer{}).DialContext))
	token := func(context.Context) (string, error) { return "", nil }
	user := plain.Auth{User: "user", Pass: "password"}
	for _, test := range []struct {
		want    string // "" where New takes the options
		options []kafka.Option
	}{
		{"kafka.Plain and kafka.ScramSHA512 are two ways to log in: give one of them",
			[]kafka.Option{kafka.Plain("a", "b"), kafka.ScramSHA512("a", "b")}},
		{"kafka.ScramSHA512 and kafka.ScramSHA256 are two ways to log in: give one of them",
			[]kafka.Option{kafka.ScramSHA512("a", "b"), kafka.ScramSHA256("a", "b")}},
		{"kafka.OAuthBearer and kafka.Plain are two ways to log in: give one of them",
			[]kafka.Option{kafka.OAuthBearer(token), kafka.ClientID("c"), kafka.Plain("a", "b")}},
		{"kafka.TLS and kafka.Options(kgo.Dialer) set the same: give one of them", []kafka.Option{kafka.TLS(nil), dialer}},
		{"kafka.TLS and kafka.Options(kgo.DialTLSConfig) set the same: give one of them",
			[]kafka.Option{kafka.Options(kgo.DialTLSConfig(&tls.Config{ServerName: "kafka"})), kafka.TLS(nil)}},
		{"kafka.Plain and kafka.Options(kgo.SASL) set the same: give one of them",
			[]kafka.Option{kafka.Plain("a", "b"), kafka.Options(kgo.SASL(user.AsMechanism()))}},
		{"kafka.ClientID and kafka.Options(kgo.ClientID) set the same: give one of them",
			[]kafka.Option{kafka.ClientID("a"), kafka.Options(kgo.ClientID("b"))}},
		{"kafka.MetadataAge and kafka.Options(kgo.MetadataMaxAge) set the same: give one of them",
			[]kafka.Option{kafka.MetadataAge(time.Minute), kafka.Options(kgo.MetadataMaxAge(time.Hour))}},
		{"kafka.Compression and kafka.Options(kgo.ProducerBatchCompression) set the same: give one of them",
			[]kafka.Option{kafka.Compression(kgo.ZstdCompression()),
				kafka.Options(kgo.ProducerBatchCompression(kgo.NoCompression()))}},
		{"", []kafka.Option{kafka.Plain("a", "b"), kafka.Plain("a", "c"), kafka.TLS(nil)}},
		{"", []kafka.Option{dialer, kafka.Plain("a", "b"), kafka.ClientID("c"), kafka.MetadataAge(time.Second)}},
		{"", []kafka.Option{kafka.Options(kgo.ClientID("b"), kgo.SASL(user.AsMechanism())),
			kafka.Compression(kgo.NoCompression())}},
		{"", []kafka.Option{kafka.TLS(nil), kafka.Options(kgo.WithHooks())}},
	} {
		want := any(nil)
		if test.want != "" {
			want = "kafka.New: " + test.want
		}
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("got %v, want %v", got, want)
				}
			}()
			kafka.New([]string{"localhost"}, test.options...)
		}()
	}
}
