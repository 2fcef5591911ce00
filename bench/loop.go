package main

// The hand-written loops: what a Go programmer writes for each workload who knows its streams and nothing else matters,
// in one goroutine. The framing of files is in list.go, the clients of Kafka in franz.go; a loop says there from where
// it would go on after a stop.

// lines: W1

func loopSpeeds(s *session) {
	locations, nexts := open[Location](s, locationsStream), open[NextLocation](s, locationsStream)
	results := create[Speed](s)
	s.resume = func() []int64 { return []int64{locations.offset() + 1, nexts.offset()} }
	there := nexts.next()
	for locations.next() {
		for there && nexts.element.Time < locations.element.Time+step {
			there = nexts.next()
		}
		if there && nexts.element.Time == locations.element.Time+step {
			results.write(speedBetween(locations.element, nexts.element))
		}
	}
}

// lines: W2

func loopFrames(s *session) {
	audio, frames := open[Audio](s, audioStream), open[Frame](s, framesStream)
	results := create[Frames](s)
	s.resume = func() []int64 { return []int64{audio.offset() + 1, frames.offset()} }
	var group []Frame
	there := frames.next()
	for audio.next() {
		for there && frames.element.Time/1000 < audio.element.Time {
			there = frames.next()
		}
		for group = group[:0]; there && frames.element.Time/1000 == audio.element.Time; there = frames.next() {
			group = append(group, frames.element)
		}
		if len(group) > 0 {
			results.write(framesOf(audio.element, group))
		}
	}
}

// lines: W3

func loopMoves(s *session) {
	locations, nexts := open[Location](s, locationsStream), open[NextLocation](s, locationsStream)
	speeds := open[Speed](s, speedsStream)
	results := create[Move](s)
	s.resume = func() []int64 { return []int64{locations.offset() + 1, nexts.offset(), speeds.offset()} }
	there, fast := nexts.next(), speeds.next()
	for locations.next() {
		for there && nexts.element.Time < locations.element.Time+step {
			there = nexts.next()
		}
		for there && fast && speeds.element.To < nexts.element.Time {
			fast = speeds.next()
		}
		if there && fast && nexts.element.Time == locations.element.Time+step &&
			speeds.element.To == nexts.element.Time {
			results.write(moveTo(nexts.element, speeds.element))
		}
	}
}

// lines: W4

func loopStays(s *session) {
	locations := open[Location](s, locationsStream)
	results := create[Stay](s)
	s.resume = func() []int64 { return []int64{locations.offset()} }
	var window []Location
	for locations.next() {
		if len(window) > 0 && window[0].Time/period != locations.element.Time/period {
			results.write(stayOf(window))
			window = window[:0]
		}
		window = append(window, locations.element)
	}
	if len(window) > 0 {
		results.write(stayOf(window))
	}
}
