package main

import (
	"fmt"
	"slices"

	"github.com/leat-go/leat/examples/joins"
)

// Where things are in the picture of streams that have nothing, in pixels.
const (
	handedOverAt   = quotesAt + 78
	idleAxisAt     = handedOverAt + 44
	idleLeft       = 92
	idleOrigin     = 124
	secondsApart   = 84.0
	sideBySide     = 2*radius + 6
	idleTextOffset = 28
)

// drawIdle makes the picture of arrivals: trades and quotes at the second in which they come, and below them the trades as
// they are handed over.
func drawIdle(arrivals []joins.Arrival) []byte {
	p := idlePicture{arrivals: arrivals}
	for _, a := range arrivals {
		p.addSecond(a.Second)
		if !a.IsQuote {
			p.addSecond(a.HandedOver)
		}
	}
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" `+
		`font-family="system-ui, sans-serif" font-size="13" text-anchor="middle">`, width, idleAxisAt+30)
	p.add(`<title>idle: when each trade is handed over, and with which quote</title>`)
	p.axis()
	for i, a := range arrivals {
		if !a.IsQuote {
			p.trade(i)
		}
	}
	for i, a := range arrivals {
		if a.IsQuote {
			p.quote(i)
		}
	}
	p.add(`</svg>`)
	return p.Bytes()
}

type idlePicture struct {
	picture
	arrivals []joins.Arrival
	// seconds are those in which something happens: they are as far apart whatever lies between them.
	seconds []int64
}

// addSecond adds a second in which something happens. They come in order.
func (p *idlePicture) addSecond(second int64) {
	if n := len(p.seconds); n == 0 || p.seconds[n-1] < second {
		p.seconds = append(p.seconds, second)
	}
}

// x is where a second lies.
func (p *idlePicture) x(second int64) float64 {
	for i, s := range p.seconds {
		if s == second {
			return idleOrigin + float64(i)*secondsApart
		}
	}
	panic(fmt.Sprintf("nothing happens in second %d", second))
}

func (p *idlePicture) axis() {
	for _, lane := range []struct {
		name string
		at   int
	}{{"trades", tradesAt}, {"quotes", quotesAt}, {"handed over", handedOverAt}, {"second", idleAxisAt}} {
		p.add(`<text x="4" y="%d" fill="%s" text-anchor="start">%s</text>`, lane.at+5, gray, lane.name)
		p.add(`<path d="M%d %dH%d" stroke="%s" opacity=".5"/>`, idleLeft, lane.at, right, gray)
	}
	p.add(`<g fill="%s">`, gray)
	for i, second := range p.seconds {
		p.add(`<text x="%g" y="%d">%d</text>`, p.x(second), idleAxisAt+19, second)
		if i > 0 && second > p.seconds[i-1]+1 {
			p.add(`<text x="%g" y="%d">…</text>`, p.x(second)-secondsApart/2, idleAxisAt+19)
		}
	}
	p.add(`</g>`)
}

// trade draws a trade as it comes and as it is handed over, with the wait between, and the quote that it has.
func (p *idlePicture) trade(i int) {
	a := p.arrivals[i]
	from, to := p.x(a.Second), p.x(a.HandedOver)
	if a.HandedOver > a.Second {
		p.add(`<path d="M%g %dH%gV%dH%gZ" fill="%s" opacity=".13"/>`, from, tradesAt, to, handedOverAt, from, blue)
		p.add(`<text x="%g" y="%d" fill="%s" text-anchor="end">waits %d s</text>`, to-4, tradesAt+radius+8, blue,
			a.HandedOver-a.Second)
	}
	p.add(`<path d="M%g %dL%g %d" stroke="%s" stroke-width="2"/>`, from, tradesAt, to, handedOverAt, blue)
	for j, quote := range p.arrivals {
		if quote.IsQuote && quote.Time == a.With {
			p.add(`<path d="M%g %dL%g %d" stroke="%s" stroke-width="2"/>`, p.quoteX(j), quotesAt, to, handedOverAt, orange)
		}
	}
	p.circle(from, tradesAt, blue, true, fmt.Sprint(a.Time))
	p.circle(to, handedOverAt, blue, true, fmt.Sprint(a.Time))
	p.add(`<text x="%g" y="%d" fill="%s">with %d</text>`, to, handedOverAt+idleTextOffset, gray, a.With)
}

func (p *idlePicture) quote(i int) {
	a := p.arrivals[i]
	p.circle(p.quoteX(i), quotesAt, orange, true, fmt.Sprint(a.Time))
	if p.isLate(a) {
		p.add(`<text x="%g" y="%d" fill="%s">late</text>`, p.quoteX(i), quotesAt-radius-6, orange)
	}
}

// isLate says that a trade which has gone on would have taken the quote.
func (p *idlePicture) isLate(quote joins.Arrival) bool {
	return slices.ContainsFunc(p.arrivals, func(a joins.Arrival) bool {
		return !a.IsQuote && a.HandedOver < quote.Second && a.With < quote.Time && quote.Time <= a.Time
	})
}

// quoteX is where a quote is drawn: those of one second lie beside each other.
func (p *idlePicture) quoteX(i int) float64 {
	before, all := 0, 0
	for j, other := range p.arrivals {
		if other.IsQuote && other.Second == p.arrivals[i].Second {
			all++
			if j < i {
				before++
			}
		}
	}
	return p.x(p.arrivals[i].Second) + (float64(before)-float64(all-1)/2)*sideBySide
}
