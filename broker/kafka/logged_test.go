package kafka_test

import (
	"bytes"
	"strings"
	"sync"
)

// logged keeps what a run logs.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count returns how often something was logged.
func (l *logged) count(what string) int { return strings.Count(l.String(), what) }
