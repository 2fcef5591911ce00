package filesort

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// BenchmarkSort sorts lines that are nearly in order, and shuffled ones.
func BenchmarkSort(b *testing.B) {
	const count = 200_000
	r := rand.New(rand.NewPCG(1, 2))
	for name, time := range map[string]func(i int) int{
		"nearly in order": func(i int) int { return 10*i + r.IntN(60) },
		"shuffled":        func(int) int { return r.IntN(10 * count) },
	} {
		lines := make([]string, count)
		size := 0
		for i := range lines {
			lines[i] = fmt.Sprintf(`{"time":%d,"robot":"robot-%d","x":%d.125,"y":0.5,"seq":%d}`, 1764000000000+time(i), i%37, i%100, i)
			size += len(lines[i]) + 1
		}
		from := filepath.Join(b.TempDir(), "in.jsonl")
		write(b, from, lines)
		for _, within := range []string{"", "60"} {
			if within != "" && name == "shuffled" {
				continue
			}
			b.Run(fmt.Sprintf("%s/within=%s", name, within), func(b *testing.B) {
				order := compile(b, "time", within)
				to := filepath.Join(b.TempDir(), "out.jsonl")
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
