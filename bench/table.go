package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// writeTable writes the results as a Markdown table: medians, and in brackets the lowest and the highest. Ratios are those
// of the first program, which is Leat where it takes part, to the one in the line, formed for each round, whose runs saw
// the same machine. CPU is that of the program's process alone.
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
			rates := spanOf(values(samples, rate))
			writeRow(to,
				r.workload.name, r.programs[n].name, thousands(float64(samples[0].elements)),
				fmt.Sprintf("%s (%s–%s)", thousands(rates.median), thousands(rates.low), thousands(rates.high)),
				ratios(r.samples[0], samples, rate),
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
	r := values(first, value)
	for i, v := range values(other, value) {
		r[i] /= v
	}
	s := spanOf(r)
	if s.median >= 100 {
		return fmt.Sprintf("%.0f (%.0f–%.0f)", s.median, s.low, s.high)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.low, s.high)
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
