package nats_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/internal/natsserver"
	"github.com/leat-go/leat/internal/testserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// program is the server's, and shared the server of most tests, on which each has subjects of its own; nil where there
// is none.
var (
	program string
	shared  *natsserver.Server
)

// names counts them.
var names atomic.Int32

func TestMain(m *testing.M) { os.Exit(fixture.Main(m, "LEAT_TEST_NATS", start)) }

// start starts the server of most tests. LEAT_TEST_NATS_SERVER is the path of another server's program; one that can't be
// built counts as one that isn't installed.
func start(ctx context.Context, dir string) (stop func() error, err error) {
	if program = os.Getenv("LEAT_TEST_NATS_SERVER"); program == "" {
		if program, err = natsserver.Build(ctx, filepath.Dir(dir)); err != nil {
			return nil, fmt.Errorf("NATS %w: %w", testserver.ErrNotInstalled, err)
		}
	}
	if shared, err = natsserver.Start(ctx, program, dir, ""); err != nil {
		return nil, err
	}
	return shared.Stop, nil
}

// A space is what one test has on a server: subjects that begin with its name, and a raw client.
type space struct {
	testing.TB
	name   string
	server *natsserver.Server
	js     jetstream.JetStream
}

func newSpace(t testing.TB) *space {
	t.Helper()
	if shared == nil {
		t.Skip("the NATS server can't be built")
	}
	return spaceOn(t, shared)
}

// ownSpace is on a server of its own, which the test may kill. extra is added to its configuration.
func ownSpace(t testing.TB, extra string, options ...natsgo.Option) *space {
	t.Helper()
	if shared == nil {
		t.Skip("the NATS server can't be built")
	}
	server, err := natsserver.Start(context.Background(), program, filepath.Join(t.TempDir(), "server"), extra)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return spaceOn(t, server, options...)
}

// userOfTests is whom a server knows that has users.
var userOfTests = []natsgo.Option{natsgo.UserInfo("leat", "top-secret")}

func spaceOn(t testing.TB, server *natsserver.Server, options ...natsgo.Option) *space {
	s := &space{TB: t, name: fmt.Sprint("t", names.Add(1)), server: server}
	s.connect(server.URL(), options...)
	return s
}

// connect makes the raw client.
func (s *space) connect(url string, options ...natsgo.Option) {
	s.Helper()
	options = append(options, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(10*time.Millisecond))
	conn, err := natsgo.Connect(url, options...)
	s.must(err)
	s.Cleanup(conn.Close)
	s.js, err = jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(100_000))
	s.must(err)
}

func (s *space) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// subject returns a subject of the space, and stream the name of a JetStream stream.
func (s *space) subject(name string) string { return s.name + "." + name }
func (s *space) stream(name string) string  { return strings.ToUpper(s.name + "_" + name) }

// make makes a stream of the space with subjects.
func (s *space) make(name string, subjects ...string) {
	s.Helper()
	config := jetstream.StreamConfig{Name: s.stream(name)}
	for _, subject := range subjects {
		config.Subjects = append(config.Subjects, s.subject(subject))
	}
	s.makeAs(config)
}

func (s *space) makeAs(config jetstream.StreamConfig) {
	s.Helper()
	_, err := s.js.CreateStream(context.Background(), config)
	s.must(err)
}

// publish adds a message.
func (s *space) publish(subject, value string) (sequence uint64) {
	s.Helper()
	ack, err := s.js.Publish(context.Background(), s.subject(subject), []byte(value))
	s.must(err)
	return ack.Sequence
}

// values returns what a subject holds, read by the raw client; nothing where no stream has it.
func (s *space) values(subject string) (values []string) {
	s.Helper()
	name, err := s.js.StreamNameBySubject(context.Background(), s.subject(subject))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	s.must(err)
	for from := uint64(1); ; {
		request, err := json.Marshal(map[string]any{"seq": from, "next_by_subj": s.subject(subject)})
		s.must(err)
		reply, err := s.js.Conn().Request("$JS.API.STREAM.MSG.GET."+name, request, hung)
		s.must(err)
		var answer struct {
			Message *struct {
				Sequence uint64 `json:"seq"`
				Data     []byte `json:"data"`
			} `json:"message"`
			Error *jetstream.APIError `json:"error"`
		}
		s.must(json.Unmarshal(reply.Data, &answer))
		if answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return values
		}
		if answer.Error != nil {
			s.Fatal(answer.Error)
		}
		values = append(values, string(answer.Message.Data))
		from = answer.Message.Sequence + 1
	}
}
