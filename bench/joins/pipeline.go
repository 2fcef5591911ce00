package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/pipeline"
)

// The workloads as pipeline files: what the edge says, and the value of a result.
var edges = map[string][2]string{
	"as-of": {"within: {before: 50, after: 0}, take: last, need: optional", "right?.value"},
	"by": {`by: "left.symbol == right.symbol", within: {before: 5000, after: 0}, take: last, need: optional`,
		"right?.value"},
	"interval": {"within: 10", "sum(right, .value)"},
	"left":     {"take: last, need: optional", "right?.value"}, // so that it is one element, not a list
	"nearest":  {"within: 4, take: nearest, need: optional", "right?.value"},
}

const pipelineText = `streams: {left: {file: %q}, right: {file: %q}, output: {file: %q}}
master: left
join:
  - {left: left, right: right, on: "left.time == right.time", %s}
output: output
emit: {n: left.n, value: "%s"}
`

// writePipeline writes the pipeline file of a job, and returns its path.
func writePipeline(j job) (string, error) {
	edge := edges[j.workload]
	path := filepath.Join(j.folder, "joins.yaml")
	text := fmt.Sprintf(pipelineText, j.path("left"), j.path("right"), j.path("output"), edge[0], edge[1])
	return path, os.WriteFile(path, []byte(text), 0o666)
}

// runPipeline runs the pipeline file of a job in this process, where it can be profiled.
func runPipeline(ctx context.Context, j job) error {
	path, err := writePipeline(j)
	if err != nil {
		return err
	}
	p, err := pipeline.Load(path)
	if err != nil {
		return err
	}
	return p.Run(ctx, pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
}
