package mill

import "github.com/leat-go/leat/pipeline/internal/words"

// checkIdle returns an error where the join is to go on without the node's stream, and can't.
func (n *Node) checkIdle() error {
	idle := n.Stream.Reading.Idle
	switch {
	case idle == nil:
		return nil
	case n.Join == nil:
		return idle.Text.Errorf("the master %s can't be idle: it is what the others are matched to; give idle at the stream "+
			"that it is not to wait for", n.Name)
	case n.options.HasOpenEnd():
		return idle.Text.Errorf("the reach of the join with %s has no end above, so that whatever comes would be late: give "+
			"within an after that isn't any", n.Name)
	case n.Sort != nil && n.Sort.Whole:
		return idle.Text.Errorf("the stream %s is sorted as a whole, so that all of it is waited for: say how far its elements "+
			"come late at most, as in sort: {by: %s, within: 5}", n.Name, words.YAML(n.Stream.Reading.Sort.By.Value))
	}
	return nil
}
