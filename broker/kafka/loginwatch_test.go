package kafka

import (
	"io"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A Kafka that is killed while a client comes, behind a proxy, closes as many connections as one that refuses a login.
// It doesn't say which requests it knows any more, which takes no login.
func TestLoginWatchKnowsAKafkaThatEnds(t *testing.T) {
	for _, c := range []struct {
		name    string
		closes  int16 // the request that it closes each connection on
		refused bool
	}{
		{"login refused", int16(kmsg.SASLAuthenticate), true},
		{"Kafka killed", int16(kmsg.ApiVersions), false},
	} {
		w := newLoginWatch()
		read := func(key int16, err error) {
			w.OnBrokerRead(kgo.BrokerMetadata{}, key, 0, time.Millisecond, time.Millisecond, err)
		}
		read(int16(kmsg.ApiVersions), nil)
		read(int16(kmsg.Metadata), io.EOF)
		for range refusals {
			read(c.closes, io.EOF)
		}
		if refused := w.refused.Err() != nil; refused != c.refused {
			t.Errorf("%s: refused is %v", c.name, refused)
		}
	}
}
