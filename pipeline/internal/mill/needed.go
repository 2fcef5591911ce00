package mill

import (
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
)

// need says which members of a node's elements are needed, where its file has columns, so that the others aren't read: those
// that expressions name. All are where elements are written as they are, as results, unmatched ones or letters.
func (m *Mill) need(n *Node, s *broker.Stream) {
	isWritten := len(m.Emit) == 0 || len(m.Others) > 0
	if isWritten || n.isWhole || len(n.needed) == 0 || !n.Stream.IsFile() || !file.IsTable(*s) && !file.HasCells(*s) {
		return
	}
	s.Members, s.Refused = n.needed, n.refused
}
