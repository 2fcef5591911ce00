package redis

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// An id is that of an entry. The zero value is before all entries.
type id struct{ ms, seq uint64 }

func readID(text string) (id, error) {
	ms, seq, found := strings.Cut(text, "-")
	first, err := strconv.ParseUint(ms, 10, 64)
	if err == nil && found {
		var second uint64
		second, err = strconv.ParseUint(seq, 10, 64)
		return id{first, second}, err
	}
	return id{}, fmt.Errorf("%q isn't the id of an entry, such as 1700000000000-0", text)
}

func (i id) String() string {
	return strconv.FormatUint(i.ms, 10) + "-" + strconv.FormatUint(i.seq, 10)
}

func (i id) compare(other id) int {
	return cmp.Or(cmp.Compare(i.ms, other.ms), cmp.Compare(i.seq, other.seq))
}

// after returns the id behind this one, with which a range that leaves this one out begins.
func (i id) after() id {
	if i.seq < math.MaxUint64 {
		return id{i.ms, i.seq + 1}
	}
	return id{i.ms + 1, 0}
}

// firstTime is the lowest number of milliseconds that is taken for a time, of the year 2001: lower ids are counted by
// whoever writes the entries.
const firstTime = 1_000_000_000_000

// time is when the entry was added, by the server's clock; zero for ids that were given by the writer and are no times.
func (i id) time() time.Time {
	if i.ms < firstTime || i.ms > 1000*firstTime {
		return time.Time{}
	}
	return time.UnixMilli(int64(i.ms))
}

// before returns the id before this one, which isn't zero.
func (i id) before() id {
	if i.seq > 0 {
		return id{i.ms, i.seq - 1}
	}
	return id{i.ms - 1, math.MaxUint64}
}
