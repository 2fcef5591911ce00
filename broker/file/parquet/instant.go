package parquet

import "time"

// timeOf returns the time that a number of units stands for.
func (l logical) timeOf(v int64) time.Time {
	if l.kind == date {
		return time.Unix(v*86400, 0).UTC()
	}
	seconds, rest := v/l.unit, v%l.unit
	return time.Unix(seconds, rest*(1e9/l.unit)).UTC()
}

func (n *node) appendTime(dst []byte, v int64) []byte {
	if n.logical.kind == clock {
		return n.logical.timeOf(v).AppendFormat(dst, "15:04:05.999999999")
	}
	seconds, nanos := v*daySeconds, int64(0)
	if n.logical.kind == timestamp {
		seconds, nanos = v/n.logical.unit, v%n.logical.unit
		if nanos < 0 {
			seconds, nanos = seconds-1, nanos+n.logical.unit
		}
		nanos *= 1e9 / n.logical.unit
	}
	if seconds < firstSecond || seconds > lastSecond {
		return n.appendFarTime(dst, v)
	}
	days := seconds / daySeconds
	if seconds %= daySeconds; seconds < 0 {
		days, seconds = days-1, seconds+daySeconds
	}
	dst = appendDate(dst, days)
	if n.logical.kind == date && !n.zoned {
		return dst
	}
	dst = appendTwo(append(dst, 'T'), seconds/3600)
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	dst = appendTwo(append(dst, ':'), seconds%60)
	if nanos > 0 {
		dst = append(dst, '.')
		for digit := int64(1e8); nanos > 0; digit /= 10 {
			dst = append(dst, '0'+byte(nanos/digit))
			nanos %= digit
		}
	}
	if n.zoned || n.logical.instant {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendFarTime appends a date or a timestamp of years that have not four digits.
func (n *node) appendFarTime(dst []byte, v int64) []byte {
	t := n.logical.timeOf(v)
	switch {
	case n.zoned:
		return t.AppendFormat(dst, time.RFC3339Nano)
	case n.logical.kind == date:
		return t.AppendFormat(dst, time.DateOnly)
	}
	dst = t.AppendFormat(dst, "2006-01-02T15:04:05.999999999")
	if n.logical.instant {
		dst = append(dst, 'Z')
	}
	return dst
}

const (
	daySeconds = 86_400
	// The seconds since 1970 of the years 1 to 9999.
	firstSecond, lastSecond = -62_135_596_800, 253_402_300_799
)

// appendDate appends the date of a day since 1970: several times as fast as by a layout of package time. Years begin in March
// here, so that the day that some have more is their last one, and months have 153 days in five.
func appendDate(dst []byte, day int64) []byte {
	const beforeEpoch, inEra = 719_468, 146_097 // days since 1 March of the year 0, and those of 400 years
	day += beforeEpoch
	era := day / inEra
	day %= inEra
	year := (day - day/1460 + day/36_524 - day/146_096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	day -= (153*month + 2) / 5
	year += 400 * era
	if month += 3; month > 12 {
		year, month = year+1, month-12
	}
	dst = appendTwo(appendTwo(dst, year/100), year%100)
	dst = appendTwo(append(dst, '-'), month)
	return appendTwo(append(dst, '-'), day+1)
}

func appendTwo(dst []byte, n int64) []byte { return append(dst, '0'+byte(n/10), '0'+byte(n%10)) }
