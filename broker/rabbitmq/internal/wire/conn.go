// Package wire speaks RabbitMQ's stream protocol as far as Leat needs it: connecting, reading from offsets with credit,
// and publishing with ids that the server removes duplicates by. Where a caller's context ends, every call returns.
package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/broker/internal/server"
)

// closeTimeout is how long Close waits until the server has taken what was sent before.
const closeTimeout = 300 * time.Millisecond

// A Config says how to connect.
type Config struct {
	// Address is host and port.
	Address string
	// TLS is nil for a connection without it.
	TLS *tls.Config
	// External says that the client's certificate tells who it is, in place of User and Password.
	External       bool
	User, Password string
	VirtualHost    string
	Name           string        // by which the server's tools show the connection
	Heartbeat      time.Duration // how often each side shows that it is alive
	ConnectTimeout time.Duration
	Dial           func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Conn is a connection. It is safe for concurrent use. Close it with [Conn.Close].
type Conn struct {
	net net.Conn
	in  *bufio.Reader
	// MaxFrame is the size of the largest frame that the server takes, in bytes.
	MaxFrame int
	// Version is the server's.
	Version string
	// Heartbeat is what both sides have agreed on; zero is none.
	Heartbeat time.Duration

	writing sync.Mutex

	mu            sync.Mutex
	correlation   uint32
	calls         map[uint32]chan *body
	publishers    map[uint8]*Publisher
	subscriptions map[uint8]*Subscription
	err           error
	// broken is closed once err is set.
	broken  chan struct{}
	running sync.WaitGroup
}

// Dial connects, and authenticates.
func Dial(ctx context.Context, config Config) (*Conn, error) {
	limited, cancel := context.WithTimeout(ctx, config.ConnectTimeout)
	defer cancel()
	c, err := dial(limited, config)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return c, err
}

func dial(ctx context.Context, config Config) (*Conn, error) {
	connect := config.Dial
	if connect == nil {
		connect = (&net.Dialer{}).DialContext
	}
	raw, err := connect(ctx, "tcp", config.Address)
	if err != nil {
		return nil, err
	}
	if config.TLS != nil {
		secure := tls.Client(raw, config.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(server.HandshakeError{Err: err}, raw.Close())
		}
		raw = secure
	}
	c := &Conn{net: raw, in: bufio.NewReaderSize(raw, 64<<10), calls: map[uint32]chan *body{},
		publishers: map[uint8]*Publisher{}, subscriptions: map[uint8]*Subscription{}, broken: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	err = c.handshake(config)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("nothing that speaks the stream protocol answers within %v: %w", config.ConnectTimeout, err)
		}
		return nil, err
	}
	c.running.Go(c.read)
	if c.Heartbeat > 0 {
		c.running.Go(c.beat)
	}
	return c, nil
}

// handshake makes the server's acquaintance.
func (c *Conn) handshake(config Config) error {
	answer, err := c.ask(peerProperties, "connecting", func(f *frame) {
		f.properties(map[string]string{"product": "Leat", "platform": "Go", "connection_name": config.Name})
	})
	if err != nil {
		return err
	}
	c.Version = answer.properties()["version"]
	answer, err = c.ask(saslHandshake, "asking how to authenticate", func(*frame) {})
	if err != nil {
		return err
	}
	mechanism, secret := "PLAIN", []byte("\x00"+config.User+"\x00"+config.Password)
	if config.External {
		mechanism, secret = "EXTERNAL", nil
		if server.IsBelow(c.Version, 3, 13) {
			return fmt.Errorf("RabbitMQ %s can't tell users by their certificates on its stream port, where it closes the "+
				"connection: that takes version 3.13", c.Version)
		}
	}
	var offered []string
	for range answer.uint32() {
		if answer.short {
			break
		}
		offered = append(offered, answer.text())
	}
	if !slices.Contains(offered, mechanism) {
		return fmt.Errorf("the server doesn't let users authenticate by %s, only by %v", mechanism, offered)
	}
	_, err = c.ask(saslAuthenticate, "authenticating", func(f *frame) { f.text(mechanism).data(secret) })
	if err != nil {
		return err
	}
	if err := c.tune(config.Heartbeat); err != nil {
		return err
	}
	_, err = c.ask(open, "entering the virtual host", func(f *frame) { f.text(config.VirtualHost) })
	return err
}

// tune agrees on the size of frames and on heartbeats: each the smaller of what the sides want, where zero is no limit.
func (c *Conn) tune(wanted time.Duration) error {
	key, b, err := readFrame(c.in, maxAnswer)
	if err != nil {
		return err
	}
	if key != tune {
		return fmt.Errorf("the server has sent command %d in place of its limits", key)
	}
	c.MaxFrame = int(b.uint32())
	if c.MaxFrame == 0 || c.MaxFrame > 16<<20 {
		c.MaxFrame = 16 << 20
	}
	seconds := b.uint32()
	if s := uint32(wanted / time.Second); seconds == 0 || s < seconds {
		seconds = s
	}
	c.Heartbeat = time.Duration(seconds) * time.Second
	if err := b.err(); err != nil {
		return err
	}
	_, err = c.net.Write(newFrame(tune | response).uint32(uint32(c.MaxFrame)).uint32(seconds).finished())
	return err
}

