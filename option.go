package leat

import (
	"log/slog"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/mistake"
)

// An Option configures a mill; it may be given to several. Each kind but [Join], [JoinFunc], [Provide] and [Observe]
// may be given once. Other packages of this module have more: expr for keys from configuration, and metrics, tracing
// and monitor.
type Option interface {
	// Declare is called by [New].
	Declare(*declaration.Mill)
}

// Broker sets the storage that elements are read from and results are written to.
func Broker(b broker.Storage) Option {
	return declaration.Once("leat.Broker", func(m *declaration.Mill, o *declaration.Option) {
		if mistake.IsNil(b) {
			m.Mistakes.Add("%s: the broker is %s; give one that was made, as by file.New", o, mistake.Nil(b))
			return
		}
		m.SetSource(o, b)
		m.SetSink(o, b)
	})
}

// From sets the storage that elements are read from. [To] sets the one for the results.
func From(source broker.Source) Option {
	return declaration.Once("leat.From", func(m *declaration.Mill, o *declaration.Option) {
		if mistake.IsNil(source) {
			m.Mistakes.Add("%s: the source is %s; give one that was made, as by file.New", o, mistake.Nil(source))
			return
		}
		m.SetSource(o, source)
	})
}

// To sets the storage that results are written to. [From] sets the one for the elements. A function without results
// needs none: its positions are kept by the source.
func To(sink broker.Sink) Option {
	return declaration.Once("leat.To", func(m *declaration.Mill, o *declaration.Option) {
		if mistake.IsNil(sink) {
			m.Mistakes.Add("%s: the sink is %s; give one that was made, as by file.New", o, mistake.Nil(sink))
			return
		}
		m.SetSink(o, sink)
	})
}

// Name sets the mill's name. Logs and plans show it, and storages keep positions under it. Without the option the mill
// is called like its function. The name of a function literal changes with the code around it, so its mill should have
// one.
func Name(name string) Option {
	return declaration.Once("leat.Name", func(m *declaration.Mill, o *declaration.Option) {
		if name == "" {
			m.Mistakes.Add("%s: the name is empty; leave the option out to call the mill like its function", o)
		}
		m.Name = name
	})
}

// Logger sets the logger. Without it the mill logs to the logger of its source, where that has a method Logger, as in
// package leattest, and else to [slog.Default]. The package's documentation says what is logged.
func Logger(logger *slog.Logger) Option {
	return declaration.Once("leat.Logger", func(m *declaration.Mill, o *declaration.Option) {
		if logger == nil {
			m.Mistakes.Add("%s: the logger is nil; slog.New(slog.DiscardHandler) logs nothing", o)
			return
		}
		m.Logger = logger
	})
}

// Verify reads streams that end by themselves, such as files, to their ends when the session ends. A join reads no
// stream further than it needs, so that damage behind that offset goes unseen without Verify. An element there that
// can't be decoded or is out of order goes by the policies for both; by default the run fails. Streams without an end
// can't be verified, and the log says so.
func Verify() Option {
	return declaration.Once("leat.Verify", func(m *declaration.Mill, _ *declaration.Option) { m.Verify = true })
}

// CommitEvery sets how often a run commits: interval after the begin of the last commit, or when so many results are
// finished, over all partitions, whichever comes first. Zero leaves either to the storage, which commits ten times a second
// and more at its own measure: that is sooner while there is little to do, and at 500,000 results or four mebibytes of them
// (on Kafka kafka.CommitBytes). Longer intervals make fewer and larger transactions, and results visible later; memory holds what
// isn't committed, up to a size that the storage sets. It means nothing for an output file, which appears when the session ends.
func CommitEvery(interval time.Duration, results int) Option {
	return declaration.Once("leat.CommitEvery", func(m *declaration.Mill, o *declaration.Option) {
		if interval < 0 || results < 0 || interval == 0 && results == 0 {
			m.Mistakes.Add("%s: a commit every %v or %d results is not possible; give one of them at least, above zero, "+
				"and zero for the other to leave it to the storage", o, interval, results)
			return
		}
		m.Pace = broker.Pace{Interval: interval, Results: results}
	})
}

// Concurrency lets up to n calls of the function run at a time in each partition; n is at least 1, the default. Results
// and positions keep the order of the elements. The function must be safe for concurrent use.
func Concurrency(n int) Option {
	return declaration.Once("leat.Concurrency", func(m *declaration.Mill, o *declaration.Option) {
		if n < 1 {
			m.Mistakes.Add("%s: %d calls at a time are not possible; the least is 1", o, n)
			return
		}
		m.Concurrency = n
	})
}
