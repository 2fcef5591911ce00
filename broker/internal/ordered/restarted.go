package ordered

import "log/slog"

// IsAhead reports whether a position is behind the last row that there is, nil for none, and that isn't the row it was
// kept at: so it is where rows were deleted, and where the numbering of rows began anew, whose rows nobody would read.
func IsAhead(p Position, last Key, isBelow func(a, b Key) (bool, error)) (bool, error) {
	if p.At == nil || last == nil || last.Equal(p.At) {
		return false, nil
	}
	return isBelow(last, p.At)
}

// WarnAhead tells the log of a position that is ahead. It can't be known why that is.
func WarnAhead(logger *slog.Logger, stream string, p Position, last Key) {
	logger.Warn("the rows that there are lie all before the position that reading goes on from: if the numbering of rows "+
		"has begun anew, as by TRUNCATE … RESTART IDENTITY or with a backup, they are not read until leat positions FILE "+
		"--reset; if the rows behind them were only deleted, nothing is missing",
		"stream", stream, "position", p.At.String(), "last", last.String())
}
