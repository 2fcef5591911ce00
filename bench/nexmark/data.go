package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
)

// The streams, each in the order of time, in milliseconds.
type (
	person struct {
		ID    int64  `json:"id"`
		Name  string `json:"name"`
		City  string `json:"city"`
		State string `json:"state"`
		Time  int64  `json:"time"`
	}
	auction struct {
		ID       int64  `json:"id"`
		Item     string `json:"item"`
		Time     int64  `json:"time"`
		Expires  int64  `json:"expires"`
		Seller   int64  `json:"seller"`
		Category int64  `json:"category"`
	}
	bid struct {
		Number  int64 `json:"n"`
		Auction int64 `json:"auction"`
		Bidder  int64 `json:"bidder"`
		Price   int64 `json:"price"`
		Time    int64 `json:"time"`
	}
)

const (
	// longest is how long an auction runs at most.
	longest = 20_000
	// late is how long after it was named a person or an auction may come.
	late = 200
	// window is the length of the windows.
	window = 10_000
)

// A market makes events as Nexmark has them: of 50, one is a person, three are auctions and 46 are bids, ten in a
// millisecond. A bid is mostly for one of the last hundred auctions, and an auction by one of the last thousand persons; some
// name one that is yet to come.
type market struct {
	random                  *rand.Rand
	persons, auctions, bids int64
}

func generate(folder string, events int) error {
	files := map[string]*bufio.Writer{}
	var closers []*os.File
	for _, name := range []string{"persons", "auctions", "bids"} {
		file, err := os.Create(filepath.Join(folder, name+".jsonl"))
		if err != nil {
			return err
		}
		files[name], closers = bufio.NewWriterSize(file, 1<<18), append(closers, file)
	}
	m := &market{random: rand.New(rand.NewPCG(1, 2))}
	for i := range events {
		name, event := m.event(i%50, int64(i/10))
		text, err := json.Marshal(event)
		if err != nil {
			return err
		}
		_, _ = files[name].Write(append(text, '\n')) // Flush returns the error
	}
	var err error
	for _, w := range files {
		err = errors.Join(err, w.Flush())
	}
	for _, file := range closers {
		err = errors.Join(err, file.Close())
	}
	return err
}

func (m *market) event(place int, time int64) (stream string, event any) {
	switch {
	case place == 0:
		m.persons++
		states := []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
		return "persons", person{m.persons, fmt.Sprintf("Person %d", m.persons), fmt.Sprintf("City %d", m.random.IntN(50)),
			states[m.random.IntN(len(states))], time}
	case place < 4:
		m.auctions++
		expires := time + 1 + m.random.Int64N(longest-1)
		return "auctions", auction{m.auctions, fmt.Sprintf("item-%d", m.random.IntN(500)), time, expires,
			m.near(m.persons, 1000, 10), 10 + m.random.Int64N(5)}
	}
	m.bids++
	return "bids", bid{m.bids, m.near(m.auctions, 100, 20), m.near(m.persons, 1000, 10), 100 + m.random.Int64N(10_000), time}
}

// near returns a number from below the last one to some that are yet to come.
func (m *market) near(last, below, above int64) int64 {
	return max(1, last-below+m.random.Int64N(below+above))
}

// sum sums up the results of a program in a file, which come in any order.
func sum(folder string) (string, error) {
	file, err := os.Open(filepath.Join(folder, "output.jsonl"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	var all results
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		all.add(lines.Bytes())
	}
	return all.String(), lines.Err()
}

// sumTopic sums up what is committed in a topic, and returns the offset of the last result.
func sumTopic(address, topic string) (last int64, found string, err error) {
	var all results
	for value, err := range kafkatopic.Committed(address, topic, &last) {
		if err != nil {
			return 0, "", err
		}
		all.add(value)
	}
	return last, all.String(), nil
}

// results sum up lines, whatever their order.
type results struct {
	count int
	sum   uint64
}

func (r *results) add(line []byte) {
	h := fnv.New64a()
	_, _ = h.Write(line)
	r.count, r.sum = r.count+1, r.sum+h.Sum64()
}

func (r *results) String() string { return fmt.Sprintf("%d results, sum %x", r.count, r.sum) }
