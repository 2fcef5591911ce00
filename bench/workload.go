package main

import (
	"fmt"
	"path/filepath"
)

// The input files of the workloads, in the folder that their generators write to.
const (
	locationsFile = "locations.json"
	speedsFile    = "speeds.json"
	audioFile     = "audio.json"
	framesFile    = "frames.json"
)

// A workload is one thing that all programs do.
type workload struct {
	name, what string
	// generate writes the input files, of about so many elements in all, into a folder, and returns how many they are.
	// A file that a program reads twice counts once.
	generate func(dir string, elements int) (int, error)
	// leat and loop do the work, from a folder of input files to an output file.
	leat, loop func(dir, out string) error
}

func workloads() []workload {
	return []workload{
		{"W1", "locations, self-join, speed out", generateLocations, leatSpeeds, loopSpeeds},
		{"W2", "audio with 25 video frames each, count and mean out", generateVideo, leatFrames, loopFrames},
		{"W3", "location → next location → speed, move out", generateSpeeds, leatMoves, loopMoves},
		{"W4", "locations in windows of 30, count and mean out", generateLocations, leatStays, loopStays},
	}
}

func findWorkload(name string) (workload, error) {
	for _, w := range workloads() {
		if w.name == name {
			return w, nil
		}
	}
	return workload{}, fmt.Errorf("no workload %q: there are W1, W2, W3 and W4", name)
}

// in returns the path of an input file.
func in(dir, file string) string { return filepath.Join(dir, file) }
