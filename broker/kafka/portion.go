package kafka

// What an instance holds of its topics is divided among the readers that are open, so that it takes no more memory with
// many partitions than with few.
const (
	// aheadTotal is how many bytes of records all readers hold together before they are needed.
	aheadTotal = 16 << 20
	// fetchTotal is how many bytes are asked for at a time, compressed as they lie in Kafka; in memory they may be ten times
	// as much. leastFetch and mostFetch bound what is asked for of one partition; Kafka sends a batch that is larger all
	// the same where it is the first of an answer.
	fetchTotal = 512 << 10
	leastFetch = 16 << 10
	mostFetch  = 256 << 10
	// batchTotal is how many records all readers return at a time, leastBatch and mostBatch how many one does. The join
	// holds some eight batches of each.
	batchTotal = 8 << 10
	leastBatch = 32
	mostBatch  = 512
)

// A portion is what one reader may hold.
type portion struct {
	// ahead is how many bytes of records may wait before nothing is fetched any more.
	ahead int
	// batch is how many records are returned at a time.
	batch int
}

// portion returns what a reader may hold at the moment. REQUIRES: one was opened.
func (rs *readers) portion() portion { return *rs.shared.Load() }

// divide notes that some readers were opened, or closed if it is negative, and divides anew. REQUIRES: mu is held.
func (rs *readers) divide(opened int) {
	rs.open += opened
	n := max(rs.open, 1)
	ahead := min(rs.run.settings.readAhead, aheadTotal/n)
	rs.shared.Store(&portion{ahead: ahead, batch: min(max(batchTotal/n, leastBatch), mostBatch)})
	partition := min(max(min(fetchTotal/n, rs.run.settings.readAhead), leastFetch), mostFetch)
	answer := max(fetchTotal/max(len(rs.fetchers), 1), partition)
	for _, f := range rs.fetchers {
		f.client.UpdateFetchMaxBytes(int32(answer), int32(partition))
	}
}
