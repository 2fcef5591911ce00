// Package rabbitmq is the broker for streams that are RabbitMQ streams: read from offsets, and written exactly once,
// from any storage. Plain queues can be written, too, at least once.
//
//	rabbitmq.New("rabbitmq-stream://leat@localhost:5552",
//		rabbitmq.Stream[Order]("orders"),
//		rabbitmq.Stream[Item]("items"),
//		rabbitmq.Stream[Total]("totals", rabbitmq.MaxLength(10<<30)),
//	)
//
// It takes RabbitMQ 3.9 or later with its stream plugin (rabbitmq-plugins enable rabbitmq_stream). A stream is one
// partition. Super streams (3.11 and later) aren't read as such: name the partitions of one, each a stream.
//
// # Reading
//
// A stream is read from an offset, which lasts, the first time from the oldest message, and followed as it grows, until
// an end-of-stream mark, the run's context or [DataTimeout] ends it. A mark is a message that is the JSON object
// {"eos__": true}, as on Kafka. The data of a message is the element; its subject, or the routing key that it was sent
// by over AMQP 0.9.1, is the record's key, its creation time, or when the server stored it, the record's time, and its
// application properties are the record's headers. Where retention has removed messages that a run needs, the run ends
// with an error that says which are left.
//
// # Writing
//
// Each result is a message of AMQP 1.0, with the result's JSON as its data, and the key and time of its master as
// subject and creation time. Streams that don't exist are made, see [MaxAge] and [MaxLength].
//
// A commit is first added to a stream of Leat's own, the journal, which is called "leat." and the mill's name or
// [Name]. It holds the results, compressed, and the positions to go on from, and only what is in it goes to the
// outputs. Each message has an id there, that of the journal, by which the server passes over what it has. So a commit
// that was interrupted is completed by the next run, and each result is in its output once, in order, whatever is
// killed and whenever. Who reads several outputs may see a commit in one of them a moment earlier than in another. The
// journal keeps 256 MiB at most.
//
// What the server has confirmed outlasts its process. It doesn't wait until it is on the disk: what a machine that
// loses its power may lose, replicas on others keep.
//
// # Servers that are killed
//
// A server that is killed and started again finds its streams, and what it has confirmed. One case is known in which it
// doesn't (seen in 3.10.8; in 2026 its library Ra still had that code): when it is killed within about a second of the
// first stream that was ever made on it. The name of the process that knows all streams isn't in the server's table yet then
// (names.dets), and all its streams stay "not available", for all clients. The messages are still there. Stop the server
// and put the name back, as the user that it runs as, in the folder coordination/NODE of its data, where the folder's
// name that begins with RABBIT says which:
//
//	erl -noshell -eval '{ok, T} = dets:open_file(t, [{file, "names.dets"}]),
//		ok = dets:insert(T, {rabbit_stream_coordinator, <<"RABBIT...">>}), ok = dets:close(T), halt().'
//
// Or delete the streams and make them anew. A server that was shut down once, or ran for a few seconds, has it.
//
// # Taking over
//
// A second run of the same name goes on at once, from what was committed, even if the first one is frozen in the middle
// of a commit. It notes in the journal that it has taken over; what the first one adds behind that counts for nothing.
// The first one ends with an error that says so at its next commit.
//
// A connection that is lost, or a server that is killed and comes back, ends no run: it is told in the log, and tried
// again.
//
// # Queues
//
// A queue ([Queue]) gets each result at least once: a run that goes on after a crash sends the last commit again. Such
// results go over AMQP 0.9.1, see [AMQP].
//
// # Rights
//
// It takes the right to read what is read; on outputs the right to write, and to configure where they don't exist; on
// the journal all three:
//
//	rabbitmqctl set_permissions leat '^(leat\.|totals$)' '^(leat\.|totals$)' '^(leat\.|orders$|items$|totals$)'
//
// Queues take the right to configure them where they don't exist, and to write to amq.default, by which they are reached.
package rabbitmq

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/elements"
)

// A Broker reads and writes streams of a RabbitMQ server or cluster. Make one with [New]. It is a [broker.Source] and a
// [broker.Sink], connects when a run opens it, and is safe for concurrent use.
type Broker struct {
	url       string
	amqpURL   string
	hosts     []string
	tls       *tls.Config
	external  bool
	name      string
	readAhead int
	heartbeat time.Duration
	queues    []queue
}

