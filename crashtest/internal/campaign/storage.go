package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

// A kind is a storage that campaigns run on; its file has what is its own.
type kind struct {
	name string
	// start starts the server, if it has one, in dir, and makes empty inputs and an empty output. [storage.close] ends it.
	start func(ctx context.Context, dir string) (storage, error)
	// broker returns what a worker reads from and writes to, of the target that it was given.
	broker func(target string) broker.Storage
	// marks says that its streams have end-of-stream marks; others are followed and never end.
	marks bool
	// lease is how long a run may hold the output that doesn't answer any more; 0 where its successor goes on at once.
	lease time.Duration
	// commit is what a request to commit holds, and committed the answer to it, as bytes on the wire.
	commit, committed string
}

// A storage is one that was started, seen by a client that has nothing in common with Leat's.
type storage interface {
	// target is what a worker is told, with the address of the server, or of the proxy before it.
	target(address string) string
	// server returns the server; nil where there is none.
	server() server
	// append adds elements to a stream, nil for an end-of-stream mark. They are those from the number first on, counted from
	// 0 over all of the stream. After an error it is called again with the same, and adds what isn't there.
	append(ctx context.Context, stream string, first int, elements []*workload.Element) error
	// output returns a reader of the results from the first one on.
	output() output
	// close ends the server, and all connections.
	close() error
}

// An output reads results in their order.
type output interface {
	// next returns what has come since the last call; nothing where nothing has. It may be called again after an error.
	next(ctx context.Context) ([]record, error)
	close()
}

// A record is one of an output: a result, or an end-of-stream mark.
type record struct {
	offset int64
	value  []byte
}

// A server can be killed, stopped where it is, and started again on what it has stored. Its address and the number of its first
// process may be asked for while it is started.
type server interface {
	Kill() error
	Restart(ctx context.Context) error
	Address() string
	Pid() int
}

// kinds returns all storages.
func kinds() []kind {
	return []kind{postgresKind(), sqliteKind(), mysqlKind(), redisKind(), natsKind(), rabbitKind()}
}

// Names returns the names of all storages.
func Names() (names []string) {
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func named(name string) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return all[i], true
}
