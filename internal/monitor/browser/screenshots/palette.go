package main

import (
	"cmp"
	"image/color"
	"maps"
	"slices"
)

// choose returns the colours that occur most, and leaves out what is as near as a distance to one of them.
func choose(counts map[color.RGBA]int, distance int) color.Palette {
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var chosen color.Palette
	for _, c := range colours {
		near := func(other color.Color) bool { return apart(c, other.(color.RGBA)) <= distance }
		if !slices.ContainsFunc(chosen, near) {
			chosen = append(chosen, c)
		}
		if len(chosen) > 256 {
			break
		}
	}
	return chosen
}

// apart says how far two colours are apart.
func apart(a, b color.RGBA) int {
	far := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return far(a.R, b.R) + far(a.G, b.G) + far(a.B, b.B)
}
