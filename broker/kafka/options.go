package kafka

import (
	"crypto/tls"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/elements"
)

// settings are what the options of [New] have set.
type settings struct {
	addresses    []string
	streams      []broker.Stream
	group        string
	instance     string
	clientID     string
	pace         broker.Pace
	readAhead    int
	dataTimeout  time.Duration
	metadataAge  time.Duration
	start        StartPosition
	createTopics bool
	growOutputs  bool
	compression  []kgo.CompressionCodec
	tls          *tls.Config
	mechanism    mechanism
	options      []kgo.Opt
	connections  *connections
	// given holds the names of the options that may contradict others, in the order in which they were given.
	given []string
}

func defaults() settings {
	return settings{
		clientID:     "leat",
		pace:         broker.Pace{Interval: 100 * time.Millisecond, Prompt: true, Results: 500_000, Bytes: 4 << 20},
		readAhead:    1 << 20,
		metadataAge:  10 * time.Second,
		createTopics: true,
		connections:  &connections{},
	}
}

func checkElement[T any](s *broker.Stream, option string) {
	if want := elements.TypeFor[T](); want != s.Type {
		panic(fmt.Sprintf("kafka.%s: the function takes %v, but topic %q holds %v", option, want, s.Name, s.Type))
	}
}

// Group sets the name of the consumer group that shares the partitions and keeps the positions. Without it, that is
// the mill's name. Mills that do different work need groups of their own.
func Group(name string) Option {
	return func(b *Broker) { b.settings.group = name }
}

// Instance gives this process a name in the group that outlasts it: Kafka's group.instance.id. When the process is
// stopped or killed, a restart under the same name takes over its partitions at once. Other instances take them over
// after ten seconds. Without a name, each run is a new member. After a kill, its partitions go to the others after
// ten seconds.
//
// Two processes must not have the same name at a time. The older one stops working, and ends with an error once it is
// sure that the other one lives.
func Instance(name string) Option {
	return func(b *Broker) { b.settings.instance = name }
}

// ClientID sets the name by which Kafka's logs and quotas know this client. Without it, that is "leat".
func ClientID(id string) Option {
	return func(b *Broker) {
		b.settings.clientID = id
		b.settings.give("ClientID")
	}
}

// CommitBytes sets how many bytes of results, over all partitions, make a transaction come before its time, which is for
// leat.CommitEvery to say. Without this option, that are four mebibytes. It panics where n is less than one.
func CommitBytes(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("kafka.CommitBytes(%d): a transaction holds at least one byte", n))
	}
	return func(b *Broker) { b.settings.pace.Bytes = n }
}

// ReadAhead sets how many bytes of records are held for each node and partition before they are needed. Without this
// option, that is a mebibyte. It is an upper limit: all nodes and partitions of an instance share sixteen mebibytes,
// so that memory doesn't grow with the partitions. One response of Kafka for each client may come on top. It panics
// where n is less than one.
func ReadAhead(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("kafka.ReadAhead(%d): at least one byte must be read", n))
	}
	return func(b *Broker) { b.settings.readAhead = n }
}

// DataTimeout ends a stream for the session when nothing has come for so long although Kafka could be reached. Zero,
// the default, waits for ever. It panics where d is negative.
//
// Such a session has no end-of-stream mark that the next one could begin behind. The next run goes on at the
// positions where this one stood. It joins, or accounts for, what came later. What was handed over stays as it was.
func DataTimeout(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("kafka.DataTimeout(%v): a time can't be negative", d))
	}
	return func(b *Broker) { b.settings.dataTimeout = d }
}

// MetadataAge sets how old what a run knows of Kafka's brokers and topics may become before it asks again. Added
// partitions and recreated topics are noticed within that time. When a broker takes no connection or gives no
// response, the run asks at once. Without this option, the age is ten seconds. A run has a client for each node and
// two more, and each asks by itself. It panics where d isn't between a tenth of a second and an hour.
func MetadataAge(d time.Duration) Option {
	if d < 100*time.Millisecond || d > time.Hour {
		panic(fmt.Sprintf("kafka.MetadataAge(%v): it takes from 100ms to 1h", d))
	}
	return func(b *Broker) {
		b.settings.metadataAge = d
		b.settings.give("MetadataAge")
	}
}

// A StartPosition is where a new group begins. The zero value is [Earliest].
type StartPosition struct {
	latest bool
	time   time.Time
}

// Earliest begins with the oldest records that the topics hold.
func Earliest() StartPosition { return StartPosition{} }

// Latest begins behind the records that the topics hold when a group begins, with those that come later.
func Latest() StartPosition { return StartPosition{latest: true} }

// From begins with the first record of each partition that isn't older than t.
func From(t time.Time) StartPosition { return StartPosition{time: t} }

func (p StartPosition) isEarliest() bool { return !p.latest && p.time.IsZero() }

// Start sets where a group begins that has no positions yet. Without it, that is [Earliest]. A group that has
// positions goes on there.
func Start(p StartPosition) Option {
	return func(b *Broker) { b.settings.start = p }
}

// CreateTopics says whether output topics that don't exist are created; true without it. They get the partition count
// of the inputs, the longest of the inputs' retentions, the master's message.timestamp.type, and Kafka's defaults for
// everything else.
func CreateTopics(create bool) Option {
	return func(b *Broker) { b.settings.createTopics = create }
}

// GrowOutputs adds partitions to output topics that have fewer than the inputs, when a run begins and while it is on.
// Records that a topic holds stay where they are. The client needs the right ALTER on the output topics.
//
// Without this option, a run that begins with such outputs fails, and says which command adds the partitions.
func GrowOutputs() Option {
	return func(b *Broker) { b.settings.growOutputs = true }
}

// Compression sets how results are compressed: by the first of the codecs that Kafka supports. Without it, that is
// Snappy.
func Compression(preference ...kgo.CompressionCodec) Option {
	return func(b *Broker) {
		b.settings.compression = slices.Clone(preference)
		b.settings.give("Compression")
	}
}

// Options adds options of the underlying library to every client that the broker makes, for what has no option here.
// They must not set what this package sets itself: groups, transactions, and what is consumed. New panics where they
// set what another option of this package sets, too.
func Options(options ...kgo.Opt) Option {
	return func(b *Broker) { b.settings.options = append(b.settings.options, options...) }
}
