package campaign

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/wait"
)

// A stream is idle only while its server says so: one that was killed isn't idle, and when it is back it says what has
// come meanwhile. The reader waits all that time.
func TestProbesOfServersThatAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills all servers")
	}
	for _, k := range kinds() {
		if k.name == "sqlite" {
			continue // it has no server
		}
		t.Run(k.name, func(t *testing.T) { probeOf(t, k) })
	}
}

func probeOf(t *testing.T, k kind) {
	dir := filepath.Join(t.TempDir(), "server")
	for _, d := range []string{filepath.Dir(filepath.Dir(dir)), filepath.Dir(dir)} { // the server may run as another user
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s, err := k.start(t.Context(), dir)
	if err != nil {
		t.Skip("left out: ", err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.append(t.Context(), workload.Steps, 0, []*workload.Element{{}, {Number: 1}}))
	storage := k.broker(s.target(s.server().Address()))
	in, err := storage.OpenSource(t.Context(), &broker.Job{Name: "probe", Inputs: storage.Streams()[:1],
		Logger: slog.New(slog.DiscardHandler)})
	must(err)
	defer in.Close()
	reader, err := in.Reader(t.Context(), 0, 0, 0)
	must(err)
	defer reader.Close()
	for n := 0; n < 2; {
		records, err := reader.Read(t.Context())
		must(err)
		n += len(records)
	}
	next := reader.Next()
	probe := func() (int64, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		return reader.(broker.Prober).Probe(ctx, next)
	}
	come := make(chan error, 1)
	go func() {
		_, err := reader.Read(t.Context())
		come <- err
	}()
	if end, err := probe(); end != next || err != nil {
		t.Errorf("with all read up to %d, Probe returns %d, %v", next, end, err)
	}
	must(s.server().Kill())
	begun := time.Now()
	end, err := probe()
	if took := time.Since(begun); err == nil || took > 4*time.Second {
		t.Errorf("without a server, Probe returns %d after %v", end, took)
	}
	t.Log(err)
	must(s.server().Restart(t.Context()))
	for end, err = probe(); err != nil; end, err = probe() { // it may not be ready yet
		must(wait.For(t.Context(), 100*time.Millisecond))
	}
	if end != next {
		t.Errorf("with the server back, Probe returns %d, want %d", end, next)
	}
	for s.append(t.Context(), workload.Steps, 2, []*workload.Element{{Number: 2}}) != nil {
		must(wait.For(t.Context(), 100*time.Millisecond))
	}
	for end, err = probe(); err != nil || end == next; end, err = probe() {
		must(wait.For(t.Context(), 100*time.Millisecond))
	}
	must(<-come)
}
