package filesort

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// BenchmarkSort sorts lines that are nearly in order, and shuffled ones, of JSON and of CSV.
func BenchmarkSort(b *testing.B) {
	const count = 200_000
	r := rand.New(rand.NewPCG(1, 2))
	for name, time := range map[string]func(i int) int{
		"nearly in order": func(i int) int { return 10*i + r.IntN(60) },
		"shuffled":        func(int) int { return r.IntN(10 * count) },
	} {
		lines, rows := make([]string, count), []string{"time,robot,x,y,seq"}
		size := 0
		for i := range lines {
			lines[i] = fmt.Sprintf(`{"time":%d,"robot":"robot-%d","x":%d.125,"y":0.5,"seq":%d}`, 1764000000000+time(i), i%37, i%100, i)
			rows = append(rows, fmt.Sprintf("%d,robot-%d,%d.125,0.5,%d", 1764000000000+time(i), i%37, i%100, i))
			size += len(lines[i]) + 1
		}
		dir := b.TempDir()
		write(b, filepath.Join(dir, "in.jsonl"), lines)
		write(b, filepath.Join(dir, "in.csv"), rows)
		for _, end := range []string{"jsonl", "csv"} {
			for _, within := range []string{"", "60"} {
				if within != "" && name == "shuffled" {
					continue
				}
				b.Run(fmt.Sprintf("%s/%s/within=%s", end, name, within), func(b *testing.B) {
					order := compile(b, "time", within)
					from, to := filepath.Join(dir, "in."+end), filepath.Join(dir, "out."+end)
					b.SetBytes(int64(size))
					for b.Loop() {
						if _, err := order.Sort(context.Background(), from, to, Options{}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
