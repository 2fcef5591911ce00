package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/leat-go/leat/examples/joins"
)

// The colours have enough contrast on white as well as on black: a picture has no background.
const (
	gray   = "#768390"
	blue   = "#2f81f7"
	orange = "#d9730d"
)

// Where things are, in pixels.
const (
	width        = 680
	left, right  = 62, 676
	origin, step = 84, 43.0 // where time 0 is, and how long a unit of time is
	latest       = 13
	tradesAt     = 30
	quotesAt     = 108
	asReadAt     = 176
	radius       = 12
)

type picture struct {
	trades  []joins.Trade
	quotes  []joins.Quote
	results map[int64][]int64 // the bids that a trade was handed over with, by its time
	join    join
	asRead  []joins.Quote // the quotes as they come, where they are out of order; else empty
	bytes.Buffer
}

func (p *picture) draw(name string) []byte {
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" `+
		`font-family="system-ui, sans-serif" font-size="13" text-anchor="middle">`, width, p.axisAt()+30)
	p.add(`<title>%s: which quotes each trade is handed over with</title>`, name)
	p.axis()
	p.order()
	for _, trade := range p.trades {
		p.reach(trade)
	}
	for _, trade := range p.trades {
		p.matches(trade)
	}
	for _, trade := range p.trades {
		_, called := p.results[trade.Time]
		p.circle(x(trade.Time), tradesAt, p.colour(trade.Ticker, blue), called, trade.Ticker)
	}
	for i, quote := range p.quotes {
		p.circle(p.quoteX(i), quotesAt, p.colour(quote.Ticker, orange), p.matched(quote), fmt.Sprint(quote.Bid))
	}
	p.add(`</svg>`)
	return p.Bytes()
}

func (p *picture) add(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// x is where a time lies.
func x(time int64) float64 { return origin + float64(time)*step }

// axisAt is where the axis of time is: below all lanes.
func (p *picture) axisAt() int {
	if len(p.asRead) > 0 {
		return asReadAt + 34
	}
	return quotesAt + 34
}

// axis draws the lanes and the axis of time.
func (p *picture) axis() {
	p.lane("trades", tradesAt, tradesAt)
	p.lane("quotes", quotesAt, quotesAt)
	p.lane("time", p.axisAt(), p.axisAt()+14)
	p.add(`<g fill="%s">`, gray)
	for time := int64(0); time <= latest; time++ {
		p.add(`<text x="%g" y="%d">%d</text>`, x(time), p.axisAt()+19, time)
	}
	p.add(`</g>`)
}

// lane draws a line and its name.
func (p *picture) lane(name string, y, nameAt int) {
	p.add(`<text x="4" y="%d" fill="%s" text-anchor="start">%s</text>`, nameAt+5, gray, name)
	p.add(`<path d="M%d %dH%d" stroke="%s" opacity=".5"/>`, left, y, right, gray)
}

// order draws the quotes as they come, and where each is put.
func (p *picture) order() {
	if len(p.asRead) == 0 {
		return
	}
	p.lane("as read", asReadAt, asReadAt)
	for i, quote := range p.asRead {
		sorted := slices.Index(p.quotes, quote)
		at := x(1) + float64(i)*1.6*step
		p.add(`<path d="M%g %dL%g %d" stroke="%s" stroke-dasharray="4 3"/>`, at, asReadAt, p.quoteX(sorted), quotesAt, gray)
		p.circle(at, asReadAt, p.colour(quote.Ticker, orange), true, fmt.Sprint(quote.Bid))
	}
}

// reach shades where a trade's matches may lie. A reach of 0 is as wide as a circle.
func (p *picture) reach(trade joins.Trade) {
	const top, bottom = quotesAt - radius - 6, quotesAt + radius + 6
	from := max(x(trade.Time)-p.join.before*step-radius, left)
	to := min(x(trade.Time)+p.join.after*step+radius, right)
	p.add(`<path d="M%g %dL%g %dV%dH%gV%dZ" fill="%s" opacity=".13"/>`,
		x(trade.Time), tradesAt, from, top, bottom, to, top, p.colour(trade.Ticker, blue))
}

// matches draws a line to each quote that the trade was handed over with.
func (p *picture) matches(trade joins.Trade) {
	for i, quote := range p.quotes {
		if slices.Contains(p.results[trade.Time], quote.Bid) {
			p.add(`<path d="M%g %dL%g %d" stroke="%s" stroke-width="2"/>`,
				x(trade.Time), tradesAt, p.quoteX(i), quotesAt, p.colour(trade.Ticker, blue))
		}
	}
}

// quoteX is where a quote is drawn: those of one time lie beside each other.
func (p *picture) quoteX(i int) float64 {
	time, before, all := p.quotes[i].Time, 0, 0
	for j, quote := range p.quotes {
		if quote.Time == time {
			all++
			if j < i {
				before++
			}
		}
	}
	return x(time) + (float64(before)-float64(all-1)/2)*(2*radius+2)
}

// colour is that of a ticker where the join has a match key, and else that of the lane.
func (p *picture) colour(ticker, lane string) string {
	if !p.join.by {
		return lane
	}
	return map[string]string{"A": blue, "B": orange}[ticker]
}

func (p *picture) matched(quote joins.Quote) bool {
	for _, bids := range p.results {
		if slices.Contains(bids, quote.Bid) {
			return true
		}
	}
	return false
}

// circle draws an element: filled if it was handed over.
func (p *picture) circle(x float64, y int, colour string, handedOver bool, label string) {
	if handedOver {
		p.add(`<circle cx="%g" cy="%d" r="%d" fill="%s"/>`, x, y, radius, colour)
		p.add(`<text x="%g" y="%d" fill="#fff">%s</text>`, x, y+5, label)
		return
	}
	p.add(`<circle cx="%g" cy="%d" r="%d" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="3 2"/>`,
		x, y, radius-1, colour)
	p.add(`<text x="%g" y="%d" fill="%s">%s</text>`, x, y+5, colour, label)
}
