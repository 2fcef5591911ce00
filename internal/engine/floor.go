package engine

import "slices"

// A floor is what a stream that is put in order has where it was idle, so that all that waited was released (R13): what is
// read from an offset on is late if it comes before the key of the last of it. The order of the keys is that of their bytes.
//
// A restart reads elements again that were released and not dealt with, and they wait again. With the floor those that came
// late are late again, so that each has the rank that it had.
type floor struct {
	Offset int64  `json:"offset"`
	Key    []byte `json:"key"`
}

// isBelow reports whether an element is late by one of the floors.
func isBelow(floors []floor, offset int64, key []byte) bool {
	return slices.ContainsFunc(floors, func(f floor) bool { return offset >= f.Offset && string(key) < string(f.Key) })
}

// floorsAbove returns those that say more than what was released last before a position: all that isn't above that is late
// anyway.
func floorsAbove(floors []floor, last release) []floor {
	return slices.DeleteFunc(slices.Clone(floors), func(f floor) bool { return !last.isNone && string(f.Key) <= last.key })
}

// flush releases what waits in a stream that is idle, and reports whether there was any.
func (s *sorter) flush() bool {
	if s.whole != nil || !s.keys.flush() {
		return false
	}
	s.release()
	s.floors = append(floorsAbove(s.floors, s.ranking.before), floor{s.ranking.next, slices.Clone(s.key)})
	return true
}
