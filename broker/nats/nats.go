// Package nats is the broker for streams that are subjects of NATS JetStream: exactly once, from any storage, since
// results and positions are one atomic batch.
//
//	nats.New("nats://localhost:4222",
//		nats.Subject[Order]("orders", nats.InStream("SHOP")),
//		nats.Subject[Item]("items", nats.InStream("SHOP")),
//		nats.Subject[Total]("totals"),
//	)
//
// # Reading
//
// The messages of one subject in one JetStream stream are read in the order of their sequences, which are the offsets.
// The subject may have wildcards. Nothing that lasts is made on the server: each reader has a consumer of its own that
// keeps no acknowledgements and vanishes after it. The stream must have the retention policy limits; a work queue takes
// messages away, and interest may never have kept them.
//
// An end-of-stream mark is a message whose value is a JSON object with a member "eos__" that is true, as on Kafka:
// {"eos__": true}. Where there is none, the subject is followed as it grows, until the run's context ends or for as
// long as [DataTimeout].
//
// Messages that limits or a purge have removed unread end the run with an error that says which those are; with
// [SkipRemoved] it goes on with what is left. So does a stream that was deleted and made again, or that has lost its
// newest messages. Messages in the middle that somebody has deleted, purged by subject, or let go by a limit for each
// subject or a time to live of their own, are passed over.
//
// # Writing
//
// Each commit is one atomic batch (server 2.12 or newer), which holds the results, end-of-stream marks and the
// positions to go on from. All outputs are in one stream, since a batch is. A message of the positions' subject,
// leat.positions.NAME.0, is the last of the batch and names the sequence of the one before it: so the server refuses
// the batch of a run that another one has taken over from. A consumer that reads the whole stream, and not the outputs'
// subjects, sees these messages, too. A commit whose answer is lost is looked up there.
//
// An output has no partitions: results of all partitions of the source go to it, those of each in order. Its session
// ends when all of them have ended theirs.
//
// A commit of more than about a thousand messages is no batch. Its results are put aside in the same stream first,
// under leat.positions.NAME.0.results, where the commit is decided. Then they are copied to the outputs batch by batch,
// by a later run if need be. So they are written exactly once, too, but who reads meanwhile may see the first part
// alone.
//
// Outputs that don't exist are made, with file storage; see [InStream], [Replicas]. A stream that exists gets what it
// lacks: the positions' subject, the permissions for atomic batches (allow_atomic) and for messages that take the place
// of those before them (allow_rollup_hdrs), and where messages have a greatest age the permission for messages that are
// exempt from it (allow_msg_ttl).
//
// # Taking over
//
// A second run of the same name goes on at once, from what was committed, even if the first one is frozen in the middle
// of a commit. That one ends with an error that says so at its next commit, and adds nothing.
//
// A connection that is lost, or a server that is killed and comes back, ends no run: it is told in the log, and tried
// again. But a server acknowledges messages before they are on its disk, and a crash of its machine loses them, unless
// its configuration says sync_interval: always. Exactly once needs that, or replicas; no client can see whether it is
// so.
//
// # Rights
//
// A user with restricted permissions may publish to the outputs, to leat.positions.NAME.>, to $JS.API.STREAM.NAMES, to
// $JS.API.STREAM.{INFO,CREATE,UPDATE,MSG.GET,PURGE}.> and to $JS.API.CONSUMER.{CREATE,MSG.NEXT,DELETE}.>, and subscribe
// to _INBOX.>. With $SYS.REQ.USER.INFO, too, leat check knows whether it may publish to the outputs.
package nats

import (
	"crypto/tls"
	"fmt"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"github.com/leat-go/leat/broker"
)

// A Broker reads and writes streams that are subjects. Make one with [New]. It is a [broker.Source] and a [broker.Sink]
// whose guarantee is [broker.ExactlyOnce], connects when a run opens it, and is safe for concurrent use.
//
// Where the sink of a mill is another storage that keeps no positions, they are kept in a stream LEAT_POSITIONS, which
// is made where it doesn't exist.
type Broker struct {
	url       string
	configure []func(*natsgo.Options)
	// credentials is the path of a file, if there is one.
	credentials string
	name        string
	subjects    []subject
}

// A subject is a stream as a user has declared it.
type subject struct {
	stream broker.Stream
	// in is the JetStream stream; empty for the one that has the subject.
	in          string
	replicas    int
	skipRemoved bool
}

// An Option is an argument of [New].
type Option func(*Broker)

