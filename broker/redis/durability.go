package redis

import (
	"context"
	"errors"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// assess looks at whether the server keeps what it has confirmed, and tells where it doesn't.
func (o *output) assess(ctx context.Context, b *Broker) error {
	weaknesses, err := o.weaknesses(ctx)
	if err != nil {
		return err
	}
	b.weak.Store(len(weaknesses) > 0)
	for _, w := range weaknesses {
		o.logger.Warn("what the server has confirmed may be lost: results and positions are then made again, from where "+
			"they were", "because", w)
	}
	return nil
}

// weaknesses returns why the server may lose what it has confirmed, and what would be right.
func (o *output) weaknesses(ctx context.Context) (all []string, err error) {
	settings := map[string]string{"appendonly": "", "appendfsync": "", "no-appendfsync-on-rewrite": "",
		"maxmemory": "", "maxmemory-policy": ""}
	var replication, persistence string
	err = o.ready(ctx, func(c *goredis.Client) error {
		for name := range settings {
			found, err := c.ConfigGet(ctx, name).Result()
			if isLost(err) {
				return err
			}
			settings[name] = found[name]
		}
		var err error
		if replication, err = section(ctx, c, "replication"); err != nil {
			return err
		}
		persistence, err = section(ctx, c, "persistence")
		return err
	})
	if err != nil {
		return nil, err
	}
	if value(replication, "role") == "slave" {
		return nil, described("the server at "+o.options.Addr, refusal("READONLY it is a replica"), "")
	}
	return weaknessesOf(settings, value(persistence, "aof_enabled"), value(replication, "connected_slaves")), nil
}

// weaknessesOf tells what settings don't give. Those that couldn't be looked at are empty.
func weaknessesOf(settings map[string]string, aof, replicas string) (all []string) {
	add := func(found bool, text string) {
		if found {
			all = append(all, text)
		}
	}
	add(settings["appendonly"] == "no" || aof == "0",
		"it writes no append-only file, only snapshots if any: CONFIG SET appendonly yes")
	add(settings["appendfsync"] != "always" && settings["appendfsync"] != "",
		"appendfsync is "+settings["appendfsync"]+", by which a crash loses a second or more: CONFIG SET appendfsync always")
	add(settings["no-appendfsync-on-rewrite"] == "yes",
		"it doesn't sync its file while that is rewritten: CONFIG SET no-appendfsync-on-rewrite no")
	add(settings["appendfsync"] == "",
		"its settings can't be looked at (CONFIG GET isn't allowed), so that it isn't known whether it syncs each commit: "+
			"ACL SETUSER gives the user +config|get")
	policy := settings["maxmemory-policy"]
	add(settings["maxmemory"] != "0" && strings.HasPrefix(policy, "allkeys-"),
		"maxmemory-policy is "+policy+", by which it removes streams and positions where memory is short: CONFIG SET "+
			"maxmemory-policy noeviction")
	n, err := strconv.Atoi(replicas)
	add(err == nil && n > 0,
		"it has replicas, which get commits after they were confirmed: where one takes over, the last are lost")
	return all
}

// section returns a section of INFO; empty where that isn't allowed.
func section(ctx context.Context, c *goredis.Client, name string) (string, error) {
	text, err := c.Info(ctx, name).Result()
	var answer goredis.Error
	if errors.As(err, &answer) {
		return "", nil
	}
	return text, err
}

// value returns one value of a section of INFO.
func value(section, name string) string {
	for line := range strings.Lines(section) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
