package broker

import "time"

// A Withholder is a [Reader] whose partition may hold records that can't be read yet: they lie in or behind a
// transaction of another writer that is still open. Who waits for them would else be told that there is nothing.
type Withholder interface {
	// Withheld returns which records those are, as far as the storage has told. It does no I/O, and is safe for concurrent
	// use with all methods of the Reader.
	Withheld() Withheld
}

// Withheld are records that can't be read yet; the zero value is none.
type Withheld struct {
	// Records is how many there are, about, and Since when the same transaction began to hold them back, at the latest.
	Records int64
	Since   time.Time
	// Unit is what the storage calls one of them, "row", and By what holds them back, "a transaction of the database".
	Unit, By string
}
