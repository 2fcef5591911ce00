package broker

import "time"

// A Withholder is a [Reader] whose partition may hold records that can't be read yet: they lie in or behind a
// transaction of another writer that is still open. Who waits for them would else be told that there is nothing.
type Withholder interface {
	// Withheld returns how many records those are, about, and since when the same transaction has held them back, as far
	// as the storage has told; zero where there are none. It does no I/O, and is safe for concurrent use with all methods
	// of the Reader.
	Withheld() (records int64, since time.Time)
}
