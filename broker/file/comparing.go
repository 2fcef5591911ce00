package file

import (
	"errors"
	"io"
)

// errChanged marks the error of a file that isn't the one that a position was kept of.
var errChanged = errors.New("the file isn't the one that was read")

// comparing is a text that can be read from its beginning only, on the way to a position: it fails where it isn't the
// text of which that was kept.
type comparing struct {
	text   io.Reader
	stream *inputStream
	at     int64
	// ahead are the anchors that weren't reached yet.
	ahead []compared
}

// A compared anchor has the fingerprint of what was read of its bytes.
type compared struct {
	anchor
	seen fingerprint
}

func newComparing(text io.Reader, s *inputStream) *comparing {
	c := &comparing{text: text, stream: s}
	for _, a := range s.kept.anchors() {
		if a.Size > 0 {
			c.ahead = append(c.ahead, compared{anchor: a})
		}
	}
	return c
}

// Read implements [io.Reader].
func (c *comparing) Read(p []byte) (int, error) {
	n, err := c.text.Read(p)
	if len(c.ahead) == 0 {
		return n, err
	}
	var ahead []compared
	for _, a := range c.ahead {
		begin := min(max(a.Byte-a.Size-c.at, 0), int64(n))
		end := min(max(a.Byte-c.at, 0), int64(n))
		a.seen = a.seen.followedBy(p[begin:end])
		switch {
		case a.Byte > c.at+int64(n):
			ahead = append(ahead, a)
		case a.seen != a.fingerprint:
			return 0, c.stream.changed(c.stream.kept, "other bytes lie before that")
		}
	}
	c.at, c.ahead = c.at+int64(n), ahead
	if err == io.EOF && len(ahead) > 0 {
		return 0, c.stream.changed(c.stream.kept, "it ends before that")
	}
	return n, err
}
