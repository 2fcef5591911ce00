package main

// The hand-written loops: what a Go programmer writes for each workload who knows its streams and nothing else matters.
// They use the decoder and the encoder of Leat, one goroutine, and the framing in list.go.

func loopSpeeds(dir, out string) error {
	return withFiles(out, func(files *files, results *writer[Speed]) {
		locations := open[Location](files, in(dir, locationsFile))
		nexts := open[NextLocation](files, in(dir, locationsFile))
		there := nexts.next()
		for locations.next() {
			for there && nexts.element.Time < locations.element.Time+step {
				there = nexts.next()
			}
			if there && nexts.element.Time == locations.element.Time+step {
				results.write(speedBetween(locations.element, nexts.element))
			}
		}
	})
}

func loopFrames(dir, out string) error {
	return withFiles(out, func(files *files, results *writer[Frames]) {
		audio := open[Audio](files, in(dir, audioFile))
		frames := open[Frame](files, in(dir, framesFile))
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
	})
}

func loopMoves(dir, out string) error {
	return withFiles(out, func(files *files, results *writer[Move]) {
		locations := open[Location](files, in(dir, locationsFile))
		nexts := open[NextLocation](files, in(dir, locationsFile))
		speeds := open[Speed](files, in(dir, speedsFile))
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
	})
}

func loopStays(dir, out string) error {
	return withFiles(out, func(files *files, results *writer[Stay]) {
		locations := open[Location](files, in(dir, locationsFile))
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
	})
}
