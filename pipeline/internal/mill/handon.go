package mill

// handsOn reports whether elements of the master are the results as they are, so that a file of results has the master's columns,
// also where there is none.
func (m *Mill) handsOn() bool {
	if len(m.Emit) > 0 || m.Window != nil {
		return false
	}
	for _, child := range m.Master.Children {
		if !child.isAbsent() {
			return false // its matches are in the results, and no cell holds them
		}
	}
	return true
}
