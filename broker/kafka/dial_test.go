package kafka

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A broker that gave no answer gets no connection for a while, from no client of the storage; then it is tried again.
// Whatever else makes connections for the user is asked as ever.
func TestUnresponsiveBrokers(t *testing.T) {
	const unresponsive, other = "one:9092", "two:9092"
	synctest.Test(t, func(t *testing.T) {
		dialled := map[string]int{}
		dialer := kgo.Dialer(func(_ context.Context, _, address string) (net.Conn, error) {
			dialled[address]++
			return nil, errors.New("no connection")
		})
		b := New([]string{unresponsive, other}, Options(dialer))
		dial, err := b.settings.dialer()
		if err != nil {
			t.Fatal(err)
		}
		search := &leaderSearch{connections: b.settings.connections, client: newTestClient(t)}
		for _, err := range []error{nil, errors.New("end of file"), context.Canceled} {
			search.OnBrokerRead(kgo.BrokerMetadata{Host: "one", Port: 9092}, 0, 0, 0, 0, err)
		}
		_, _ = dial(t.Context(), "tcp", unresponsive)
		search.OnBrokerRead(kgo.BrokerMetadata{Host: "one", Port: 9092}, 0, 0, 0, 0, os.ErrDeadlineExceeded)
		_, err = dial(t.Context(), "tcp", unresponsive)
		if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" || !errors.Is(err, errUnresponsive) {
			t.Errorf("a connection to an unresponsive broker: got %v", err)
		}
		_, _ = dial(t.Context(), "tcp", other)
		if dialled[unresponsive] != 1 || dialled[other] != 1 {
			t.Errorf("connections: %v, wanted one to each", dialled)
		}
		time.Sleep(unresponsiveTime)
		_, _ = dial(t.Context(), "tcp", unresponsive)
		if dialled[unresponsive] != 2 {
			t.Error("a broker that was unresponsive once is never asked again")
		}
	})
}

func newTestClient(t *testing.T) *kgo.Client {
	client, err := kgo.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// What a broker that others will replace answers is temporary; what will never change stays what it is.
func TestUntilReplaced(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, c := range []struct {
		name      string
		err       error
		temporary bool
	}{
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), true},
		{"no route", dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), true},
		{"unresponsive", dial(errUnresponsive), true},
		{"unknown name", dial(&net.DNSError{Err: "no such host", Name: "kafka", IsNotFound: true}), false},
		{"no right to", dial(os.NewSyscallError("connect", syscall.EACCES)), false},
		{"the end", dial(context.Canceled), false},
		{"a reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, false},
		{"none", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := untilReplaced(c.err)
			op, ok := errors.AsType[*net.OpError](got)
			if is := ok && op.Op == "dial" && op.Temporary(); is != c.temporary {
				t.Errorf("temporary: %v, want %v", is, c.temporary)
			}
			if c.err != nil && got.Error() != c.err.Error() {
				t.Errorf("got %q, want the text %q", got, c.err)
			}
		})
	}
}
