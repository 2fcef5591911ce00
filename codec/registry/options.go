package registry

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec/schemas"
)

// An Option sets how a registry is reached.
type Option func(*settings)

type settings struct {
	urls     []string
	user     *url.Userinfo
	token    string
	timeout  time.Duration
	tls      *tls.Config
	advanced []sr.ClientOpt
}

// New returns a client of the registry at a URL; where the URL has no scheme, it is http. No request is sent before a
// codec needs a schema. When ctx ends, so do all requests under way; a decoder knows no other context.
func New(ctx context.Context, address string, options ...Option) (*Client, error) {
	s := settings{urls: []string{address}}
	for _, option := range options {
		option(&s)
	}
	forClient, err := s.clientOptions()
	if err != nil {
		return nil, fmt.Errorf("schema registry: %w", err)
	}
	client, err := sr.NewClient(forClient...)
	if err != nil {
		return nil, fmt.Errorf("schema registry: %w", err)
	}
	return &Client{
		ctx:      ctx,
		timeout:  cmp.Or(s.timeout, defaultTimeout),
		client:   client,
		schemas:  map[int]schemas.Schema{},
		notFound: map[int]notFound{},
		subjects: map[string]schemas.Registered{},
	}, nil
}

// BasicAuth logs in with a user and a password, as a registry's API key and secret are, too. They may stand in the URL
// instead: https://user:password@host.
func BasicAuth(user, password string) Option {
	return func(s *settings) { s.user = url.UserPassword(user, password) }
}

// BearerToken logs in with a token.
func BearerToken(token string) Option {
	return func(s *settings) { s.token = token }
}

// TLS sets the certificates of https connections. Without it the system's certificate authorities are trusted, and the
// client shows no certificate.
func TLS(config *tls.Config) Option {
	return func(s *settings) { s.tls = config.Clone() }
}

// Replicas adds the URLs of further instances of the registry. They are tried in order where those before don't answer.
func Replicas(addresses ...string) Option {
	return func(s *settings) { s.urls = append(s.urls, addresses...) }
}

// Timeout limits the time that one request takes with all attempts; without it, or with 0, it is 30 seconds. An attempt
// ends after 5 seconds, and pauses between attempts grow from 0.1 to 5 seconds.
func Timeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// Options adds options of the underlying library, for what has no option here: [sr.HTTPClient], [sr.PreReq] …
func Options(options ...sr.ClientOpt) Option {
	return func(s *settings) { s.advanced = append(s.advanced, options...) }
}

// clientOptions returns the options for the library.
func (s *settings) clientOptions() ([]sr.ClientOpt, error) {
	if s.timeout < 0 {
		return nil, fmt.Errorf("registry.Timeout is negative: %s", s.timeout)
	}
	urls := make([]string, len(s.urls))
	for i, address := range s.urls {
		var err error
		if urls[i], err = s.parseURL(address); err != nil {
			return nil, err
		}
	}
	options := []sr.ClientOpt{sr.URLs(urls...)}
	if s.user != nil && s.token != "" {
		return nil, errors.New("a user and a token are given, want one of registry.BasicAuth and registry.BearerToken")
	}
	if s.user != nil {
		password, _ := s.user.Password()
		options = append(options, sr.BasicAuth(s.user.Username(), password))
	}
	if s.token != "" {
		options = append(options, sr.BearerToken(s.token))
	}
	if s.tls != nil {
		options = append(options, sr.DialTLSConfig(s.tls))
	}
	return append(options, s.advanced...), nil
}

// parseURL returns a URL as the library takes it. A user is taken out of it, since errors quote URLs.
func (s *settings) parseURL(address string) (string, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	switch {
	case err != nil:
		return "", errors.New("its URL can't be parsed, want one like https://localhost:8081") // which may have a password
	case parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "":
		return "", fmt.Errorf("its URL is %q, want one like https://localhost:8081", parsed.Redacted())
	}
	if parsed.User != nil {
		if s.user != nil && s.user.String() != parsed.User.String() {
			return "", fmt.Errorf("the URL %q has another user than the one that is given otherwise", parsed.Redacted())
		}
		s.user, parsed.User = parsed.User, nil
	}
	return parsed.String(), nil
}
