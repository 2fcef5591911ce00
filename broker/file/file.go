// Package file is the broker for streams that are files of JSON objects, or of rows of cells, such as CSV.
//
// The end of a file's name says how the objects lie in it:
//
//	robot.json                  a JSON list of objects; so is any name not named below
//	robot.jsonl, robot.ndjson   one object a line; blank lines are skipped
//	robot.csv, .tsv, .txt       rows of cells with commas, tabs or blanks between them, below a line of names: see [Dialect],
//	                            and [CSV] for others
//	robot.parquet               a Parquet file: with parquet.Files() of package broker/file/parquet
//	robot.avro                  an Avro object container file: with avro.Files() of package broker/file/avro
//	robot.json.gz               any of them, compressed with gzip
//	robot.jsonl.zst             any of them, compressed with Zstandard: with zstd.Files() of package broker/file/zstd
//	-                           standard input, where a list and lines are told apart by their first character, or
//	                            standard output, which gets one object a line
//
// Files are read as streams: memory doesn't grow with the file. An object may have 64 MiB, or what [MaxElement] says. A
// file may be read by several nodes of a join, each on its own or, where their elements can be copied, once for all.
// Standard input and other pipes can't be read twice, so they serve one node. A read of them that waits ends when its
// context does; the system call below it can't be ended and stays behind, in a goroutine of its own, until something
// arrives, and that is lost.
//
// Results go to a temporary file beside the target, which takes the target's name when the session has ended and all
// output files are complete and on disk; a run that is killed, or fails, leaves the target as it was. So the guarantee
// is [broker.AtEnd]. An output file can't be one of the inputs, under whatever path: results would replace it. Standard
// output, pipes and devices are written straight, with each commit.
//
// A temporary file that a killed run left behind, ".robot.json.leat-" and a number, is removed by the next run with the
// same target, if the operating system can tell that no living process writes it; where it can't (Windows, a network
// file system without locks), the file stays and may be deleted by hand.
//
// [Glob] reads several files as one stream, one behind the other.
//
// There is one partition. As a sink, files keep no positions: each run reads from the start. A sink that keeps them, such
// as a database, keeps those in files, too: how many bytes lie before the next element, how many lines, and
// fingerprints of the file, of its first bytes and of those before the position.
//
//   - A session ends at what is there; the next run goes on with what was appended since, and ends at once where that is
//     nothing.
//   - A file of lines is read on from its byte, in constant time. Lists and compressed files are read up to it again, and
//     may be written anew with more elements behind the same. So do positions of a session that ended before its file: the
//     next run reads the rest of it once, to pass over it.
//   - A file that was replaced, truncated or changed there is an error. Changes elsewhere before the position aren't found.
//   - Standard input and pipes can't be read again. When the writer has closed one and the session has ended, the next run
//     begins with what it is given then. A run that was stopped in the middle must be given the same from its beginning,
//     which it checks.
//
// A file that grows while it is read gives the elements that are whole where its end was found; a last line that is
// being written is left out. That, and every other change of a file while it was read, is a warning at the end of the
// run.
//
// With [Follow] a file of lines is read on as it grows, as by tail -F:
//
//   - A line is an element when its newline is there. What is in the file when the run begins is read, too.
//   - The file may be renamed or removed, and a new one made (rotation). The old one is read on until the new one holds
//     something, and then to its end, so that a writer may notice the rotation late. The last line needs no newline
//     then. Files are looked at four times a second, or more often while something comes, also when nobody has time to
//     read them.
//   - The file may be truncated, and is then read from its start. What was cut off before it was read is an error, as
//     far as it can be known.
//   - What comes and goes between two looks, since the file is rotated or truncated twice, is an error where it was
//     left beside the file, under the name of a rotation: its own with numbers, a date, old or bak; where it was
//     compressed, removed or moved at once, nothing can tell of it.
//   - A file that isn't there yet is waited for, and its directory, too.
//   - Offsets count on; lines are those of the file that an element came in.
//
// It goes on until the context ends or, with [DataTimeout], nothing has come for so long. So an output file appears
// only if something else ends the session; standard output and pipes get results as they come.
//
// Where the sink keeps positions, the next run looks for the file that it was reading: at its path or, if it was rotated
// meanwhile, beside it. It reads that to its end, and then what came behind it, in the order that the names tell:
// a.jsonl.2, a.jsonl.1, a.jsonl, or by the dates in them. What can't be told for certain, is compressed or gone is an
// error that says what is lost.
package file

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
)

// A Broker reads and writes streams that are files. Make one with [New]. It is a [broker.Source] and a
// [broker.Sink], keeps nothing from one run to the next itself, and is safe for concurrent use.
type Broker struct {
	streams []broker.Stream
	stdin   io.Reader
	stdout  io.Writer
	// zstandard is nil where files can't be compressed so.
	zstandard Compression
	// tables is nil where no files of rows with types can be read.
	tables tables
	// globs is nil where patterns of several files can't be read.
	globs globbing
	// follows is nil where files can't be followed.
	follows followers
	// pick lets a decoder make objects of the members that are needed; nil where objects have all.
	pick picking
	// columns is nil where an output has the columns that it is said to have, and no others.
	columns func(broker.Reader) []string
}

