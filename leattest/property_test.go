package leattest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/leattest"
)

// What a mill writes in a test is what it writes on files.
func TestResultsAreThoseOfFiles(t *testing.T) {
	folder := t.TempDir()
	payments, items, dues := filepath.Join(folder, "payments.json"), filepath.Join(folder, "items.jsonl"),
		filepath.Join(folder, "dues.json")
	rapid.Check(t, func(r *rapid.T) {
		paid := rapid.SliceOf(rapid.Custom(func(r *rapid.T) Payment {
			return Payment{rapid.IntRange(0, 9).Draw(r, "order"), rapid.Int().Draw(r, "cents")}
		})).Draw(r, "payments")
		bought := rapid.SliceOf(rapid.Custom(func(r *rapid.T) Item {
			return Item{rapid.IntRange(0, 9).Draw(r, "order"), rapid.Int().Draw(r, "cents")}
		})).Draw(r, "items")
		slices.SortStableFunc(paid, func(a, b Payment) int { return a.Order - b.Order })
		slices.SortStableFunc(bought, func(a, b Item) int { return a.Order - b.Order })

		b := leattest.New(t, leattest.Stream(paid), leattest.Stream(bought), leattest.Result[Due]())
		b.Run(newDues)

		list, err := json.Marshal(paid)
		must(t, err)
		must(t, os.WriteFile(payments, list, 0o600))
		var lines []byte
		for _, item := range bought {
			line, err := json.Marshal(item)
			must(t, err)
			lines = append(append(lines, line...), '\n')
		}
		must(t, os.WriteFile(items, lines, 0o600))
		mill, err := newDues(leat.Broker(file.New(
			file.At[Payment](payments), file.At[Item](items), file.At[Due](dues))))
		must(t, err)
		must(t, mill.Run(t.Context()))

		want := leattest.Load[Due](t, dues)
		if got := leattest.Results[Due](b); !slices.Equal(got, want) {
			r.Fatalf("leattest gives %v, files give %v", got, want)
		}
		if got := leattest.Load[Payment](t, payments); !slices.Equal(got, paid) {
			r.Fatalf("Load gives %v instead of %v", got, paid)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
