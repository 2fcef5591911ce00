package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec"
)

const (
	defaultTimeout = 30 * time.Second
	firstPause     = 100 * time.Millisecond
	longestPause   = 5 * time.Second
)

// retry sends a request until it is answered, the time is up, or the answer is final. Its error begins with what was
// requested.
func (c *Client) retry(what string, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(c.ctx, c.timeout)
	defer cancel()
	for attempts, pause := 1, firstPause; ; attempts, pause = attempts+1, min(2*pause, longestPause) {
		err := request(ctx)
		if err == nil {
			return nil
		}
		if c.ctx.Err() != nil {
			return fmt.Errorf("schema registry, %s: %w", what, context.Cause(c.ctx))
		}
		if !temporary(err) {
			return fmt.Errorf("schema registry, %s: %s%w", what, advice(err), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the schema registry is %w: %s: no answer within %s, attempts: %d: %w",
				codec.ErrUnavailable, what, c.timeout, attempts, err)
		case <-time.After(pause):
		}
	}
}

// status returns the HTTP status of the registry's answer; 0 where there was none.
func status(err error) int {
	if refused := (*sr.ResponseError)(nil); errors.As(err, &refused) {
		return refused.StatusCode
	}
	return 0
}

// temporary tells whether the same request may get another answer a little later.
func temporary(err error) bool {
	if code := status(err); code != 0 {
		return code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout
	}
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err, &untrusted) {
		return false
	}
	unreachable := (*url.Error)(nil)
	return errors.As(err, &unreachable) || errors.Is(err, io.ErrUnexpectedEOF)
}

// advice says, before the registry's own words, what its answer means for the user.
func advice(err error) string {
	switch status(err) {
	case 0:
		return ""
	case http.StatusUnauthorized:
		return "it doesn't know who is asking (401); give a user with a password, or a token (registry.BasicAuth, " +
			"registry.BearerToken): "
	case http.StatusForbidden:
		return "this user may not do that (403): "
	case http.StatusNotFound:
		return "it isn't there (404); is this the registry that the topic's writers use? "
	case http.StatusConflict:
		return "the schema is incompatible with the subject's earlier ones (409): " +
			"keep their fields and give new ones a default, write under another subject, or change the subject's compatibility: "
	case http.StatusUnprocessableEntity:
		return "it finds the schema invalid (422): "
	}
	return fmt.Sprintf("it refuses the request (%d): ", status(err))
}