// A SubjectOption is an option of one subject.
type SubjectOption func(*subject)

// New returns a broker for a NATS server or cluster, with the streams given by [Subject], for reading and for writing.
// url is as for the nats command, "nats://localhost:4222", or several of them with commas between. It doesn't connect
// yet. It panics where an option is nil.
func New(url string, options ...Option) *Broker {
	b := &Broker{url: url}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("nats.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// Subject declares a subject as a stream of elements of type T, or of *T, which is the same. Which way the stream flows
// is up to the mill: what its function takes is read, what it returns is written. A subject with wildcards can be read
// only. It panics where an option is nil.
func Subject[T any](name string, options ...SubjectOption) Option {
	s := subject{stream: broker.NewStream[T](name)}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("nats.Subject(%q): option %d is nil; leave it out", name, i+1))
		}
		option(&s)
	}
	return func(b *Broker) { b.subjects = append(b.subjects, s) }
}

// InStream names the JetStream stream that a subject is in, in place of the one that the server finds by the subject.
// An output's stream is made where it doesn't exist; without a name it is called after the first output, "totals.eu"
// becomes TOTALS_EU.
func InStream(name string) SubjectOption {
	return func(s *subject) { s.in = name }
}

// Replicas sets how many servers of a cluster hold the stream of an output that is made, in place of one. It panics
// where n isn't above zero.
func Replicas(n int) SubjectOption {
	if n <= 0 {
		panic(fmt.Sprintf("nats.Replicas(%d): a stream has at least one", n))
	}
	return func(s *subject) { s.replicas = n }
}

// SkipRemoved goes on with the first message that is left where limits or a purge may have removed unread ones, and
// logs a warning, in place of an error. In a JetStream stream that other subjects share, nobody can tell whether there
// were any of this one among those that were removed while nothing ran.
func SkipRemoved() SubjectOption {
	return func(s *subject) { s.skipRemoved = true }
}

// DataTimeout ends a stream for the session when no message has come for so long; without it a run waits for the next
// message or mark for ever. It panics where d isn't above zero.
func DataTimeout(d time.Duration) SubjectOption {
	if d <= 0 {
		panic(fmt.Sprintf("nats.DataTimeout(%v): a time to wait must be above zero", d))
	}
	return func(s *subject) { s.stream.DataTimeout = d }
}

// Named tells several streams of one element type apart; the join carries the same name.
func Named(name string) SubjectOption {
	return func(s *subject) { s.stream.As = name }
}

// MaxElement sets how many bytes a message may have, in place of [broker.DefaultMaxElement]. The server's max_payload
// limits them, too. It panics where bytes isn't above zero.
func MaxElement(bytes int) SubjectOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("nats.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(s *subject) { s.stream.MaxElement = bytes }
}

// Name sets the name under which positions are kept, in place of the mill's.
func Name(name string) Option {
	return func(b *Broker) { b.name = name }
}

// User sets user and password, in place of those in the url.
func User(user, password string) Option {
	return Configure(func(o *natsgo.Options) { o.User, o.Password = user, password })
}

// Credentials names a file of credentials, as nsc makes it, which is read at each connection.
func Credentials(file string) Option {
	return func(b *Broker) { b.credentials = file }
}

// TLS connects by TLS. The zero configuration trusts the system's authorities.
func TLS(config *tls.Config) Option {
	return Configure(func(o *natsgo.Options) { o.Secure, o.TLSConfig = true, config })
}

// Configure changes the client's options before each connection: an nkey, a dialer, a proxy. It panics where change is
// nil.
func Configure(change func(options *natsgo.Options)) Option {
	if change == nil {
		panic("nats.Configure: the function is nil; leave the option out")
	}
	return func(b *Broker) { b.configure = append(b.configure, change) }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream {
	streams := make([]broker.Stream, len(b.subjects))
	for i := range b.subjects {
		streams[i] = b.subjects[i].stream
	}
	return streams
}

// Guarantee returns [broker.ExactlyOnce].
func (b *Broker) Guarantee() broker.Guarantee { return broker.ExactlyOnce }

// subject returns the declaration of a job's stream.
func (b *Broker) subject(s broker.Stream) (*subject, error) {
	for i := range b.subjects {
		declared := &b.subjects[i]
		if declared.stream.Name == s.Name && declared.stream.Type == s.Type && declared.stream.As == s.As {
			return declared, nil
		}
	}
	return nil, fmt.Errorf("nats: the subject %q isn't among those that nats.New was given", s.Name)
}
