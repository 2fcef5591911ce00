package kafka_test

import (
	"crypto/tls"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/leat-go/leat/broker/kafka"
)

func TestLogin(t *testing.T) {
	certificate := certificate(t)
	c := newFake(t, kfake.EnableSASL(), kfake.SeedTopics(1, "in"), kfake.Superuser("PLAIN", "plain", "secret"),
		kfake.Superuser("SCRAM-SHA-256", "scram", "secret"), kfake.Superuser("SCRAM-SHA-512", "scram512", "secret"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{certificate}}))
	trusting := kafka.TLS(&tls.Config{InsecureSkipVerify: true})
	for _, login := range []kafka.Option{
		kafka.Plain("plain", "secret"), kafka.ScramSHA256("scram", "secret"), kafka.ScramSHA512("scram512", "secret"),
	} {
		must(t, open(t, c, job("", []string{"in"}, nil), login, trusting))
	}
	refused(t, c, "in", "authority that signed", kafka.Plain("plain", "secret"), kafka.TLS(nil))
}

// Who can't log in is told at once, by a real Kafka, which says so, and by one that hangs up, as the one in this
// process does.
func TestLoginIsRefused(t *testing.T) {
	c, topic := newLogin(t)
	must(t, open(t, c, job("", []string{topic}, nil), kafka.Plain("plain", "secret")))
	for name, login := range map[string]kafka.Option{
		"wrong password": kafka.Plain("plain", "wrong"),
		"wrong user":     kafka.Plain("nobody", "secret"),
		"wrong way":      kafka.ScramSHA256("plain", "secret"),
		"no login":       kafka.ClientID("stranger"),
	} {
		t.Run(name, func(t *testing.T) { refused(t, c, topic, "log in", login) })
	}
}

// newLogin makes a Kafka without encryption that wants a password, and a topic in it.
func newLogin(t *testing.T) (c *cluster, topic string) {
	address := os.Getenv("LEAT_TEST_KAFKA_LOGIN")
	if address == "" {
		return newFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "plain", "secret"), kfake.SeedTopics(1, "in")), "in"
	}
	c = newCluster(t)
	topic = c.prefix + "in"
	c.create(topic, 1)
	c.addresses = []string{address}
	return c, topic
}

// refused checks that a client is refused soon, with advice.
func refused(t *testing.T, c *cluster, topic, advice string, options ...kafka.Option) {
	t.Helper()
	began := time.Now()
	err := open(t, c, job("", []string{topic}, nil), options...)
	if err == nil || !strings.Contains(err.Error(), advice) || time.Since(began) > 20*time.Second {
		t.Errorf("after %v the error is %v, wanted one soon with %q", time.Since(began), err, advice)
	}
}
