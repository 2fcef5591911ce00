// Package broker is the contract between Leat and a storage of streams: files, Kafka, a database, a user's own.
//
// A storage is a [Source], a [Sink] or both. A run opens each once and gets an [Input] and an [Output] back, closes
// them at its end, and may open them again for the next run. The engine does everything else: decoding, joining,
// calling, encoding, deciding when to commit, retrying a commit that was aborted. What a storage promises is checked by
// the conformance suite in package brokertest; a new storage is done when it passes.
//
// Streams are divided into partitions, numbered from zero; partition p of all streams of a run makes one task. Storages
// without partitions have one. Within a partition, records are ordered and each has an offset; a reader that starts at
// offset n gives the records whose offset is n or more. End-of-stream marks divide a partition into sessions; the end
// of a file is such a mark.
package broker

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A Source is a storage that streams are read from. It is safe for concurrent use: several runs may open it at a time.
type Source interface {
	// Streams returns the streams that the source was declared with. It must not fail and must not do I/O.
	Streams() []Stream
	// OpenSource prepares for reading the inputs of a job and checks what can be checked before anything is read: that
	// they exist, may be read, and have equal partition counts.
	OpenSource(ctx context.Context, job *Job) (Input, error)
}

// A Sink is a storage that results are written to. It is safe for concurrent use: several runs may open it at a time.
type Sink interface {
	// Streams returns the streams that the sink was declared with. It must not fail and must not do I/O.
	Streams() []Stream
	// OpenSink prepares for writing the outputs of a job, and checks what can be checked before anything is written.
	// Where one storage is both, OpenSource was called before, with the same *Job.
	OpenSink(ctx context.Context, job *Job) (Output, error)
	// Guarantee tells what a commit means. The first line that a run logs repeats it.
	Guarantee() Guarantee
}

// A Storage is both: streams are read from it, and results are written to it.
type Storage interface {
	Source
	Sink
}

// A Job describes one run to the brokers.
type Job struct {
	// Name is the mill's name. Storages that keep positions keep them by this name or by one of their own.
	Name string
	// Inputs holds the stream of each node of the join tree, the master's first. One stream may be there several times:
	// each node may read on its own, but nodes that are as far may also get what one of them reads.
	Inputs []Stream
	// Outputs holds the streams that results are written to.
	Outputs []Stream
	// Files holds the paths of the files that are read. A source of files sets it in OpenSource, so that no sink replaces
	// one.
	Files []string
	// Columns returns the names of the columns of the master's file, as far as it was read, where these are for an output that
	// gets no result. A source of files sets it in OpenSource; it is nil for others.
	Columns func() []string
	// Decodes says that whoever reads decodes records that have Rows by these, as a run does. A storage may then give what it
	// can't decode as a record whose Rows say why, so that a policy is asked what becomes of it, where it would end the stream
	// otherwise.
	Decodes bool
	// Partitions is the number of partitions that the source has opened: what Input.Partitions returns. It is zero in
	// OpenSource.
	Partitions int
	// Shared says that partitions may move from this process to another one while the run goes on. A source sets it in
	// OpenSource; it matters to a sink that is a [Claimer].
	Shared bool
	// Looking says that somebody looks at streams or positions, and nothing runs: a storage makes nothing that isn't there,
	// no table, stream or slot, and waits for nobody's transaction. Outputs aren't opened. Where what would keep the
	// positions doesn't exist, asking for them, or opening the sink, fails with [ErrNothingKept].
	Looking bool
	// Logger is never nil.
	Logger *slog.Logger
	// Outages gets the storages that can't be reached and are tried again; nil where nobody looks at the run.
	Outages *Outages
	// Access says what holds the address and the password of the storage that is opened, for its errors. It is set anew
	// before OpenSource and OpenSink.
	Access Access
}

// Guarantee is what a sink's commit means for the results.
type Guarantee int

const (
	// ExactlyOnce: results and positions become visible in one commit, or neither does. The sink's Output is a [Keeper].
	ExactlyOnce Guarantee = iota
	// AtLeastOnce: results become visible first and positions are kept after them; a crash between repeats results.
	AtLeastOnce
	// AtEnd: results become visible all together when the session ends, and nothing does if it doesn't end; a run that was
	// stopped before its end starts anew.
	AtEnd
)

// String returns the guarantee in words.
func (g Guarantee) String() string {
	switch g {
	case ExactlyOnce:
		return "exactly once"
	case AtLeastOnce:
		return "at least once"
	case AtEnd:
		return "all at the end or nothing"
	}
	return "unknown"
}

// A Guarantor is a Sink whose guarantee depends on where the results go.
type Guarantor interface {
	Sink
	// GuaranteeFor tells what a commit means for results in the outputs given.
	GuaranteeFor(outputs []Stream) Guarantee
}

