package kafka

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// A mechanism makes the SASL mechanism of a client. It is nil where clients don't log in.
type mechanism func() sasl.Mechanism

// TLS encrypts connections, as the configuration says. With nil, the system's certificate authorities are trusted.
// New panics where [Options] say how connections are made, too.
func TLS(config *tls.Config) Option {
	if config == nil {
		config = &tls.Config{}
	}
	return func(b *Broker) {
		b.settings.tls = config.Clone()
		b.settings.give("TLS")
	}
}

// Plain logs in by SASL PLAIN. The password is readable on connections without [TLS].
func Plain(user, password string) Option {
	return login("Plain", func() sasl.Mechanism { return plain.Auth{User: user, Pass: password}.AsMechanism() })
}

// ScramSHA256 logs in by SASL SCRAM-SHA-256.
func ScramSHA256(user, password string) Option {
	return login("ScramSHA256", func() sasl.Mechanism {
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism()
	})
}

// ScramSHA512 logs in by SASL SCRAM-SHA-512.
func ScramSHA512(user, password string) Option {
	return login("ScramSHA512", func() sasl.Mechanism {
		return scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
	})
}

// OAuthBearer logs in by SASL OAUTHBEARER. The function is called for each connection and must return a token that is
// valid; it must be safe for concurrent use. It panics where the function is nil.
func OAuthBearer(token func(context.Context) (string, error)) Option {
	if token == nil {
		panic("kafka.OAuthBearer: the function that gives tokens is nil")
	}
	return login("OAuthBearer", func() sasl.Mechanism {
		return bearer{oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
			t, err := token(ctx)
			return oauth.Auth{Token: t}, err
		})}
	})
}

// bearer makes an authentication error of Kafka's answer to a token that it doesn't accept. To the library that
// answer is unexpected data, as from a broken server, and it would try again.
type bearer struct{ sasl.Mechanism }

// Authenticate implements sasl.Mechanism.
func (b bearer) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := b.Mechanism.Authenticate(ctx, host)
	return bearerSession{session}, first, err
}

type bearerSession struct{ sasl.Session }

// Challenge implements sasl.Session.
func (s bearerSession) Challenge(answer []byte) (bool, []byte, error) {
	if len(answer) > 0 {
		return false, nil, fmt.Errorf("%w: Kafka answers %s", kerr.SaslAuthenticationFailed, answer)
	}
	return s.Session.Challenge(answer)
}

// login sets the mechanism of the option named.
func login(option string, m mechanism) Option {
	return func(b *Broker) {
		b.settings.mechanism = m
		b.settings.give(option)
	}
}
