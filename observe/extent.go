package observe

// An Extent is how far a run has read a stream, in all the partitions that it worked on.
type Extent struct {
	// Ended says that it was read to its end.
	Ended bool
	// TimedOut says that the data timeout has ended it, in one partition at least.
	TimedOut bool
	// Line is that of the last element, and Offset behind it, where there is one partition; zero otherwise, and Line
	// without lines.
	Line   int
	Offset int64
	// Verified says that the rest was verified to the end, and Beyond counts its elements.
	Verified bool
	Beyond   int64
}

// Extents returns how far each node's stream was read, in the order of Nodes.
func (s *Snapshot) Extents() []Extent {
	extents := make([]Extent, len(s.Nodes))
	for i := range extents {
		e := &extents[i]
		e.Ended, e.Verified = len(s.Tasks) > 0, len(s.Tasks) > 0
		for _, t := range s.Tasks {
			n := &t.Nodes[i]
			e.Ended = e.Ended && n.Ended
			e.TimedOut = e.TimedOut || n.TimedOut
			e.Verified = e.Verified && (n.Verified || n.Ended)
			e.Beyond += n.Beyond
		}
		e.Verified = e.Verified && !e.Ended
		if len(s.Tasks) == 1 {
			e.Line, e.Offset = s.Tasks[0].Nodes[i].Line, s.Tasks[0].Nodes[i].Offset
		}
	}
	return extents
}