// ask makes a request before the connection is read by a goroutine.
func (c *Conn) ask(what command, doing string, fill func(f *frame)) (*body, error) {
	c.correlation++
	f := newFrame(what).uint32(c.correlation)
	fill(f)
	if _, err := c.net.Write(f.finished()); err != nil {
		return nil, err
	}
	key, b, err := readFrame(c.in, maxAnswer)
	switch {
	case err != nil:
		return nil, err
	case key == closeConnection:
		b.uint32()
		return nil, &Error{doing, Code(b.uint16())}
	case key != what|response:
		return nil, fmt.Errorf("%s: the server has sent command %d", doing, key)
	}
	b.uint32()
	return answered(b, doing)
}

// answered reads the code of an answer.
func answered(b *body, doing string) (*body, error) {
	if code := Code(b.uint16()); code != OK {
		return nil, &Error{doing, code}
	}
	return b, b.err()
}

// call makes a request and waits for the answer.
func (c *Conn) call(ctx context.Context, what command, doing string, fill func(f *frame)) (*body, error) {
	answer := make(chan *body, 1)
	c.mu.Lock()
	c.correlation++
	id := c.correlation
	c.calls[id] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
	}()
	f := newFrame(what).uint32(id)
	fill(f)
	if err := c.send(ctx, f); err != nil {
		return nil, err
	}
	select {
	case b := <-answer:
		if what == metadata {
			return b, nil // has a code for each stream
		}
		return answered(b, doing)
	case <-c.broken:
		return nil, fmt.Errorf("%s: %w", doing, c.Err())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// send writes a frame. A frame that is cut short by ctx's end takes the connection with it.
func (c *Conn) send(ctx context.Context, f *frame) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	select {
	case <-c.broken:
		return c.Err()
	default:
	}
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.net.SetWriteDeadline(time.Unix(1, 0))
		close(cut)
	})
	_, err := c.net.Write(f.finished())
	if !stop() {
		<-cut
		_ = c.net.SetWriteDeadline(time.Time{})
	}
	if err != nil {
		c.fail(err)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}

// Err returns what has broken the connection; nil while it is whole.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// fail breaks the connection, for all that wait.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = fmt.Errorf("%w: %w", ErrLost, err)
		close(c.broken)
		_ = c.net.Close()
	}
}

// Close closes the connection. What was sent before arrives, if the server is there.
func (c *Conn) Close() error {
	if c == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_, _ = c.call(ctx, closeConnection, "closing", func(f *frame) { f.uint16(uint16(OK)).text("done") })
	c.fail(errClosed)
	c.running.Wait()
	return nil
}

// read hands out what the server sends, until the connection breaks.
func (c *Conn) read() {
	for {
		if c.Heartbeat > 0 {
			_ = c.net.SetReadDeadline(time.Now().Add(2*c.Heartbeat + time.Second))
		}
		key, b, err := readFrame(c.in, maxFrame)
		if err == nil {
			err = c.handle(key, b)
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// beat shows the server that this side is alive.
func (c *Conn) beat() {
	ticker := time.NewTicker(c.Heartbeat / 2)
	defer ticker.Stop()
	for {
		select {
		case <-c.broken:
			return
		case <-ticker.C:
			ctx, cancel := context.WithTimeout(context.Background(), 2*c.Heartbeat)
			_ = c.send(ctx, newFrame(heartbeat)) // where it fails, the connection is broken
			cancel()
		}
	}
}

// handle hands out one frame.
func (c *Conn) handle(key command, b *body) error {
	switch key {
	case deliver:
		return c.delivered(b)
	case publishConfirm:
		id := b.uint8()
		c.publisher(id).confirmed(int(b.uint32()))
	case publishError:
		id := b.uint8()
		for range b.uint32() {
			b.uint64()
			c.publisher(id).refused(Code(b.uint16()))
			if b.short {
				break
			}
		}
	case metadataUpdate:
		b.uint16()
		c.gone(b.text())
	case closeConnection:
		b.uint32()
		code := Code(b.uint16())
		return fmt.Errorf("the server has closed it: %s (%s)", b.text(), code)
	case heartbeat, credit | response, tune:
	default:
		id := b.uint32()
		c.mu.Lock()
		answer := c.calls[id]
		delete(c.calls, id)
		c.mu.Unlock()
		if answer != nil {
			answer <- b
		}
	}
	return b.err()
}

// gone tells all that have to do with a stream that the server has moved it.
func (c *Conn) gone(stream string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.publishers {
		if p.stream == stream {
			p.fail(errGone)
		}
	}
	for _, s := range c.subscriptions {
		if s.stream == stream {
			s.once.Do(func() { close(s.gone) })
		}
	}
}
