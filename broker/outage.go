package broker

import (
	"slices"
	"sync"
	"time"
)

// Outages are the storages of a run that can't be reached at the moment, and are tried again: storages note them in
// [Job].Outages, for whoever looks at the run. The zero Outages has none; a nil one notes none. It is safe for concurrent
// use.
type Outages struct {
	mu  sync.Mutex
	all []Outage
}

// An Outage is a storage that can't be reached, or doesn't answer.
type Outage struct {
	// Storage says which one it is, for people: "PostgreSQL at localhost:5432".
	Storage string
	Since   time.Time
	// Err is why the last try has failed.
	Err error
}

// Begin notes that a try to reach a storage has failed. Those that follow change Err alone.
func (o *Outages) Begin(storage string, err error) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.all {
		if o.all[i].Storage == storage {
			o.all[i].Err = err
			return
		}
	}
	o.all = append(o.all, Outage{storage, time.Now(), err})
}

// End notes that a storage can be reached.
func (o *Outages) End(storage string) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = slices.DeleteFunc(o.all, func(at Outage) bool { return at.Storage == storage })
}

// Now returns those that there are, the oldest first.
func (o *Outages) Now() []Outage {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Outage(nil), o.all...)
}

// An Access is how whoever runs a job has said where a storage is, and who asks, so that errors name what to change:
// "the environment variable SHOP_PASSWORD". What is empty was given by the storage's own options.
type Access struct {
	// Address says what holds the address, and Password what holds the password.
	Address, Password string
}