// A queue is a stream of the server, or a plain queue, as a user has declared it.
type queue struct {
	stream broker.Stream
	plain  bool
	// arguments are those that a stream is made with, where it doesn't exist.
	arguments map[string]string
}

// An Option is an argument of [New].
type Option func(*Broker)

// A StreamOption is an option of one stream or queue.
type StreamOption func(*queue)

// New returns a broker for a server, with the streams given by [Stream] and [Queue]. url is that of the stream port, as
// "rabbitmq-stream://user:password@host:5552/vhost", or with "rabbitmq-stream+tls" and port 5551 for TLS. It doesn't
// connect yet. It panics where an option is nil.
func New(url string, options ...Option) *Broker {
	b := &Broker{url: url, readAhead: 1 << 20, heartbeat: 10 * time.Second}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("rabbitmq.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// Stream declares a stream of elements of type T, or of *T, which is the same. Which way it flows is up to the mill:
// what its function takes is read, what it returns is written. It panics where an option is nil.
func Stream[T any](name string, options ...StreamOption) Option {
	return declare("Stream", queue{stream: broker.NewStream[T](name)}, options)
}

// Queue declares a plain queue, classic or quorum, for results, which it gets at least once. A queue that doesn't exist
// is made, durable. It panics where an option is nil.
func Queue[T any](name string, options ...StreamOption) Option {
	return declare("Queue", queue{stream: broker.NewStream[T](name), plain: true}, options)
}

func declare(what string, q queue, options []StreamOption) Option {
	q.arguments = map[string]string{}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("rabbitmq.%s(%q): option %d is nil; leave it out", what, q.stream.Name, i+1))
		}
		option(&q)
	}
	return func(b *Broker) { b.queues = append(b.queues, q) }
}

// Named tells several streams of one element type apart; the join carries the same name.
func Named(name string) StreamOption {
	return func(q *queue) { q.stream.As = name }
}

// Codec sets the codec of a stream's values, in place of [codec.JSON]. It panics where c is nil.
func Codec(c codec.Codec) StreamOption {
	if c == nil {
		panic("rabbitmq.Codec: the codec is nil; leave the option out for codec.JSON")
	}
	return func(q *queue) { q.stream.Codec = c }
}

// Tombstones makes elements of messages without a body, or whose body is null. Their fields are those of the message's
// key where that is a JSON object, and zero otherwise. Without this option such messages are passed over, and counted.
func Tombstones() StreamOption {
	return func(q *queue) { q.stream.TakeTombstones() }
}

// Key sets the function that gives each result its key, in place of the key of its master record. It panics where the
// function is nil, and where T isn't the stream's element type or a pointer to it.
func Key[T any](key func(T) []byte) StreamOption {
	if key == nil {
		panic("rabbitmq.Key: the function is nil; leave the option out for the keys of the master records")
	}
	return func(q *queue) {
		if want := elements.TypeFor[T](); want != q.stream.Type {
			panic(fmt.Sprintf("rabbitmq.Key: the function takes %v, but %q holds %v", want, q.stream.Name, q.stream.Type))
		}
		from := elements.From[T]()
		q.stream.Key = func(element any) []byte { return key(from(element)) }
	}
}

// MaxElement sets how many bytes an element may have where the stream is read, in place of [broker.DefaultMaxElement].
// It panics where bytes isn't above zero.
func MaxElement(bytes int) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("rabbitmq.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(q *queue) { q.stream.MaxElement = bytes }
}

// DataTimeout ends a stream for the session when nothing has come for so long although the server can be reached;
// without it a run waits for ever. It panics where d isn't above zero.
//
// Such a session has no mark that the next one could begin behind. The next run goes on where this one stood.
func DataTimeout(d time.Duration) StreamOption {
	if d <= 0 {
		panic(fmt.Sprintf("rabbitmq.DataTimeout(%v): a time to wait must be above zero", d))
	}
	return func(q *queue) { q.stream.DataTimeout = d }
}

