package monitor

import "net"

// NewServer returns a server for localhost that listens as a test likes.
func NewServer(listener net.Listener) *Server {
	return newServer(Address{host: "localhost", port: "80"}, listener)
}
