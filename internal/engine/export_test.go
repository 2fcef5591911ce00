package engine

// SetCallBatch has the results of n calls submitted together: at the pace of tests, each is submitted on its own.
func (s *Spec) SetCallBatch(n int) { s.callBatch = int64(n) }

// SetFeedAhead has feeds n chunks ahead of the join, so that what is returned is used again soon.
func (s *Spec) SetFeedAhead(n int) { s.feedAhead = n }

// SetMostWaiting bounds the bytes of what waits for a lateness.
func (s *Spec) SetMostWaiting(bytes int64) { s.mostWaiting = bytes }
