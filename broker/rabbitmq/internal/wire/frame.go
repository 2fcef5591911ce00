package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A command is the key of a frame. Responses have the highest bit set.
type command uint16

const (
	declarePublisher  command = 1
	publish           command = 2
	publishConfirm    command = 3
	publishError      command = 4
	querySequence     command = 5
	subscribe         command = 7
	deliver           command = 8
	credit            command = 9
	unsubscribe       command = 12
	create            command = 13
	deleteStream      command = 14
	metadata          command = 15
	metadataUpdate    command = 16
	peerProperties    command = 17
	saslHandshake     command = 18
	saslAuthenticate  command = 19
	tune              command = 20
	open              command = 21
	closeConnection   command = 22
	heartbeat         command = 23
	response          command = 0x8000
	protocolVersion           = 1
	maxFrame                  = 1 << 30 // chunks have any size
	maxAnswer                 = 1 << 20 // before both sides have agreed on a size
	frameHeader               = 4 + 2 + 2
	correlationHeader         = frameHeader + 4
)

// A frame is one that is being written: its length comes first, and is set when it is sent.
type frame struct{ bytes []byte }

// newFrame begins a frame of a command.
func newFrame(c command) *frame {
	f := &frame{make([]byte, 4, 64)}
	return f.uint16(uint16(c)).uint16(protocolVersion)
}

func (f *frame) uint8(v uint8) *frame {
	f.bytes = append(f.bytes, v)
	return f
}

func (f *frame) uint16(v uint16) *frame {
	f.bytes = binary.BigEndian.AppendUint16(f.bytes, v)
	return f
}

func (f *frame) uint32(v uint32) *frame {
	f.bytes = binary.BigEndian.AppendUint32(f.bytes, v)
	return f
}

func (f *frame) uint64(v uint64) *frame {
	f.bytes = binary.BigEndian.AppendUint64(f.bytes, v)
	return f
}

func (f *frame) text(s string) *frame {
	f.uint16(uint16(len(s)))
	f.bytes = append(f.bytes, s...)
	return f
}

// data adds bytes with their length in four bytes.
func (f *frame) data(b []byte) *frame {
	f.uint32(uint32(len(b)))
	f.bytes = append(f.bytes, b...)
	return f
}

// properties adds pairs of texts.
func (f *frame) properties(pairs map[string]string) *frame {
	f.uint32(uint32(len(pairs)))
	for name, value := range pairs {
		f.text(name).text(value)
	}
	return f
}

// finished returns the frame's bytes, its length in front.
func (f *frame) finished() []byte {
	binary.BigEndian.PutUint32(f.bytes, uint32(len(f.bytes)-4))
	return f.bytes
}

// A body is what is left of a frame that was read. Where it is too short, what is read is zero and short is set.
type body struct {
	bytes []byte
	short bool
}

func (b *body) take(n int) []byte {
	if n < 0 || n > len(b.bytes) {
		b.bytes, b.short = nil, true
		return make([]byte, min(max(n, 0), 8))
	}
	taken := b.bytes[:n:n]
	b.bytes = b.bytes[n:]
	return taken
}

func (b *body) uint8() uint8   { return b.take(1)[0] }
func (b *body) uint16() uint16 { return binary.BigEndian.Uint16(b.take(2)) }
func (b *body) uint32() uint32 { return binary.BigEndian.Uint32(b.take(4)) }
func (b *body) uint64() uint64 { return binary.BigEndian.Uint64(b.take(8)) }
func (b *body) text() string   { return string(b.take(int(b.uint16()))) }

// properties reads pairs of texts.
func (b *body) properties() map[string]string {
	pairs := map[string]string{}
	for range b.uint32() {
		if b.short {
			break
		}
		name := b.text()
		pairs[name] = b.text()
	}
	return pairs
}

// err returns the error for a frame that was too short.
func (b *body) err() error {
	if b.short {
		return errors.New("the server has sent a frame that is too short")
	}
	return nil
}

// readFrame reads the next frame, of at most so many bytes.
func readFrame(in *bufio.Reader, most uint32) (command, *body, error) {
	var length [4]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < 4 || n > most {
		return 0, nil, fmt.Errorf("the server has sent a frame of %d bytes: it may not speak the stream protocol there, or "+
			"only by TLS; then the url begins with rabbitmq-stream+tls://", n)
	}
	b := &body{bytes: make([]byte, n)}
	if _, err := io.ReadFull(in, b.bytes); err != nil {
		return 0, nil, err
	}
	c := command(b.uint16())
	b.uint16() // the version
	return c, b, nil
}
