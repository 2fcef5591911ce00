package nats_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"github.com/leat-go/leat/broker/nats"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// A server with TLS is told from one that somebody else runs, and from one without.
func TestTLS(t *testing.T) {
	authority := fixture.NewAuthority(t)
	file, key := authority.Certify(t.TempDir(), "server")
	config := &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS13}
	s := ownSpace(t, fmt.Sprintf("tls {cert_file: %q, key_file: %q}", file, key), natsgo.Secure(config))
	s.make("in", "in")
	for name, test := range map[string]struct {
		options []nats.Option
		want    string
	}{
		"trusted":     {[]nats.Option{nats.TLS(config)}, ""},
		"not trusted": {[]nats.Option{nats.TLS(&tls.Config{MinVersion: tls.VersionTLS13})}, "certificate"},
		"left out":    {nil, "certificate"}, // the client takes up TLS where the server asks for it
	} {
		t.Run(name, func(t *testing.T) {
			b := nats.New(s.server.URL(), append(test.options, nats.Subject[order](s.subject("in")))...)
			err := open(t, slog.New(slog.DiscardHandler), b, 1, 0)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("opening returns %v, wanted %q", err, test.want)
			}
		})
	}
}

// rights are those of the package's documentation for a mill.
const rights = `authorization {users: [
	{user: leat, password: "top-secret"},
	{user: mill, password: "top-secret", permissions: {
		publish: ["%[1]s.totals", "leat.positions.%[1]s.>",
			"$JS.API.STREAM.INFO.>", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>",
			"$JS.API.STREAM.MSG.GET.>", "$JS.API.STREAM.PURGE.>",
			"$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.MSG.NEXT.>", "$JS.API.CONSUMER.DELETE.>"],
		subscribe: "_INBOX.>"}},
]}`

// The rights that the documentation names are enough.
func TestRights(t *testing.T) {
	name := fmt.Sprint("t", names.Load()+1)
	s := newShop(ownSpace(t, fmt.Sprintf(rights, name), userOfTests...), 20)
	if s.name != name {
		t.Fatalf("the space is called %s, not %s", s.name, name)
	}
	var log lines
	mill, err := s.mill(s.server.URL(), log.logger(), nats.User("mill", "top-secret"))
	s.must(err)
	stop := s.start(mill)
	s.finish()
	_ = stop()
	if strings.Contains(log.String(), "ermission") {
		t.Errorf("the server refuses something:\n%s", &log)
	}
}
