package main

import (
	"fmt"
	"io"
	"slices"
)

// writeTable writes the results as a Markdown table: medians, and in brackets the lowest and the highest. Ratios are
// those of the first program to the one in the line, formed for each round, whose runs saw the same machine.
func writeTable(to io.Writer, programs []program, results []result) {
	ratio := programs[0].name + " ÷ it"
	fmt.Fprintf(to, "| workload | program | elements/s | %s | CPU s | %s | peak memory |\n", ratio, ratio)
	fmt.Fprintln(to, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range results {
		rate := func(s sample) float64 { return float64(r.elements) / s.wall.Seconds() }
		cpu := func(s sample) float64 { return s.cpu.Seconds() }
		memory := func(s sample) float64 { return float64(s.memory) / (1 << 20) }
		for n, samples := range r.samples {
			rates, cpus := spanOf(values(samples, rate)), spanOf(values(samples, cpu))
			fmt.Fprintf(to, "| %s | %s | %s (%s–%s) | %s | %.2f | %s | %.0f MiB |\n",
				r.workload.name, programs[n].name,
				thousands(rates.median), thousands(rates.low), thousands(rates.high), ratios(r.samples[0], samples, rate),
				cpus.median, ratios(r.samples[0], samples, cpu), spanOf(values(samples, memory)).high)
		}
	}
}

// ratios writes the ratios of a value of the first program to that of another, round by round.
func ratios(first, other []sample, value func(sample) float64) string {
	r := values(first, value)
	for i, v := range values(other, value) {
		r[i] /= v
	}
	s := spanOf(r)
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.low, s.high)
}

// thousands writes a rate in thousands, with three digits that count.
func thousands(rate float64) string {
	switch k := rate / 1000; {
	case k >= 100:
		return fmt.Sprintf("%.0f k", k)
	case k >= 10:
		return fmt.Sprintf("%.1f k", k)
	default:
		return fmt.Sprintf("%.2f k", k)
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
