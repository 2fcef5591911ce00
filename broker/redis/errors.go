package redis

import (
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker/internal/server"
)

// explain says of an error of the server or the connection what would mend it. It names user and address, never the
// password.
func (l *link) explain(err error) error {
	where := l.options.Addr
	if l.address != "" {
		where = l.address
	}
	if l.options.Username != "" {
		where = l.options.Username + "@" + where
	}
	if isLost(err) {
		remedy := server.Remedy(err, "redis.Configure")
		if remedy == "" && l.options.TLSConfig != nil {
			remedy = ", by TLS; a url for a server that doesn't speak it begins with redis in place of rediss"
		}
		err = fmt.Errorf("%w%s", err, remedy)
	}
	if goredis.IsAuthError(err) {
		return l.refused(where, err)
	}
	return described("the server at "+where, err, "")
}

// refused says of a login that was refused where the password is from.
func (l *link) refused(where string, err error) error {
	text := "redis: the server at " + where + ": " + err.Error()
	if remedy := remedyFor(err, ""); remedy != "" {
		text += "; " + remedy + ": " + l.contact.Password("both are in the url, redis://user:password@host:port/database")
	}
	return &failure{text, err}
}

// isOfConnection reports whether an error has to do with the connection alone, and not with what was asked.
func isOfConnection(err error) bool {
	return isLost(err) || goredis.IsAuthError(err) || strings.HasPrefix(err.Error(), "ERR DB index") ||
		strings.HasPrefix(err.Error(), "ERR invalid DB index")
}

// A failure is an error of the server, with what would mend it.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// described puts together what the server says, and what would mend it. rights are what was done takes.
func described(what string, err error, rights string) error {
	var known *failure
	if errors.As(err, &known) {
		return err
	}
	text := "redis: " + what + ": " + err.Error()
	if remedy := remedyFor(err, rights); remedy != "" {
		text += "; " + remedy
	}
	return &failure{text, err}
}

func remedyFor(err error, rights string) string {
	var answer goredis.Error
	if !errors.As(err, &answer) {
		return ""
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(answer.Error(), "ERR "), " ")
	switch kind {
	case "NOAUTH":
		return "the server asks for a user and a password"
	case "WRONGPASS", "AUTH", "invalid":
		return "the user or the password is wrong, or the user is off"
	case "NOPERM":
		if rights == "" {
			rights = "the commands that package redis names"
		}
		return "ACL SETUSER gives the user " + rights
	case "WRONGTYPE":
		if rights == keepRights {
			return "the key holds something else than positions; keep them under another name, by redis.Name, or name: in a " +
				"pipeline file"
		}
		return "the key holds something else than a stream; give the stream another key"
	case "OOM":
		return "the server has no memory left: trim streams by XTRIM, or raise maxmemory"
	case "READONLY":
		return "this server is a replica: connect to its master"
	case "CROSSSLOT":
		return "in a cluster, the outputs and the positions are in one hash slot: give them names with one tag in braces, " +
			"{shop}totals and redis.Name(\"{shop}totals\")"
	case "DB", "SELECT":
		return "the url ends with the number of a database that the server has, /0"
	}
	return ""
}

// The rights that reading a stream, writing one, and keeping positions take.
const (
	readRights  = "~%s +xrange +xrevrange +xread +xinfo|stream +multi +exec"
	writeRights = "~%s +eval +evalsha +xadd +xinfo|stream"
	keepRights  = "~leat:positions:* +eval +evalsha +hget +hmget +hset +time"
)

// explainRead says of an error while a stream is read what would mend it.
func (st *stream) explainRead(err error) error {
	return described("stream "+st.Name, err, fmt.Sprintf(readRights, st.Name))
}
