package campaign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/testserver"
)

// A fault is a kind of what is done to the mill or to the server.
type fault string

// The faults that are injected.
const (
	// kills end the worker at any moment, as kill -9 does, and start it again.
	kills fault = "kill"
	// zombies are workers that are stopped for longer than their lease, and continued when another one has their place.
	zombies fault = "zombie"
	// takeovers start a second worker beside one that works.
	takeovers fault = "takeover"
	// leaves end the worker in an orderly way, and start it again.
	leaves fault = "leave"
	// cuts close the connections between worker and server.
	cuts fault = "cut"
	// losses lose a request to the server, or its answer, that of a commit if possible, with its connection.
	losses fault = "lose"
	// servers are kills of the server, which is started again.
	servers fault = "server"
	// freezes stop the server where it is, and continue it after a while.
	freezes fault = "freeze"
)

// A weighted fault is drawn as often as its weight says, relative to the others. Some take a server.
type weighted struct {
	fault
	weight int
	server bool
}

func weights() []weighted {
	return []weighted{{kills, 60, false}, {zombies, 6, false}, {takeovers, 6, false}, {leaves, 6, false}, {cuts, 10, true},
		{losses, 14, true}, {servers, 4, true}, {freezes, 4, true}}
}

// Faults returns the names of all faults.
func Faults() (names []string) {
	for _, w := range weights() {
		names = append(names, string(w.fault))
	}
	return names
}

// CheckFaults returns an error where a name is none of [Faults].
func CheckFaults(names []string) error {
	for _, name := range names {
		if !slices.Contains(Faults(), name) {
			return fmt.Errorf("there is no fault %q: choose from %s", name, strings.Join(Faults(), ","))
		}
	}
	return nil
}

// chosen returns the faults of these names; all that can be where there are none.
func chosen(names []string, server bool) (map[fault]bool, error) {
	faults := map[fault]bool{}
	for _, w := range weights() {
		possible := (server || !w.server) && (testserver.CanFreeze || w.fault != zombies && w.fault != freezes)
		switch named := slices.Contains(names, string(w.fault)); {
		case named && !possible:
			return nil, fmt.Errorf("%q can't be done to this storage or on this system: leave it out", w.fault)
		case named || len(names) == 0 && possible:
			faults[w.fault] = true
		}
	}
	return faults, nil
}

// draw draws one of the faults.
func draw(random *rand.Rand, faults map[fault]bool) fault {
	var all []fault
	for _, w := range weights() {
		if faults[w.fault] {
			all = append(all, slices.Repeat([]fault{w.fault}, w.weight)...)
		}
	}
	return all[random.IntN(len(all))]
}
