// Package redis is the broker for Redis streams: exactly once, from any storage, since results and positions are
// written by one script.
//
//	redis.New("redis://localhost:6379",
//		redis.Stream[Click]("clicks"),
//		redis.Stream[Order]("orders"),
//		redis.Stream[Basket]("baskets"),
//	)
//
// # Reading
//
// A stream is read in the order of its entries, without a consumer group, and followed as it grows. An entry is an
// object whose members are its fields: a value that is a JSON number is a number with its digits, true and false
// are truth values, and all else is text, in UTF-8. Where its only field is json, it is that document. An entry
// with the field eos__ is an end-of-stream mark. A stream has one partition.
//
// Entries may be deleted by XDEL wherever a run stands. Trimming (XTRIM, XADD … MAXLEN) that has removed entries
// before they were read is an error, unless [SkipRemoved] is given: Redis counts the entries that were ever added,
// and where all entries up to the position are gone, that number tells whether others have gone with them. It
// doesn't tell whether XDEL or trimming has removed them, so that what XDEL has removed behind the position counts
// then, too. Servers before 7.0 don't count: with them, it is an error where all entries up to the position are
// gone.
//
// # Writing
//
// A result is an entry with the only field json, so that a reader gets back what was written; with [Fields] its members
// are the fields. Ids are given by the server. An output that doesn't exist is made. It grows until somebody trims it.
//
// Each commit is one script, which adds the results and keeps the positions to go on from in the hash
// leat:positions:NAME, NAME being the mill's or that of [Name]. It names the commit's number, so that a commit
// whose answer is lost is sent again without being made twice. The results of one call are always one commit: a
// million of them keep the server busy for a second or two. In a cluster the outputs and that hash must be in one
// hash slot: give them names with one tag in braces, {shop}totals and [Name]("{shop}totals").
//
// # What it promises
//
// What a commit has added outlasts a crash of the server where appendonly is yes, appendfsync is always and
// no-appendfsync-on-rewrite is no, no key is evicted (maxmemory-policy), and no replica takes over, since
// replication is asynchronous. A run looks at these settings when it begins. Where they don't give it, its first
// line says "at least once", and a warning says why: after a crash, the last commits may be gone, results and
// positions alike, and are made again; who has read the results before gets them twice. The run that meets such a
// server ends with an error that says so, and the next one goes on from what is there.
//
// # Taking over
//
// A second run of the same name goes on at once, from what was committed, even if the first one is frozen in the middle
// of a commit. That one ends with an error that says so at its next commit, and adds nothing.
//
// A connection that is lost, or a server that is killed and comes back, ends no run: it is told in the log, and tried
// again. A server that is away when a run begins is waited for up to a minute.
//
// # Rights
//
// Reading takes +xrange +xrevrange +xread +xinfo|stream +multi +exec on the streams, of which +xrevrange is for what only
// looks, such as leat check; writing +eval +evalsha +xadd +xinfo|stream on outputs, and +eval +evalsha +hget +hmget +hset
// +time on leat:positions:*, where commits may be large also +del +rpush +expire +llen +lrange +unlink.
// Where +info and +config|get aren't allowed, the settings can't be looked at.
package redis

import (
	"fmt"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
)

// A Broker reads and writes Redis streams. Make one with [New]. It is a [broker.Source] and a [broker.Sink], connects
// when a run opens it, and is safe for concurrent use.
type Broker struct {
	url       string
	configure []func(*goredis.Options)
	name      string
	streams   []declared
	// weak says that a server that was looked at doesn't keep what it has confirmed.
	weak atomic.Bool
}

// A declared stream is one as a user has declared it.
type declared struct {
	broker.Stream
	// fields says that results are written as fields, and skipRemoved that entries may be gone before they were read.
	fields, skipRemoved bool
}

// An Option is an argument of [New].
type Option func(*Broker)

// A StreamOption is an option of one stream.
type StreamOption func(*declared)

// New returns a broker for a server, with the streams given by [Stream], for reading and for writing. url looks like
// redis://user:password@host:port/database, or with rediss for TLS; a member of a cluster will do. It doesn't connect
// yet. It panics where an option is nil.
func New(url string, options ...Option) *Broker {
	b := &Broker{url: url}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("redis.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// Stream declares the stream at a key as one of elements of type T, or of *T, which is the same. Which way the
// stream flows is up to the mill: what its function takes is read, what it returns is written. It panics where an
// option is nil.
func Stream[T any](key string, options ...StreamOption) Option {
	d := declared{Stream: broker.NewStream[T](key)}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("redis.Stream(%q): option %d is nil; leave it out", key, i+1))
		}
		option(&d)
	}
	return func(b *Broker) { b.streams = append(b.streams, d) }
}

// Fields writes the members of a result as fields of an entry, in place of one field json, for readers that expect
// that. Texts, numbers and truth values are written as they are, lists and objects as JSON; members that are null are
// left out. Who reads them back gets a text that looks like a number as a number.
func Fields() StreamOption {
	return func(d *declared) { d.fields = true }
}

// SkipRemoved goes on, with a warning, where entries were removed before they were read, or the stream was deleted and
// made anew, in place of an error.
func SkipRemoved() StreamOption {
	return func(d *declared) { d.skipRemoved = true }
}

// DataTimeout ends a stream for the session when no entry has come for so long; without it a run waits for ever. It
// panics where d isn't above zero.
func DataTimeout(d time.Duration) StreamOption {
	if d <= 0 {
		panic(fmt.Sprintf("redis.DataTimeout(%v): a time to wait must be above zero", d))
	}
	return func(s *declared) { s.DataTimeout = d }
}

// Named tells several streams of one element type apart; the join carries the same name.
func Named(name string) StreamOption {
	return func(d *declared) { d.As = name }
}

// MaxElement sets how many bytes an element may have as JSON, in place of [broker.DefaultMaxElement]. It panics where
// bytes isn't above zero.
func MaxElement(bytes int) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("redis.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(d *declared) { d.Stream.MaxElement = bytes }
}

// Name sets the name under which positions are kept, in place of the mill's.
func Name(name string) Option {
	return func(b *Broker) { b.name = name }
}

// Configure changes what New has made of its url before each connection: certificates, a password from elsewhere, a
// dialer. It panics where change is nil.
func Configure(change func(options *goredis.Options)) Option {
	if change == nil {
		panic("redis.Configure: the function is nil; leave the option out")
	}
	return func(b *Broker) { b.configure = append(b.configure, change) }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream {
	streams := make([]broker.Stream, len(b.streams))
	for i := range b.streams {
		streams[i] = b.streams[i].Stream
	}
	return streams
}

// Guarantee returns [broker.ExactlyOnce], or [broker.AtLeastOnce] where a run has found that the server doesn't keep
// what it has confirmed.
func (b *Broker) Guarantee() broker.Guarantee {
	if b.weak.Load() {
		return broker.AtLeastOnce
	}
	return broker.ExactlyOnce
}

// declared returns the declaration of a job's stream.
func (b *Broker) declared(s broker.Stream) (*declared, error) {
	for i := range b.streams {
		d := &b.streams[i]
		if d.Name == s.Name && d.Type == s.Type && d.As == s.As {
			return d, nil
		}
	}
	return nil, fmt.Errorf("redis: the stream %q isn't among those that redis.New was given", s.Name)
}
