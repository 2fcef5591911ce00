// Draw draws the timelines of docs/joins.md, each from the data of examples/joins, the reach in the pipeline file and
// the results of the mill; that of idle streams from what a test there holds the mill to. In examples/joins:
//
//	go generate
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/examples/joins"
)

func main() {
	drawings, err := drawAll()
	for name, drawing := range drawings {
		if err == nil {
			err = os.WriteFile(filepath.Join("..", "..", "docs", "joins", name+".svg"), drawing, 0o644)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

// drawAll makes all pictures, by the name of what they show.
func drawAll() (map[string][]byte, error) {
	drawings := map[string][]byte{"idle": drawIdle(joins.Arrivals())}
	for _, kind := range joins.Kinds() {
		drawing, err := draw(kind)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.Name, err)
		}
		drawings[kind.Name] = drawing
	}
	return drawings, nil
}

// draw makes the picture of a join: trades above, quotes below, a line for each match.
func draw(kind joins.Kind) ([]byte, error) {
	const ordered = "quotes.jsonl"
	var p picture
	var err error
	if kind.Quotes != ordered {
		if p.asRead, err = load[joins.Quote](kind.Quotes); err != nil {
			return nil, err
		}
	}
	if p.trades, err = load[joins.Trade]("trades.jsonl"); err != nil {
		return nil, err
	}
	if p.quotes, err = load[joins.Quote](ordered); err != nil {
		return nil, err
	}
	if p.results, err = run(kind); err != nil {
		return nil, err
	}
	if p.join, err = describe(kind.Name + ".yaml"); err != nil {
		return nil, err
	}
	return p.draw(kind.Name), nil
}

// load reads a file of JSON lines.
func load[T any](name string) ([]T, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return decode[T](data)
}

func decode[T any](lines []byte) (elements []T, err error) {
	for d := json.NewDecoder(bytes.NewReader(lines)); ; {
		var element T
		switch err := d.Decode(&element); err {
		case nil:
			elements = append(elements, element)
		case io.EOF:
			return elements, nil
		default:
			return nil, err
		}
	}
}

// run returns the bids that each trade was handed over with, by the trade's time.
func run(kind joins.Kind) (map[int64][]int64, error) {
	var out bytes.Buffer
	if err := kind.Run(context.Background(), &out); err != nil {
		return nil, err
	}
	results, err := decode[struct {
		Time int64
		Bid  *int64
		Bids []int64
	}](out.Bytes())
	bids := make(map[int64][]int64)
	for _, r := range results {
		if r.Bid != nil {
			r.Bids = append(r.Bids, *r.Bid)
		}
		bids[r.Time] = r.Bids
	}
	return bids, err
}

// join is what a pipeline file says of the join of trades and quotes.
type join struct {
	before, after float64
	by            bool
}

func describe(pipeline string) (join, error) {
	data, err := os.ReadFile(pipeline)
	if err != nil {
		return join{}, err
	}
	var description struct {
		Join []struct{ Within, By any }
	}
	if err := yaml.Unmarshal(data, &description); err != nil {
		return join{}, err
	}
	said := description.Join[0]
	j := join{by: said.By != nil}
	before, after := said.Within, said.Within
	if sides, ok := said.Within.(map[string]any); ok {
		before, after = sides["before"], sides["after"]
	}
	if j.before, err = bound(before); err != nil {
		return join{}, err
	}
	j.after, err = bound(after)
	return j, err
}

// bound returns what a pipeline file says of one side of a reach; what it doesn't say is 0.
func bound(said any) (bound float64, err error) {
	switch said {
	case nil:
		return 0, nil
	case "any":
		return math.Inf(1), nil
	}
	_, err = fmt.Sscan(fmt.Sprint(said), &bound)
	return bound, err
}
