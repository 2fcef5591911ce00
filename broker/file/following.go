package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/leat-go/leat/broker"
)

// This file is between the reading of files and what follows them, so that a program that follows none doesn't carry that.

// followers open files that are followed.
type followers interface {
	open(in *input, stream broker.Stream, logger *slog.Logger) (*inputStream, error)
}

// A followed is a file that is followed, as all its readers see it. It is safe for concurrent use.
type followed interface {
	// reader returns a reader that begins at an offset.
	reader(from int64) fileFollower
	// resume finds the positions of all its readers in what the file is now, before one has begun.
	resume(positions []*position) error
	// lock keeps what is known of its generations from changing.
	lock() (unlock func())
	// watch watches it until ctx ends.
	watch(ctx context.Context)
	// warnings tells what is wrong with it.
	warnings() []string
	close() error
}

// A fileFollower is a reader of a followed file.
type fileFollower interface {
	io.ReadCloser
	// begins returns where reading begins, once it is found; nil before, and when it was asked for already.
	begins() *beginning
	// generation returns the one at hand.
	generation() *generation
	// advance goes on to the next generation; index is that of its first element.
	advance(index int64) error
	// warnOfPart says that the last line, of so many bytes, isn't in the result.
	warnOfPart(bytes int)
}

// Following is an option for streams that are declared by [Streams] and have Follow set. [Follow] needs no such option. It isn't
// built in because programs that follow no file needn't carry it.
func Following() Option { return func(b *Broker) { b.follows = following{} } }

// errNotFollowing says how to get what isn't built in.
var errNotFollowing = errors.New("a file that is followed takes the option file.Following()")

type following struct{}

// open finds out whether a stream's path leads to what can be followed, if it leads to anything yet.
func (following) open(in *input, stream broker.Stream, logger *slog.Logger) (*inputStream, error) {
	if stream.Name != "" {
		if err := errors.Join(otherFormat(stream.Name), checkFormat(&stream), checkFollow(stream)); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(stream.Name)
	switch {
	case stream.Name != "" && errors.Is(err, fs.ErrNotExist):
		logger.Warn("a followed file doesn't exist yet: the run waits for it", "file", stream.Name, "why",
			openError(stream.Name, err))
	case err != nil:
		return nil, openError(stream.Name, err)
	case info.IsDir():
		return nil, errors.New("this is a directory, not a file")
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s can't be followed: it is read until its writer closes it in any case; take follow out",
			kindOf(info))
	default:
		file, err := os.Open(stream.Name)
		if err != nil {
			return nil, openError(stream.Name, err)
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	l, _ := formatOf(&stream)
	s := &inputStream{Stream: stream, name: stream.Name, info: info, layout: l, follows: in.followed[stream.Name],
		by: uncompressed{}}
	if s.follows == nil { // else its anchors are those of the node that reads it, too
		s.anchors = &anchors{}
		s.follows = &trail{path: stream.Name, layout: l, logger: logger, beside: neighbours(stream.Name), anchors: s.anchors}
		in.followed[stream.Name] = s.follows
	}
	return s, nil
}

// reader implements [followed].
func (t *trail) reader(from int64) fileFollower { return &follower{trail: t, from: from} }

// lock implements [followed].
func (t *trail) lock() (unlock func()) {
	t.mu.Lock()
	return t.mu.Unlock
}

// begins implements [fileFollower].
func (f *follower) begins() *beginning {
	begun := f.begun
	f.begun = nil
	return begun
}

// generation implements [fileFollower].
func (f *follower) generation() *generation { return f.at }

// warnOfPart implements [fileFollower].
func (f *follower) warnOfPart(bytes int) {
	f.trail.logger.Warn("the session ends, and the last line has no newline yet: it is not in the result",
		"file", f.trail.path, "bytes", bytes)
}