// GuaranteeOf returns what a commit of the sink means for results in the outputs given.
func GuaranteeOf(sink Sink, outputs []Stream) Guarantee {
	if g, ok := sink.(Guarantor); ok {
		return g.GuaranteeFor(outputs)
	}
	return sink.Guarantee()
}

// An Input reads the streams of one run. Reader may be called from several goroutines at a time.
type Input interface {
	// Partitions returns the number of partitions that all the input streams have. It may grow while Own goes on, if the
	// job's output takes results of as many, or the job has none; it is safe for concurrent use.
	Partitions() int
	// Own calls task for every partition that this process owns, each in a goroutine of its own, and waits for all of
	// them. The context that a task gets ends when its partition is taken away, when ctx ends, and when another task has
	// failed; a task returns soon after. Own returns the first error of a task; nil once the task of every partition, of
	// other processes too where there are any, has returned nil; and ctx's error when ctx ended before that.
	Own(ctx context.Context, task func(ctx context.Context, partition int) error) error
	// Reader returns a reader of Job.Inputs[node] that starts with the first record whose offset is from or more.
	Reader(ctx context.Context, node, partition int, from int64) (Reader, error)
	// Close releases what the input holds. All readers were closed before.
	Close() error
}

// A Reader reads one partition of one stream. It is used by one goroutine at a time.
type Reader interface {
	// Read returns the next records, at least one, as soon as there are any: it waits for the first but not for more. At
	// an end-of-stream mark it returns no records and [io.EOF]; where nothing has come for as long as the user allows, no
	// records and [ErrDataTimeout]. Behind either it may be called again, to read on. It returns ctx's error within a
	// second when ctx ends while it waits. The records and what they refer to are the caller's: the reader never writes to
	// them again, unless it is a [Recycler] and they were given back.
	//
	// How far a reader reads ahead of its caller must be bounded.
	Read(ctx context.Context) ([]Record, error)
	// Next returns the offset behind what Read returned last: a reader that starts there goes on behind the last record,
	// and after io.EOF behind the mark. After ErrDataTimeout it is what it was before.
	Next() int64
	// Close releases what the reader holds.
	Close() error
}

// A Recycler is a Reader that uses the memory of records again.
type Recycler interface {
	Reader
	// Recycle takes back records that Read returned, or some of them: the caller uses them no longer, but may use what
	// they refer to. It is called between calls of Read.
	Recycle(records []Record)
}

// A ValueRecycler is a Recycler that uses the memory of values again, too.
type ValueRecycler interface {
	Recycler
	// RecycleValues is Recycle of records that nothing refers to any more: neither to their values nor to what their Rows
	// hold.
	RecycleValues(records []Record)
}

// An Output takes the results of one run. It is used by one goroutine at a time.
type Output interface {
	// Commit makes the results and the progress of some tasks visible, all or nothing, in the order given. Partitions
	// appear at most once each. Once it has returned nil they outlast a crash, as far as the sink's Guarantee goes.
	// Once it has returned, the output keeps no reference to the commits: their bytes may be written over.
	//
	// An error that wraps [ErrAborted] says that nothing of it is visible and that trying again makes sense; the engine
	// does, with growing pauses. Every other error ends the run. A commit for a partition that this process has lost since
	// its task began is left out and counts as made, which Commit says by setting its Lost: whoever owns the partition now
	// makes it again.
	Commit(ctx context.Context, commits []Commit) error
	// Close ends the output. What was not committed is never visible; with AtEnd that is everything unless all partitions
	// have committed their End.
	Close() error
}

// ErrDataTimeout is what a [Reader] returns instead of [io.EOF] where it gives a stream up for this session, because
// nothing came for as long as the user allows although the storage can be reached. There is no mark then, and nothing
// to pass over. For the join the stream has ended: what it can hand over is handed over, the outputs get their marks
// and the session counts as ended. But the positions that are committed with that are where each node's reading stands,
// not behind the session: the next run goes on there, and what came later is joined or accounted for. It may be
// wrapped; what the reader has read must have been returned before.
var ErrDataTimeout = errors.New("no data came for as long as the data timeout")

// ErrNothingKept marks the error of a storage that is only looked at ([Job].Looking), and keeps nothing of the job.
var ErrNothingKept = errors.New("no positions are kept")

// ErrAborted marks the error of a commit that left nothing behind and may be tried again.
var ErrAborted = errors.New("commit aborted")

// A Commit is what one task has to commit.
type Commit struct {
	Partition int
	// Results are in the order in which they must appear in each stream.
	Results []Result
	// Progress replaces what the partition had.
	Progress Progress
	// End puts an end-of-stream mark behind the results, in every output stream.
	End bool
	// Lost is set by an output that has left the commit out, see Output.Commit.
	Lost bool
}

