package kafka_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker/kafka"
)

// token returns a JSON Web Token that nobody has signed.
func token(expires time.Time) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"none"}`) + "." +
		part(fmt.Sprintf(`{"sub":"leat","iat":%d,"exp":%d}`, expires.Add(-time.Hour).Unix(), expires.Unix())) + "."
}

// newBearer makes a Kafka that wants a token. The one in this process takes only those that are accepted.
func newBearer(t *testing.T, accepted string) *cluster {
	if address := os.Getenv("LEAT_TEST_KAFKA_LOGIN"); address != "" {
		c := newCluster(t)
		c.addresses = []string{address}
		return c
	}
	c := newFake(t)
	c.ControlKey(int16(kmsg.SASLHandshake), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		reply := request.ResponseKind().(*kmsg.SASLHandshakeResponse)
		reply.SupportedMechanisms = []string{"OAUTHBEARER"}
		if request.(*kmsg.SASLHandshakeRequest).Mechanism != "OAUTHBEARER" {
			reply.ErrorCode = kerr.UnsupportedSaslMechanism.Code
		}
		return reply, nil, true
	})
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		reply := request.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		message := string(request.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes)
		if !strings.Contains(message, "\x01auth=Bearer "+accepted+"\x01") {
			reply.SASLAuthBytes = []byte(`{"status":"invalid_token"}`)
		}
		return reply, nil, true
	})
	return c
}

// A token is asked for, and taken; one that has expired is refused at once, with what to look at.
func TestOAuthBearer(t *testing.T) {
	good := token(time.Now().Add(time.Hour))
	c := newBearer(t, good)
	c.create(c.prefix+"in", 1)
	must(t, open(t, c, job("", []string{c.prefix + "in"}, nil), kafka.Group(c.prefix+"group"),
		kafka.OAuthBearer(func(context.Context) (string, error) { return good, nil })))
	began := time.Now()
	err := open(t, c, job("", []string{c.prefix + "in"}, nil), kafka.Group(c.prefix+"group"),
		kafka.OAuthBearer(func(context.Context) (string, error) { return token(time.Now().Add(-time.Hour)), nil }))
	if err == nil || !strings.Contains(err.Error(), "or the token") || time.Since(began) > 10*time.Second {
		t.Errorf("after %v with a token that has expired the error is %v", time.Since(began), err)
	}
}
