package leat

import (
	"log/slog"

	"go.uber.org/dig"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// An Option configures a mill, or several. Each kind but [Join], [JoinFunc], [JoinExpr], [Provide] and
// [Observe] may be given once.
type Option interface {
	apply(*config)
}

// config holds what the options of a mill said.
type config struct {
	name        string
	logger      *slog.Logger
	source      broker.Source
	sink        broker.Sink
	joins       []*join
	windows     []*window
	provided    []*provided
	container   *dig.Container
	concurrency int
	verify      bool
	onDisorder  Policy
	onDecode    Policy
	onError     Policy
	observers   []observe.Observer
	// deadLetters are the options with the policy DeadLetter.
	deadLetters []*option
	// onUnmatched and writeUnmatched are what those options said; nil without them.
	onUnmatched    func(Unmatched)
	writeUnmatched *option

	given    map[string]bool
	mistakes mistake.List
}

// An option is an Option with its name and where it was made, for the mistakes in it.
type option struct {
	name string
	at   mistake.Place
	set  func(c *config, o *option)
	// many says that the option may be given several times.
	many bool
}

func (o *option) apply(c *config) {
	if c.given[o.name] && !o.many {
		c.mistakes.Add("%s was given before; give it once", o)
		return
	}
	c.given[o.name] = true
	o.set(c, o)
}

// String returns the option as mistakes name it.
func (o *option) String() string { return "leat." + o.name + o.at.Suffix() }

// newConfig applies the options.
func newConfig(options []Option) *config {
	c := &config{
		logger:      slog.Default(),
		concurrency: 1,
		onDisorder:  Fail,
		onDecode:    Fail,
		onError:     Fail,
		given:       make(map[string]bool),
	}
	for i, o := range options {
		if o == nil {
			c.mistakes.Add("option %d is nil; leave it out", i+1)
			continue
		}
		o.apply(c)
	}
	if source, ok := c.source.(interface{ Logger() *slog.Logger }); ok && !c.given["Logger"] {
		c.logger = source.Logger()
	}
	return c
}

// Broker sets the storage that elements are read from and results are written to.
func Broker(b interface {
	broker.Source
	broker.Sink
}) Option {
	return &option{name: "Broker", at: mistake.Caller(0), set: func(c *config, o *option) {
		if mistake.IsNil(b) {
			c.mistakes.Add("%s: the broker is %s; give one that was made, as by jsonfile.New", o, mistake.Nil(b))
			return
		}
		c.setSource(o, b)
		c.setSink(o, b)
	}}
}

// From sets the storage that elements are read from; [To] sets the one for the results.
func From(source broker.Source) Option {
	return &option{name: "From", at: mistake.Caller(0), set: func(c *config, o *option) {
		if mistake.IsNil(source) {
			c.mistakes.Add("%s: the source is %s; give one that was made, as by jsonfile.New", o, mistake.Nil(source))
			return
		}
		c.setSource(o, source)
	}}
}

// To sets the storage that results are written to; [From] sets the one for the elements. A function without results may
// have a sink, too: it keeps the positions there.
func To(sink broker.Sink) Option {
	return &option{name: "To", at: mistake.Caller(0), set: func(c *config, o *option) {
		if mistake.IsNil(sink) {
			c.mistakes.Add("%s: the sink is %s; give one that was made, as by jsonfile.New", o, mistake.Nil(sink))
			return
		}
		c.setSink(o, sink)
	}}
}

func (c *config) setSource(o *option, s broker.Source) {
	if c.source != nil {
		c.mistakes.Add("%s: there is a source already; give either leat.Broker or leat.From with leat.To", o)
		return
	}
	c.source = s
}

func (c *config) setSink(o *option, s broker.Sink) {
	if c.sink != nil {
		c.mistakes.Add("%s: there is a sink already; give either leat.Broker or leat.From with leat.To", o)
		return
	}
	c.sink = s
}

// Name sets the mill's name, which logs and plans show and by which storages keep its positions. Without it the mill is
// called like its function. A function literal's name changes with the code around it, so its mill should have one.
func Name(name string) Option {
	return &option{name: "Name", at: mistake.Caller(0), set: func(c *config, o *option) {
		if name == "" {
			c.mistakes.Add("%s: the name is empty; leave the option out to call the mill like its function", o)
		}
		c.name = name
	}}
}

// Logger sets the logger. Without it the mill logs to [slog.Default], or with the logger that the source brings by a method
// Logger, as package leattest does, whose mills log to the test. The package's documentation says what is logged.
func Logger(logger *slog.Logger) Option {
	return &option{name: "Logger", at: mistake.Caller(0), set: func(c *config, o *option) {
		if logger == nil {
			c.mistakes.Add("%s: the logger is nil; slog.New(slog.DiscardHandler) logs nothing", o)
			return
		}
		c.logger = logger
	}}
}

// Verify reads streams that end by themselves, such as files, to their ends when the session ends, and fails the run where an
// element there can't be decoded or is out of order, by the policies of both: without it a join reads no stream further than it
// needs, so that damage behind that place goes unseen. Of streams without an end it logs that they can't be verified.
func Verify() Option {
	return &option{name: "Verify", at: mistake.Caller(0), set: func(c *config, _ *option) { c.verify = true }}
}

// Concurrency lets up to n calls of the function run at a time in each task; n is at least 1, the default. The order of
// results and positions stays that of the elements. The function must then be safe for concurrent use.
func Concurrency(n int) Option {
	return &option{name: "Concurrency", at: mistake.Caller(0), set: func(c *config, o *option) {
		if n < 1 {
			c.mistakes.Add("%s: %d calls at a time are not possible; the least is 1", o, n)
			return
		}
		c.concurrency = n
	}}
}
