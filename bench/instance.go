package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker/kafka"
)

// memorySamples is how often an instance looks at its memory.
const memorySamples = 50 * time.Millisecond

// A report is what an instance says of itself.
type report struct {
	Goroutines int
	// Memory is what the Go runtime has of the system at the moment, Peak the most of it, in bytes.
	Memory, Peak uint64
	Traffic      traffic
}

// runInstance runs W1 by Leat under a name in the group, and writes a report for each line of its input, with whose end
// the process ends, whatever the mill is doing.
func runInstance(name string, at endpoints, requests io.Reader, responses io.Writer) error {
	traffic := meter{seen: newTraffic()}
	at.options = []kafka.Option{kafka.Instance(name), kafka.Options(kgo.WithHooks(&traffic))}
	ended := make(chan error, 2)
	requested := make(chan struct{})
	go func() { ended <- leatSpeeds(at) }()
	go func() {
		lines := bufio.NewScanner(requests)
		for lines.Scan() {
			requested <- struct{}{}
		}
		ended <- lines.Err()
	}()
	ticker := time.NewTicker(memorySamples)
	defer ticker.Stop()
	var r report
	for {
		r.Memory = memoryHeld()
		r.Peak = max(r.Peak, r.Memory)
		select {
		case err := <-ended:
			return err
		case <-ticker.C:
		case <-requested:
			r.Goroutines = runtime.NumGoroutine()
			traffic.mu.Lock()
			r.Traffic = traffic.seen
			err := json.NewEncoder(responses).Encode(r)
			traffic.mu.Unlock()
			if err != nil {
				return err
			}
		}
	}
}

// memoryHeld returns how much memory the Go runtime has of the system.
func memoryHeld() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// An instance is a process that runs runInstance.
type instance struct {
	command   *exec.Cmd
	ask       io.WriteCloser
	responses *json.Decoder
}

func startInstance(ctx context.Context, self, name string, at endpoints) (*instance, error) {
	command := exec.CommandContext(ctx, self, append([]string{"instance", name}, at.arguments()...)...)
	command.Stderr = os.Stderr
	ask, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	responses, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &instance{command, ask, json.NewDecoder(responses)}, command.Start()
}

func (i *instance) report() (r report, err error) {
	if _, err := io.WriteString(i.ask, "\n"); err != nil {
		return r, fmt.Errorf("an instance has ended: %w", err)
	}
	return r, i.responses.Decode(&r)
}

// kill ends the process at once.
func (i *instance) kill() {
	_ = i.command.Process.Kill() // it may have ended
	_ = i.command.Wait()         // with the signal as its error
}
