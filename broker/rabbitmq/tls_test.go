package rabbitmq_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/rabbitserver"
	"github.com/leat-go/leat/internal/testserver"
)

// A server that speaks TLS is read and written, streams and queues; a certificate that one side doesn't trust, a server
// or a user without one end the run at once, with an error that says which.
func TestTLS(t *testing.T) {
	s := newSpace(t)
	s.create("stream")
	leat, err := server.Authority().Certificate(rabbitserver.User)
	s.must(err)
	other, err := testserver.NewAuthority()
	s.must(err)
	forged, err := other.Certificate(rabbitserver.User)
	s.must(err)
	later := func() time.Time { return time.Now().Add(2 * testserver.Validity) }
	config := func(certificates ...tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: server.Authority().Pool(), Certificates: certificates}
	}
	streams, queues := rabbitmq.Stream[string](s.name("stream")), rabbitmq.Queue[string](s.name("queue"))
	url := server.SecureStreamURL(rabbitserver.User, rabbitserver.Password)
	amqp := rabbitmq.AMQP(server.SecureAMQPURL(rabbitserver.User, rabbitserver.Password))
	unknown := server.SecureStreamURL("", "")
	for _, test := range []struct {
		name, url string
		config    *tls.Config
		more      []rabbitmq.Option
		want      []string // nil where it is right
	}{
		{"trusted", url, config(leat), nil, nil},
		// Before version 3.13 the server only has it for queues.
		{"by the certificate", unknown, config(leat), []rabbitmq.Option{rabbitmq.External()},
			[]string{"users by their certificates", "3.13"}},
		{"not trusted", url, &tls.Config{RootCAs: other.Pool(), Certificates: config(leat).Certificates}, nil,
			[]string{"signed by unknown authority", "rabbitmq.TLS"}},
		{"expired", url, &tls.Config{RootCAs: server.Authority().Pool(), Time: later}, nil,
			[]string{"expired", "rabbitmq.TLS"}},
		{"another host", strings.Replace(url, "127.0.0.1", "localhost", 1), config(leat), nil,
			[]string{"localhost", "the host that the certificate is made out to"}},
		{"no certificate", url, config(), nil, []string{"certificate", "rabbitmq.TLS"}},
		{"a forged certificate", url, config(forged), nil, []string{"certificate", "rabbitmq.TLS"}},
		{"no TLS there", strings.Replace(s.url, "stream://", "stream+tls://", 1), config(leat), nil,
			[]string{"TLS", "rabbitmq-stream://"}},
		{"TLS is left out", strings.Replace(url, "+tls", "", 1), config(leat), nil, []string{"rabbitmq-stream+tls://"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for what, stream := range map[string]rabbitmq.Option{"streams": streams, "queues": queues} {
				options := append([]rabbitmq.Option{rabbitmq.TLS(test.config), amqp, stream}, test.more...)
				check(t, what, try(t, rabbitmq.New(test.url, options...), true), test.want)
			}
			check(t, "reading", try(t, rabbitmq.New(test.url, append(test.more, rabbitmq.TLS(test.config), streams)...), false),
				test.want)
		})
	}
}

// check compares an error with what it is to say; nil is none.
func check(t testing.TB, what string, err error, want []string) {
	t.Helper()
	if (err == nil) != (want == nil) {
		t.Errorf("%s: opening ends with %v", what, err)
		return
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error is %q, wanted one with %q", what, err, text)
		}
	}
	if err != nil && strings.Contains(err.Error(), rabbitserver.Password) {
		t.Errorf("%s: the error shows a password: %v", what, err)
	}
}
