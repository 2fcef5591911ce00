package filesort

import "sync/atomic"

// A Monitor shows how far a sort has come. The zero value is good for use, by one sort; it is safe for concurrent use.
type Monitor struct {
	bytesRead, bytesTotal, read, written atomic.Int64
}

// A Progress is how far a sort has come.
type Progress struct {
	// Read and Written count elements.
	Read, Written int64
	// BytesRead is how much of the file was read, and BytesTotal how large it is; zero where that isn't known.
	BytesRead, BytesTotal int64
}

// Progress returns how far the sort has come.
func (m *Monitor) Progress() Progress {
	return Progress{m.read.Load(), m.written.Load(), m.bytesRead.Load(), m.bytesTotal.Load()}
}
