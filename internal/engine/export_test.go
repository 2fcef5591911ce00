package engine

// SetCallBatch has n calls handed over together: at the pace of tests, each is handed over on its own.
func (s *Spec) SetCallBatch(n int) { s.callBatch = int64(n) }

// SetFeedAhead has feeds n chunks ahead of the join, so that what is spent is used again soon.
func (s *Spec) SetFeedAhead(n int) { s.feedAhead = n }