// MaxAge sets for how long a stream that is made for results keeps them; without it, as long as [MaxLength] says. The
// server removes whole segments. It panics where d is less than a second.
func MaxAge(d time.Duration) StreamOption {
	if d < time.Second {
		panic(fmt.Sprintf("rabbitmq.MaxAge(%v): a stream keeps its messages for a second at least", d))
	}
	return func(q *queue) { q.arguments["max-age"] = strconv.FormatInt(int64(d/time.Second), 10) + "s" }
}

// MaxLength sets how many bytes a stream that is made for results has at most; without it, as many as come. The server
// removes whole segments. It panics where bytes isn't above zero.
func MaxLength(bytes int64) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("rabbitmq.MaxLength(%d): a stream has at least one byte", bytes))
	}
	return func(q *queue) { q.arguments["max-length-bytes"] = strconv.FormatInt(bytes, 10) }
}

// Name sets the name under which positions are kept, in place of the mill's.
func Name(name string) Option {
	return func(b *Broker) { b.name = name }
}

// AMQP sets the url of the AMQP port, as "amqp://user:password@host:5672/vhost", for queues. Without it that is what
// New was given, with port 5672, or 5671 with TLS. Streams don't need that port.
func AMQP(url string) Option {
	return func(b *Broker) { b.amqpURL = url }
}

// Hosts adds nodes of the cluster, each "host:port" of its stream port, which are tried in turn where the one in the
// url can't be reached.
func Hosts(addresses ...string) Option {
	return func(b *Broker) { b.hosts = append(b.hosts, addresses...) }
}

// TLS sets how connections with TLS are made: which authorities are trusted, and the client's certificate. It panics
// where config is nil.
func TLS(config *tls.Config) Option {
	if config == nil {
		panic("rabbitmq.TLS: the config is nil; leave the option out for the system's certificates")
	}
	return func(b *Broker) { b.tls = config.Clone() }
}

// External tells the server who the user is by the client's certificate, in place of a password. The server needs the
// plugin rabbitmq_auth_mechanism_ssl, and version 3.13: before, its stream port can't do that.
func External() Option {
	return func(b *Broker) { b.external = true }
}

// ReadAhead sets about how many bytes of a stream are held for each node before they are needed, in place of a
// mebibyte. The server sends whole chunks, of which there is at least one. It panics where bytes isn't above zero.
func ReadAhead(bytes int) Option {
	if bytes <= 0 {
		panic(fmt.Sprintf("rabbitmq.ReadAhead(%d): at least one byte must be read", bytes))
	}
	return func(b *Broker) { b.readAhead = bytes }
}

// Heartbeat sets how often both sides show that they are alive, in place of ten seconds. A connection that has died
// without a word is found out after two of these times. It panics where d is less than a second.
func Heartbeat(d time.Duration) Option {
	if d < time.Second {
		panic(fmt.Sprintf("rabbitmq.Heartbeat(%v): it takes a second at least", d))
	}
	return func(b *Broker) { b.heartbeat = d }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream {
	streams := make([]broker.Stream, len(b.queues))
	for i := range b.queues {
		streams[i] = b.queues[i].stream
	}
	return streams
}

// Guarantee returns [broker.ExactlyOnce] for streams, and [broker.AtLeastOnce] where a queue is declared.
func (b *Broker) Guarantee() broker.Guarantee {
	if slices.ContainsFunc(b.queues, func(q queue) bool { return q.plain }) {
		return broker.AtLeastOnce
	}
	return broker.ExactlyOnce
}

// GuaranteeFor returns [broker.ExactlyOnce] where all outputs are streams, and [broker.AtLeastOnce] otherwise.
func (b *Broker) GuaranteeFor(outputs []broker.Stream) broker.Guarantee {
	for _, s := range outputs {
		if q, err := b.queue(s); err == nil && q.plain {
			return broker.AtLeastOnce
		}
	}
	return broker.ExactlyOnce
}

// queue returns the declaration of a job's stream.
func (b *Broker) queue(s broker.Stream) (*queue, error) {
	for i := range b.queues {
		q := &b.queues[i]
		if q.stream.Name == s.Name && q.stream.Type == s.Type && q.stream.As == s.As {
			return q, nil
		}
	}
	return nil, fmt.Errorf("rabbitmq: the stream %q isn't among those that rabbitmq.New was given", s.Name)
}
