package kafka

// The readers of an instance share these budgets, so that many partitions take no more memory than few.
const (
	// aheadTotal is how many bytes of records all readers together hold before they are needed.
	aheadTotal = 16 << 20
	// fetchTotal is how many bytes all fetches together ask for at a time, compressed as they lie in Kafka. In memory
	// they may be ten times as much. leastFetch and mostFetch bound what is asked for of one partition. Kafka sends a
	// larger batch all the same where it is the first of a response.
	fetchTotal = 512 << 10
	leastFetch = 16 << 10
	mostFetch  = 256 << 10
	// batchTotal is how many records all readers together return at a time. leastBatch and mostBatch bound what one
	// returns. The join holds some eight batches of each reader.
	batchTotal = 8 << 10
	leastBatch = 32
	mostBatch  = 512
)

// A budget is what one reader may hold.
type budget struct {
	// ahead is how many bytes of records may wait before fetching pauses.
	ahead int
	// batch is how many records are returned at a time.
	batch int
}

// budget returns what a reader may hold at the moment. REQUIRES: one was opened.
func (rs *readers) budget() budget { return *rs.shared.Load() }

// divide notes that some readers were opened, or closed where the number is negative, and divides the budgets anew.
// REQUIRES: mu is held.
func (rs *readers) divide(opened int) {
	rs.open += opened
	n := max(rs.open, 1)
	ahead := min(rs.run.settings.readAhead, aheadTotal/n)
	rs.shared.Store(&budget{ahead: ahead, batch: min(max(batchTotal/n, leastBatch), mostBatch)})
	partition := min(max(min(fetchTotal/n, rs.run.settings.readAhead), leastFetch), mostFetch)
	response := max(fetchTotal/max(len(rs.fetchers), 1), partition)
	for _, f := range rs.fetchers {
		f.client.UpdateFetchMaxBytes(int32(response), int32(partition))
	}
}
