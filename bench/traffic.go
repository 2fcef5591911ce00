package main

import (
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Traffic is what clients have to do with Kafka. Its numbers go by the names of the requests.
type traffic struct {
	Connections int
	Requests    map[string]int
	// LargestRequest and LargestReply are in bytes.
	LargestRequest, LargestReply map[string]int
}

func newTraffic() traffic {
	return traffic{Requests: map[string]int{}, LargestRequest: map[string]int{}, LargestReply: map[string]int{}}
}

// add adds the traffic of another process.
func (t *traffic) add(other traffic) {
	t.Connections += other.Connections
	for name, n := range other.Requests {
		t.Requests[name] += n
	}
	for name, n := range other.LargestRequest {
		t.LargestRequest[name] = max(t.LargestRequest[name], n)
	}
	for name, n := range other.LargestReply {
		t.LargestReply[name] = max(t.LargestReply[name], n)
	}
}

// all returns the number of all requests.
func (t *traffic) all() (n int) {
	for _, requests := range t.Requests {
		n += requests
	}
	return n
}

// A meter watches the traffic of the clients whose hook it is.
type meter struct {
	mu   sync.Mutex
	seen traffic
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (m *meter) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		m.with(func(t *traffic) { t.Connections++ })
	}
}

// OnBrokerDisconnect implements kgo.HookBrokerDisconnect.
func (m *meter) OnBrokerDisconnect(kgo.BrokerMetadata, net.Conn) {
	m.with(func(t *traffic) { t.Connections-- })
}

// OnBrokerWrite implements kgo.HookBrokerWrite.
func (m *meter) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, bytes int, _, _ time.Duration, _ error) {
	name := kmsg.NameForKey(key)
	m.with(func(t *traffic) {
		t.Requests[name]++
		t.LargestRequest[name] = max(t.LargestRequest[name], bytes)
	})
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (m *meter) OnBrokerRead(_ kgo.BrokerMetadata, key int16, bytes int, _, _ time.Duration, _ error) {
	name := kmsg.NameForKey(key)
	m.with(func(t *traffic) { t.LargestReply[name] = max(t.LargestReply[name], bytes) })
}

func (m *meter) with(do func(*traffic)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do(&m.seen)
}
