package process

import (
	"fmt"
	"slices"
)

// Cells tells what the runs of a program took beside those of another one in the same rounds, if there are any: the median
// of the wall time, of the ratio to the other's within a round, the same of CPU seconds, and the highest memory.
func Cells(all, others []Cost) []string {
	var walls, cpus, wallRatios, cpuRatios []float64
	memory := int64(0)
	for i, s := range all {
		walls, cpus = append(walls, s.Wall.Seconds()), append(cpus, s.CPU.Seconds())
		memory = max(memory, s.Memory)
		if i < len(others) {
			wallRatios = append(wallRatios, s.Wall.Seconds()/others[i].Wall.Seconds())
			cpuRatios = append(cpuRatios, s.CPU.Seconds()/others[i].CPU.Seconds())
		}
	}
	return []string{
		fmt.Sprintf("%.2f s", Median(walls)), Spread(wallRatios), fmt.Sprintf("%.2f s", Median(cpus)), Spread(cpuRatios),
		fmt.Sprintf("%d MiB", memory>>20),
	}
}

// Spread tells the median, and the lowest and the highest.
func Spread(numbers []float64) string {
	if len(numbers) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", Median(numbers), slices.Min(numbers), slices.Max(numbers))
}

// Median returns the one in the middle; zero for none.
func Median(numbers []float64) float64 {
	if len(numbers) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[len(sorted)/2]
}