// An Option is an argument of [New].
type Option func(*Broker)

// A StreamOption is an option of one stream, see [At].
type StreamOption func(*Declaration)

// A Declaration is a stream as its options declare it.
type Declaration struct {
	// Stream is what is declared.
	Stream broker.Stream
	// uses are what the broker must have for it.
	uses []Option
}

// declare returns what some options declare of a stream; what says where they stand, where one is nil.
func declare(stream broker.Stream, options []StreamOption, what string) Option {
	d := Declaration{Stream: stream}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("%s(%q): option %d is nil; leave it out", what, stream.Name, i+1))
		}
		option(&d)
	}
	uses := append(d.uses, Streams(d.Stream))
	return func(b *Broker) {
		for _, use := range uses {
			use(b)
		}
	}
}

// New returns a broker of the files given by [At] and [Streams], for reading and for writing. It panics where an option
// is nil.
func New(options ...Option) *Broker {
	b := &Broker{stdin: os.Stdin, stdout: os.Stdout}
	for i, option := range options {
		if option == nil {
			panic(fmt.Sprintf("file.New: option %d is nil; leave it out", i+1))
		}
		option(b)
	}
	return b
}

// At declares the file at path as a stream of elements of type T, or of *T, which is the same. A relative path is
// relative to the working directory of the process. Which way the stream flows is up to the mill: what its function
// takes is read, what it returns is written. It panics where an option is nil.
func At[T any](path string, options ...StreamOption) Option {
	return declare(broker.NewStream[T](path), options, "file.At")
}

// Streams declares streams that were made elsewhere; their names are paths.
func Streams(streams ...broker.Stream) Option {
	return func(b *Broker) { b.streams = append(b.streams, streams...) }
}

// Named tells several streams of one element type apart; the join carries the same name. [At] panics where a stream
// gets two names.
func Named(name string) StreamOption {
	return func(d *Declaration) {
		s := &d.Stream
		if s.As != "" && s.As != name {
			panic(fmt.Sprintf("file.Named(%q): the stream %q is named %q already; leave one out", name, s.Name, s.As))
		}
		s.As = name
	}
}

// Codec sets the codec of a stream, instead of [codec.JSON]. Whatever it makes of them, records are JSON objects, also
// those made of cells. It
// panics where c is nil.
func Codec(c codec.Codec) StreamOption {
	if c == nil {
		panic("file.Codec: the codec is nil; leave the option out for codec.JSON")
	}
	return func(d *Declaration) { d.Stream.Codec = c }
}

// MaxElement sets how many bytes an element may have in the file, decompressed, instead of [broker.DefaultMaxElement].
// A larger one ends the run with an error before memory is taken for it. It panics where bytes isn't above zero.
func MaxElement(bytes int) StreamOption {
	if bytes <= 0 {
		panic(fmt.Sprintf("file.MaxElement(%d): an element has at least one byte", bytes))
	}
	return func(d *Declaration) { d.Stream.MaxElement = bytes }
}

// Follow reads on as the file grows, as tail -F does, instead of ending the stream at the file's end: see the package's
// documentation. The stream then ends with the run's context, or by [DataTimeout].
func Follow() StreamOption {
	return func(d *Declaration) {
		d.Stream.Follow = true
		d.uses = append(d.uses, Following())
	}
}

// DataTimeout ends a stream for the session when nothing has come for so long; without it a run waits for ever. It is
// for files that are followed, pipes and standard input. It panics where d isn't above zero.
func DataTimeout(d time.Duration) StreamOption {
	if d <= 0 {
		panic(fmt.Sprintf("file.DataTimeout(%v): a time to wait must be above zero", d))
	}
	return func(to *Declaration) { to.Stream.DataTimeout = d }
}

// Stdin sets what the path "-" reads, instead of [os.Stdin]. It panics where r is nil.
func Stdin(r io.Reader) Option {
	if r == nil {
		panic("file.Stdin: the reader is nil; strings.NewReader(\"\") is one of nothing")
	}
	return func(b *Broker) { b.stdin = r }
}

// Stdout sets what the path "-" writes to, instead of [os.Stdout]. It panics where w is nil.
func Stdout(w io.Writer) Option {
	if w == nil {
		panic("file.Stdout: the writer is nil; io.Discard is one that keeps nothing")
	}
	return func(b *Broker) { b.stdout = w }
}

// Streams returns the streams that the broker was made with.
func (b *Broker) Streams() []broker.Stream { return slices.Clone(b.streams) }

// Guarantee returns [broker.AtEnd].
func (b *Broker) Guarantee() broker.Guarantee { return broker.AtEnd }

// GuaranteeFor returns [broker.AtLeastOnce] where all outputs are standard output, pipes and devices, which get their
// results with each commit, and [broker.AtEnd] otherwise.
func (b *Broker) GuaranteeFor(outputs []broker.Stream) broker.Guarantee {
	for _, stream := range outputs {
		if !isDirect(stream.Name) {
			return broker.AtEnd
		}
	}
	return broker.AtLeastOnce
}

// isDirect reports whether what is written to a path is there at once.
func isDirect(path string) bool {
	if path == standard {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}
