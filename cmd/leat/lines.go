package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/leat-go/leat/internal/monitor"
)

// liveLines says on a few lines of a terminal what a run does: its state and results, each stream, how far it has come.
func liveLines(v monitor.View, width int) []string {
	lines := []string{fmt.Sprintf("%s: %s results, %s/s", v.Status, monitor.Grouped(v.Results), perSecond(v.ResultRate))}
	var rows [][]string
	for _, s := range v.Streams {
		said := ""
		if s.State != monitor.Flowing {
			said = s.Status
		}
		rows = append(rows, []string{s.Name, perSecond(s.Rate) + "/s", notMatched(s), atKey(s), said})
	}
	for _, row := range aligned(rows) {
		lines = append(lines, "  "+row)
	}
	if bar := bar(v, width); bar != "" {
		lines = append(lines, bar)
	}
	for i := range lines {
		lines[i] = fit(lines[i], width)
	}
	return lines
}

// plainLine says what a run does on a single line, for a log.
func plainLine(v monitor.View) string {
	parts := []string{fmt.Sprintf("%s: %s results, %s/s", v.Status, monitor.Grouped(v.Results), perSecond(v.ResultRate))}
	for _, s := range v.Streams {
		part := fmt.Sprintf("%s %s/s", s.Name, perSecond(s.Rate))
		for _, more := range []string{notMatched(s), atKey(s)} {
			if more != "" {
				part += ", " + more
			}
		}
		if s.State != monitor.Flowing {
			part += ", " + s.Status
		}
		parts = append(parts, part)
	}
	if v.BytesTotal > 0 {
		parts = append(parts, far(v))
	}
	return "leat: " + strings.Join(parts, "; ")
}

// aligned makes columns of cells; the last one is as wide as it likes.
func aligned(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	var lines []string
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if widths[i] > 0 {
				line += cell + strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell)+2)
			}
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// notMatched says how large the share of elements is that had no match; nothing before any was decided.
func notMatched(s monitor.Stream) string {
	decided := s.Matched + s.Unmatched + s.Skipped
	if decided == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %% unmatched", 100*float64(s.Unmatched)/float64(decided))
}

// atKey says where a stream stands: at one key, or from that of the partition that is furthest behind to the furthest
// ahead. Of keys that aren't numbers, it says the first partition's.
func atKey(s monitor.Stream) string {
	var low, high *monitor.Key
	for i := range s.Keys {
		key := &s.Keys[i]
		switch {
		case key.Text == "":
		case low == nil:
			low, high = key, key
		case key.Number == nil || low.Number == nil:
		case *key.Number < *low.Number:
			low = key
		case *key.Number > *high.Number:
			high = key
		}
	}
	switch {
	case low == nil:
		return ""
	case low.Text == high.Text:
		return "at " + low.Text
	}
	return "at " + low.Text + " to " + high.Text
}

// barWidth is how wide a bar is at most, in characters.
const barWidth = 40

// bar draws how much of the input was read; nothing where that isn't known.
func bar(v monitor.View, width int) string {
	if v.BytesTotal <= 0 {
		return ""
	}
	words := far(v)
	wide := min(barWidth, width-len(words)-5)
	if wide < 5 {
		return words
	}
	full := int(float64(wide) * share(v))
	drawn := strings.Repeat("=", full)
	if full < wide {
		drawn += ">" + strings.Repeat("-", wide-full-1)
	}
	return "[" + drawn + "] " + words
}

// far says how much of the input was read, and about how long the rest takes.
func far(v monitor.View) string {
	text := fmt.Sprintf("%.0f %% of %s", math.Floor(100*share(v)), size(v.BytesTotal))
	gone := v.Taken.Sub(v.Started)
	if s := share(v); s > 0.01 && s < 1 && gone > time.Second && v.State == monitor.Joining {
		text += fmt.Sprintf(", about %s left", monitor.Ago(time.Duration(float64(gone)*(1-s)/s)))
	}
	return text
}

func share(v monitor.View) float64 { return min(1, float64(v.BytesRead)/float64(v.BytesTotal)) }

// size writes a number of bytes as people do.
func size(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	x, unit := float64(n)/1024, 0
	for ; x >= 1024 && unit < len(units)-1; unit++ {
		x /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", x, units[unit])
}

// perSecond writes a rate with as many digits as say something.
func perSecond(rate float64) string {
	if rate > 0 && rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return monitor.Grouped(int64(math.Round(rate)))
}
