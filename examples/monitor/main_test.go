package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// The page is there, and shows that robots move.
func TestRobotsMoveOnThePage(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	address := free(t)
	var g errgroup.Group
	g.Go(func() error { return run(ctx, address) })
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for results := 0; results == 0 && ctx.Err() == nil; <-ticks.C {
		results = written(ctx, address)
	}
	if ctx.Err() != nil {
		t.Error("there were no results within a minute")
	}
	stop()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// free returns an address that nobody listens on.
func free(t *testing.T) string {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "localhost:" + port
}

// written returns how many results the page tells of; zero while it isn't there.
func written(ctx context.Context, address string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/snapshot.json", address), nil)
	if err != nil {
		return 0
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	var view struct{ Results int }
	_ = json.NewDecoder(answer.Body).Decode(&view)
	return view.Results
}
