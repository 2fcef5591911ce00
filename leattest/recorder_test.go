package leattest_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A recorder is the testing.TB of a test whose failures are looked at.
type recorder struct {
	testing.TB // for what a recorder doesn't care about
	mu         sync.Mutex
	failures   []string
	// log gets what is logged; nil for nobody.
	log io.Writer
}

func (r *recorder) Output() io.Writer {
	if r.log == nil {
		return io.Discard
	}
	return r.log
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failures returns what a test fails with.
func failures(t testing.TB, test func(t testing.TB)) []string {
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		test(r)
	}()
	<-ended
	return r.failures
}

// expectFailure wants a test to fail once, with a message that has all the texts.
func expectFailure(t *testing.T, test func(t testing.TB), texts ...string) {
	t.Helper()
	expectTexts(t, failures(t, test), texts...)
}

// expectTexts wants one failure, with all the texts.
func expectTexts(t *testing.T, got []string, texts ...string) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("got the failures %q, want one with %q", got, texts)
	}
	for _, text := range texts {
		if !strings.Contains(got[0], text) {
			t.Errorf("the failure %q has no %q", got[0], text)
		}
	}
}
