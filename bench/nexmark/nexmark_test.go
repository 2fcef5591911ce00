package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Leat finds what loops over everything find.
func TestResults(t *testing.T) {
	folder := t.TempDir()
	must(t, generate(folder, 60_000))
	persons, err := read[person](folder, "persons")
	must(t, err)
	auctions, err := read[auction](folder, "auctions")
	must(t, err)
	bids, err := read[bid](folder, "bids")
	must(t, err)
	want := naive(persons, auctions, bids)
	for _, query := range allQueries {
		t.Run(query, func(t *testing.T) {
			must(t, join(t.Context(), query, folder))
			got, err := sum(folder)
			must(t, err)
			output := filepath.Join(folder, "output.jsonl")
			must(t, os.WriteFile(output, []byte(want[query].String()), 0o600))
			expected, err := sum(folder)
			must(t, err)
			if got != expected || strings.HasPrefix(got, "0 ") {
				t.Errorf("got %s, want %s", got, expected)
			}
			must(t, os.Remove(output))
		})
	}
}

// naive answers all queries.
func naive(persons []person, auctions []auction, bids []bid) map[string]*strings.Builder {
	results := map[string]*strings.Builder{}
	for _, query := range allQueries {
		results[query] = &strings.Builder{}
	}
	put := func(query string, result any) {
		text, _ := json.Marshal(result)
		results[query].Write(append(text, '\n'))
	}
	ofAuction, sold := map[int64]auction{}, map[int64]sale{}
	sellers, first := map[int64]person{}, map[int64]int64{}
	for _, p := range persons {
		sellers[p.ID] = p
	}
	for _, a := range auctions {
		ofAuction[a.ID], sold[a.ID] = a, sale{Auction: a}
		p, ok := sellers[a.Seller]
		if ok && a.Category == 10 && isLocal(p) && p.Time <= a.Time+late {
			put("Q3", local{a.ID, p.Name, p.City, p.State})
		}
		if _, has := first[p.ID]; ok && !has && p.Time/window == a.Time/window {
			first[p.ID] = a.ID
			put("Q8", newSeller{p.ID, p.Name, a.ID})
		}
	}
	for _, b := range bids {
		a, ok := ofAuction[b.Auction]
		if ok && a.Category == 10 && a.Time <= b.Time+late {
			put("Q20", expanded{b.Number, b.Price, a.Item, a.Seller})
		}
		if s := sold[b.Auction]; ok && b.Time <= a.Expires {
			s.Bids = append(s.Bids, b)
			sold[b.Auction] = s
		}
	}
	windows := map[int64][]sale{}
	for _, s := range sold {
		if best := highest(&s); best != nil {
			put("Q9", winner{s.Auction.ID, best.Bidder, best.Price})
			windows[s.Auction.Expires/window] = append(windows[s.Auction.Expires/window], s)
		}
	}
	for _, sales := range windows {
		for _, a := range averages(sales) {
			put("Q4", a)
		}
	}
	return results
}

// read returns the elements of a stream.
func read[T any](folder, name string) (all []T, err error) {
	file, err := os.Open(filepath.Join(folder, name+".jsonl"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var e T
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
