package rabbitmq_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/internal/rabbitserver"
)

// A proxy stands between Leat and the server. It knows the frames of the stream protocol, and can hold back, for as
// long as it takes, what was published, as a network or a frozen process does, or cut connections there.
type proxy struct {
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	// free is how many frames that publish something still pass; -1 is any number.
	free int
	// cutting says that the frame after those is lost together with its connection, in place of being held back.
	cutting bool
	// released is closed when what is held back may go on.
	released chan struct{}
	// held gets a signal when a frame is held back.
	held chan struct{}
	// answered counts the bytes that have come from the server.
	answered atomic.Int64
}

// Write counts what the server answers.
func (p *proxy) Write(answer []byte) (int, error) {
	p.answered.Add(int64(len(answer)))
	return len(answer), nil
}

const publishKey = 2

func (s *space) proxy() *proxy {
	s.Helper()
	return s.proxyAt("127.0.0.1:0")
}

func (s *space) proxyAt(address string) *proxy {
	s.Helper()
	listener, err := net.Listen("tcp", address)
	s.must(err)
	p := &proxy{listener: listener, conns: map[net.Conn]bool{}, free: -1, released: make(chan struct{}),
		held: make(chan struct{}, 1)}
	p.running.Go(p.accept)
	s.Cleanup(func() {
		_ = listener.Close()
		p.release()
		p.cut()
		p.running.Wait()
	})
	return p
}

// url returns what to connect with.
func (p *proxy) url() string {
	return "rabbitmq-stream://" + rabbitserver.User + ":" + rabbitserver.Password + "@" + p.listener.Addr().String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		remote, err := net.Dial("tcp", server.StreamAddress())
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[remote] = true, true
		p.mu.Unlock()
		p.running.Go(func() {
			_, _ = io.Copy(client, io.TeeReader(remote, p))
			_ = client.Close()
		})
		p.running.Go(func() {
			p.forward(client, remote)
			_ = remote.Close()
			_ = client.Close()
		})
	}
}

// forward passes frames on to the server.
func (p *proxy) forward(client io.Reader, remote io.Writer) {
	for {
		head := make([]byte, 6)
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		rest := make([]byte, binary.BigEndian.Uint32(head)-2)
		if _, err := io.ReadFull(client, rest); err != nil {
			return
		}
		if binary.BigEndian.Uint16(head[4:]) == publishKey && !p.pass() {
			return
		}
		if _, err := remote.Write(append(head, rest...)); err != nil {
			return
		}
	}
}

// pass waits until a frame that publishes something may pass, and returns false where its connection is to be cut.
func (p *proxy) pass() bool {
	p.mu.Lock()
	released := p.released
	switch {
	case p.free > 0:
		p.free--
		p.mu.Unlock()
		return true
	case p.free < 0:
		p.mu.Unlock()
		return true
	case p.cutting:
		p.free, p.cutting = -1, false
		p.mu.Unlock()
		return false
	}
	p.mu.Unlock()
	select {
	case p.held <- struct{}{}:
	default:
	}
	<-released
	return true
}

// hold holds back what is published behind the next n frames, until release is called.
func (p *proxy) hold(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = n
}

// cutAfter loses the frame behind the next n ones, and its connection.
func (p *proxy) cutAfter(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free, p.cutting = n, true
}

func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = -1
	close(p.released)
	p.released = make(chan struct{})
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}
