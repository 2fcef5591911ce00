package kafka

import (
	"crypto/tls"
	"fmt"
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

func checkKey[T any](s *broker.Stream) {
	if want := elements.TypeFor[T](); want != s.Type {
		panic(fmt.Sprintf("kafka.Key: the function takes %v, but topic %q holds %v", want, s.Name, s.Type))
	}
}

// Group sets the name of the consumer group that shares the partitions and keeps the positions; without it that is the
// mill's name. Mills that do different work need groups of their own.
func Group(name string) Option {
	return func(b *Broker) { b.settings.group = name }
}

// Instance gives this process a name in the group that outlasts it: when it is stopped or killed, a restart under the same
// name takes over its partitions at once, and until then nobody else does for ten seconds. Without a name, each run is a
// new member, and after a kill its partitions go to the others after those ten seconds.
//
// Two processes must not have the same name at a time: the older one stops working and, when it is sure that the other one
// lives, ends with an error.
func Instance(name string) Option {
	return func(b *Broker) { b.settings.instance = name }
}

// ClientID sets the name by which Kafka's logs and quotas know this client, "leat" without it.
func ClientID(id string) Option {
	return func(b *Broker) { b.settings.clientID = id }
}

// CommitInterval sets the time between two transactions. Without it, that is 100 milliseconds, and less while there is
// little to do. Results become visible with their transaction. It panics where d is negative.
func CommitInterval(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("kafka.CommitInterval(%v): an interval can't be negative", d))
	}
	return func(b *Broker) { b.settings.pace.Interval, b.settings.pace.Prompt = d, false }
}

// CommitResults sets the number of results, over all partitions, at which a transaction is made before its time; 500,000
// without it. It panics where n is less than one.
func CommitResults(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("kafka.CommitResults(%d): a transaction holds at least one result", n))
	}
	return func(b *Broker) { b.settings.pace.Results = n }
}

// CommitBytes sets the size of results, over all partitions, at which a transaction is made before its time; four
// mebibytes without it. It panics where n is less than one.
func CommitBytes(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("kafka.CommitBytes(%d): a transaction holds at least one byte", n))
	}
	return func(b *Broker) { b.settings.pace.Bytes = n }
}

// ReadAhead sets how many bytes of records are held for each node and partition before they are needed, a mebibyte without
// it. It is an upper limit: all nodes and partitions of an instance share sixteen mebibytes, so that memory doesn't grow with
// the partitions. One answer of Kafka for each client may come on top. It panics where n is less than one.
func ReadAhead(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("kafka.ReadAhead(%d): at least one byte must be read", n))
	}
	return func(b *Broker) { b.settings.readAhead = n }
}

// DataTimeout ends a stream for the session when nothing has come for so long although Kafka could be reached. A session that
// ends by it has no end-of-stream mark to begin the next one behind: the next run goes on where this one stood, and joins or
// accounts for what came later; what was handed over stays as it was then. Zero, the default, waits for ever. It panics where d
// is negative.
func DataTimeout(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("kafka.DataTimeout(%v): a time can't be negative", d))
	}
	return func(b *Broker) { b.settings.dataTimeout = d }
}

// MetadataAge sets how old what the run knows of Kafka's brokers and topics may become before it asks again: partitions that
// were added and topics that were made anew are noticed within that time; a broker that takes no connection or gives no answer
// makes it ask at once. It is ten seconds without it; each client of the run, of which there is one for each node and two more,
// then asks every ten seconds. It panics where d isn't between a tenth of a second and an hour.
func MetadataAge(d time.Duration) Option {
	if d < 100*time.Millisecond || d > time.Hour {
		panic(fmt.Sprintf("kafka.MetadataAge(%v): it takes from 100ms to 1h", d))
	}
	return func(b *Broker) { b.settings.metadataAge = d }
}

// A StartPosition is where a new group begins. The zero value is [Earliest].
type StartPosition struct {
	latest bool
	time   time.Time
}

// Earliest begins with the oldest records that the topics hold.
func Earliest() StartPosition { return StartPosition{} }

// Latest begins with what comes after the start.
func Latest() StartPosition { return StartPosition{latest: true} }

// From begins with the first record of each partition that isn't older than t.
func From(t time.Time) StartPosition { return StartPosition{time: t} }

func (p StartPosition) isEarliest() bool { return !p.latest && p.time.IsZero() }

// Start sets where a group begins that has no positions yet; [Earliest] without it.
func Start(p StartPosition) Option {
	return func(b *Broker) { b.settings.start = p }
}

// CreateTopics says whether output topics that don't exist are created, with the partition count of the inputs, the longest
// of their retentions, the master's message.timestamp.type, and Kafka's defaults for everything else; true without it.
func CreateTopics(create bool) Option {
	return func(b *Broker) { b.settings.createTopics = create }
}

// GrowOutputs has output topics that have fewer partitions than the inputs given as many, when a run begins and while it is on;
// without it that is for somebody else to do, and a run that begins is refused until then. What a topic holds stays where it is.
// It takes the right ALTER on the output topics.
func GrowOutputs() Option {
	return func(b *Broker) { b.settings.growOutputs = true }
}

// Compression sets how results are compressed: the first of the codecs that Kafka supports. Without it that is Snappy.
func Compression(preference ...kgo.CompressionCodec) Option {
	return func(b *Broker) { b.settings.compression = preference }
}

// Options adds options of the underlying library to every client that the broker makes, for what has no option here.
// Options that this package sets itself, those of groups, transactions and consuming, must not be among them.
func Options(options ...kgo.Opt) Option {
	return func(b *Broker) { b.settings.options = append(b.settings.options, options...) }
}
