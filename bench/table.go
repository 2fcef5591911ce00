package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// writeTable writes the results as a Markdown table: medians, and in brackets the lowest and the highest. Ratios are
// those of the first program, which is Leat where it takes part, to the one in the line, formed for each round that
// both have run, in which they saw the same machine. A table may be of fewer rounds than were asked for. CPU is that of
// the program's process alone.
func writeTable(to io.Writer, results []result) {
	writeRow(to, "workload", "program", "elements", "elements/s", "leat ÷ it", "CPU µs an element", "peak memory",
		"first result", "lines")
	writeRow(to, slices.Repeat([]string{"---"}, 9)...)
	rate := func(s sample) float64 { return float64(s.elements) / s.wall.Seconds() }
	cpu := func(s sample) float64 { return s.cpu.Seconds() * 1e6 / float64(s.elements) }
	first := func(s sample) float64 { return s.first.Seconds() }
	memory := func(s sample) float64 { return float64(s.memory) / (1 << 20) }
	for _, r := range results {
		for n, samples := range r.samples {
			if len(samples) == 0 {
				continue // it was interrupted
			}
			writeRow(to,
				r.workload.name, r.programs[n].name, thousands(float64(samples[0].elements)),
				spanOf(values(samples, rate)).text(thousands),
				ratios(r.samples[0], samples, rate)+withoutStart(r.samples[0], samples),
				fmt.Sprintf("%.2f", spanOf(values(samples, cpu)).median),
				fmt.Sprintf("%.0f MiB", spanOf(values(samples, memory)).high),
				seconds(spanOf(values(samples, first)).median),
				r.programs[n].countLines(r.workload.name),
			)
		}
	}
}

func writeRow(to io.Writer, cells ...string) { fmt.Fprintf(to, "| %s |\n", strings.Join(cells, " | ")) }

// ratios writes the ratios of a value of the first program to that of another, round by round.
func ratios(first, other []sample, value func(sample) float64) string {
	var r []float64
	for i := range min(len(first), len(other)) {
		r = append(r, value(first[i])/value(other[i]))
	}
	if len(r) == 0 {
		return ""
	}
	return spanOf(r).text(ratio)
}

// withoutStart writes the ratios once more without the other's start, where that is known.
func withoutStart(first, other []sample) string {
	if other[0].start == 0 {
		return ""
	}
	return "; without its start " + ratios(first, other, func(s sample) float64 {
		return float64(s.elements) / (s.wall - s.start).Seconds()
	})
}

// ratio writes a ratio, with three digits that count or two behind the point.
func ratio(r float64) string {
	if r >= 100 {
		return fmt.Sprintf("%.0f", r)
	}
	return fmt.Sprintf("%.2f", r)
}

// thousands writes a number in thousands, with three digits that count.
func thousands(rate float64) string {
	switch k := rate / 1000; {
	case k >= 100:
		return fmt.Sprintf("%.0f k", k)
	case k >= 10:
		return fmt.Sprintf("%.1f k", k)
	case k >= 1:
		return fmt.Sprintf("%.2f k", k)
	default:
		return fmt.Sprintf("%.0f", rate)
	}
}

// A span is a median with the extremes around it.
type span struct{ low, median, high float64 }

func spanOf(values []float64) span {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return span{values[0], (values[(n-1)/2] + values[n/2]) / 2, values[n-1]}
}

// text writes a span; where there is one value, only that.
func (s span) text(write func(float64) string) string {
	if s.low == s.high {
		return write(s.median)
	}
	return fmt.Sprintf("%s (%s–%s)", write(s.median), write(s.low), write(s.high))
}

func values(samples []sample, value func(sample) float64) []float64 {
	var v []float64
	for _, s := range samples {
		v = append(v, value(s))
	}
	return v
}

// seconds writes a time, or nothing where it wasn't taken.
func seconds(s float64) string {
	if s == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f s", s)
}
