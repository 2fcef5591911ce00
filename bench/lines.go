package main

import (
	_ "embed" // for the sources whose lines are counted
	"slices"
	"strconv"
	"strings"
)

//go:embed leat.go
var leatSource string

//go:embed loop.go
var loopSource string

//go:embed python/peer.py
var pythonSource string

//go:embed python/duck.py
var duckSource string

//go:embed kafkastreams/Peer.java
var javaSource string

// countLines returns how many lines of code a user writes for a workload beside the element types and the work of the
// function, which are the same for all; "" where that wasn't counted.
func (p program) countLines(workload string) string {
	if p.source == "" {
		return ""
	}
	return strconv.Itoa(linesOf(p.source, workload))
}

// linesOf counts the lines behind comments such as "lines: W1 W3", up to the next such comment, without empty lines and
// comments; those behind "lines: all" count for every workload, and what is before the first comment for none.
func linesOf(source, workload string) (n int) {
	counts := false
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		comment := strings.HasPrefix(line, "//") || strings.HasPrefix(line, "#")
		if names, ok := strings.CutPrefix(strings.TrimLeft(line, "/# "), "lines:"); ok && comment {
			workloads := strings.Fields(names)
			counts = slices.Contains(workloads, workload) || slices.Contains(workloads, "all")
			continue
		}
		if counts && line != "" && !comment {
			n++
		}
	}
	return n
}
