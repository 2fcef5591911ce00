package kafkaserver

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"
)

// The servers' logs write the time as javaTime says, which Go calls logTime.
const (
	javaTime = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
	logTime  = "2006-01-02T15:04:05.000Z07:00"
)

// A Takeover says when the other servers had taken over the work of one that was gone, by their own logs.
type Takeover struct {
	// Fenced is when the controller gave the server up, and its partitions other leaders.
	Fenced time.Time
	// Loaded is when the last coordinator of groups or transactions had loaded what it needs. It is Fenced where the
	// server was no coordinator.
	Loaded time.Time
}

// takeoverLine finds the time of a line about a takeover, and the number of the server that was fenced. Where it
// finds no number, a coordinator has loaded.
var takeoverLine = regexp.MustCompile(
	`^(\S+) .*(?:Fencing broker (\d+) at epoch|Finished loading .*(?:__consumer_offsets|__transaction_state))`)

// TakenOver finds out when the others had taken over the work of a server that is gone since a moment. The times are
// zero where they haven't.
func (c *Cluster) TakenOver(gone *Server, since time.Time) (Takeover, error) {
	var t Takeover
	var loaded []time.Time
	for _, s := range c.Servers {
		if s == gone {
			continue
		}
		err := s.takeovers(func(at time.Time, fenced string) {
			switch {
			case at.Before(since):
			case fenced == "":
				loaded = append(loaded, at)
			case fenced == fmt.Sprint(gone.id):
				t.Fenced = at
			}
		})
		if err != nil {
			return t, err
		}
	}
	t.Loaded = t.Fenced
	for _, at := range loaded { // what was loaded before isn't the work of the one that is gone
		if !t.Fenced.IsZero() && at.After(t.Loaded) {
			t.Loaded = at
		}
	}
	return t, nil
}

// takeovers calls found for the lines of the server's log about a takeover.
func (s *Server) takeovers(found func(at time.Time, fenced string)) (err error) {
	log, err := os.Open(s.file("server.log"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := takeoverLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		at, err := time.Parse(logTime, m[1])
		if err != nil {
			return fmt.Errorf("%s: the time of %q: %w", log.Name(), lines.Text(), err)
		}
		found(at, m[2])
	}
	return lines.Err()
}