// A Result is one encoded result, or several of an [Encoder]. What it refers to is valid until Commit returns: a sink that keeps
// it copies it.
type Result struct {
	// Stream is an index into Job.Outputs.
	Stream int
	Value  []byte
	// Key is what the stream's Key function returned, or the key of the master record.
	Key []byte
	// Time is what the stream's Time function returned, or the master record's.
	Time time.Time
	// Headers are those of the master record where the stream passes them on; nil elsewhere.
	Headers []Header
	// Count is how many results these are, side by side in Value, where the output has encoded them itself (see [Encoder]);
	// zero for one result of the stream's codec.
	Count int
}

// Progress is how far a task has come. The zero value is a task that never committed.
type Progress struct {
	// Sessions counts the sessions that have ended. A task whose count is ahead of another's waits for it: the run's
	// session ends for all partitions together.
	Sessions int64
	// Nodes holds the rewind point of each node of the join tree, in the order of Job.Inputs.
	Nodes []Rewind
}

// A Rewind is where a node's reading must start for a run to continue as if it had never stopped.
type Rewind struct {
	// Node is the node's name in the join tree.
	Node string
	// Offset is that of the first record that is needed again.
	Offset int64
	// Behind says that the record at Offset has been dealt with: it is read again only to know its keys, which those of
	// the next must not be below.
	Behind bool
	// Seen is behind the last record that the join has looked at. What is read again below it was reported before, if it
	// was skipped.
	Seen int64
	// Accounted is at most Seen. What lies below it and is read again was handed to the function, or reported as
	// unmatched, before.
	Accounted int64
	// NextSession says that the session ended before this node had reached its mark: records up to the next mark, and the
	// mark itself, are passed over.
	NextSession bool
	// Position says where Offset, Seen and Accounted are, in a way that outlasts the run, where the input is a
	// [Positioner]; it is empty elsewhere. Only the storage that the stream is read from understands it.
	Position string
	// Sorted is kept for a stream that the run puts in order as it reads it, and empty for others: how far it is in that
	// order. A storage gives it back as it was. Offset, Behind, Seen and Accounted are those of the stream as it lies in
	// the storage: Offset is that of the first record that wasn't dealt with.
	Sorted string
	// Idle is kept for a stream that the run may go on without while it is idle, and empty for others: up to which key it
	// was taken to have nothing. A storage gives it back as it was.
	Idle string
}

// A Keeper keeps the progress of a job's tasks. The Output of a sink that can store positions in the same commit as the
// results is one; so may be the Input of a source that can store them for a sink that can't (then it is a [Saver]). The
// tasks of several partitions ask for their progress while others commit, so that, unlike Commit, Progress and what
// claims or looks at positions is safe for concurrent use.
type Keeper interface {
	// Progress returns what was committed last for a partition; the zero Progress where nothing was, or one without nodes,
	// with the sessions of the others, where the partition was added after those had ended.
	Progress(ctx context.Context, partition int) (Progress, error)
}

// A SessionKeeper is a [Keeper] that can tell about all partitions at once, where asking for each takes long. It is
// asked when a run begins, and by a [Sharer] that waits for the end of the session.
type SessionKeeper interface {
	// LowestSession returns the lowest Progress.Sessions of all partitions.
	LowestSession(ctx context.Context) (int64, error)
}

// A Saver is an Input that keeps progress on behalf of a sink that can't.
type Saver interface {
	Keeper
	// Save stores the progress of some tasks, after their results are visible.
	Save(ctx context.Context, commits []Commit) error
}

// A Checker is an Output that doesn't take every result: one that is too large, say.
type Checker interface {
	Output
	// Check tells why the output doesn't take a result, of which it gets stream, key and value as [Result] has them; nil
	// where it does. It is asked when a call returns the result, whose error that is; so a commit needs to refuse only
	// what could not be known then. Unlike other methods it is safe for concurrent use.
	Check(stream int, key, value []byte) error
}

// A Pacer is an Output that says how often it wants to commit; one that isn't gets [DefaultPace].
type Pacer interface {
	Pace() Pace
}

// Pace tells when there is enough to commit: whichever comes first.
type Pace struct {
	// Interval is the time between the starts of two commits.
	Interval time.Duration
	// Prompt says that commits may follow each other sooner than that while there is little to do, after a pause as long
	// as the shorter of the last two took: then results become visible as soon as the storage can make them.
	Prompt bool
	// Results is a number of results, over all partitions.
	Results int
	// Bytes is the size of the results, over all partitions. Tasks wait when more than twice as much is pending.
	Bytes int
}

// DefaultPace is a commit every 100 milliseconds or for a mebibyte of results, and sooner while there is little to do.
var DefaultPace = Pace{Interval: 100 * time.Millisecond, Prompt: true, Results: 100_000, Bytes: 1 << 20}
