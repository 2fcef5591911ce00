package kafkaserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/internal/testserver"
)

// A Cluster is some Kafka servers. They keep everything three times, or once for each server where there are fewer.
// With three servers, any one may be away: a write counts when two copies have it. Make one with [StartCluster].
type Cluster struct {
	// Servers are in the order of their numbers.
	Servers []*Server
}

// StartCluster starts n new servers. Their data and logs are in folders of dir, which must be empty or not exist.
// Stop them with [Cluster.Stop].
func StartCluster(ctx context.Context, dir string, n int) (*Cluster, error) {
	c, err := newCluster(ctx, dir, n)
	if err != nil {
		return nil, err
	}
	if err := c.Restart(ctx); err != nil {
		return nil, errors.Join(err, c.Kill())
	}
	return c, nil
}

// Restart starts all servers on what they have stored, after [Cluster.Kill] or [Cluster.Stop], and returns when they
// take connections.
func (c *Cluster) Restart(ctx context.Context) error {
	var g errgroup.Group
	for _, s := range c.Servers {
		g.Go(func() error { return s.Restart(ctx) }) // each waits for the others
	}
	return g.Wait()
}

// Kill ends the servers that run at once.
func (c *Cluster) Kill() error {
	var err error
	for _, s := range c.Servers {
		if s.Runs() {
			err = errors.Join(err, s.Kill())
		}
	}
	return err
}

// Stop ends the servers that run. It kills several: they can't stop in good order together, since the last ones lack
// a majority.
func (c *Cluster) Stop() error {
	if len(c.Servers) == 1 && c.Servers[0].Runs() {
		return c.Servers[0].Stop()
	}
	return c.Kill()
}

// Addresses returns the addresses of all servers.
func (c *Cluster) Addresses() []string {
	var all []string
	for _, s := range c.Servers {
		all = append(all, s.Address())
	}
	return all
}

// Copies returns how many copies there are of everything.
func (c *Cluster) Copies() int { return min(len(c.Servers), 3) }

// newCluster prepares the storage of n servers.
func newCluster(ctx context.Context, dir string, n int) (*Cluster, error) {
	jars, err := Jars(ctx)
	if err != nil {
		return nil, err
	}
	ports, err := testserver.FreePorts(3 * n)
	if err != nil {
		return nil, err
	}
	c := &Cluster{}
	for i := range n {
		s := &Server{id: i + 1, dir: dir, jars: jars, heap: "512m",
			address: loopback(ports[3*i]), controller: loopback(ports[3*i+1]), login: loopback(ports[3*i+2])}
		if n > 1 {
			s.dir, s.heap = filepath.Join(dir, fmt.Sprint(s.id)), "400m"
		}
		c.Servers = append(c.Servers, s)
	}
	for _, s := range c.Servers {
		if err := c.format(ctx, s); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// format prepares the storage of a server.
func (c *Cluster) format(ctx context.Context, s *Server) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(s.file("server.properties"), []byte(c.properties(s)), 0o644); err != nil {
		return err
	}
	format := s.java(ctx, "kafka.tools.StorageTool", "format",
		"-t", "bGVhdC10ZXN0LWNsdXN0ZQ", "-c", s.file("server.properties"))
	if out, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("format the storage: %w: %s", err, out)
	}
	return nil
}

// properties returns the settings of a server. It deletes no old records, which it would half a minute after its start and every
// five minutes: tests write results with the times of long ago, and delete by themselves what must be gone.
func (c *Cluster) properties(s *Server) string {
	var voters []string
	for _, other := range c.Servers {
		voters = append(voters, fmt.Sprintf("%d@%s", other.id, other.controller))
	}
	return fmt.Sprintf(`process.roles=broker,controller
node.id=%[1]d
listeners=PLAINTEXT://%[2]s,LOGIN://%[3]s,CONTROLLER://%[4]s
advertised.listeners=PLAINTEXT://%[2]s,LOGIN://%[3]s
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT
listener.name.login.sasl.enabled.mechanisms=OAUTHBEARER,PLAIN
listener.name.login.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule \
  required unsecuredLoginStringClaim_sub="server";
listener.name.login.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
  required user_plain="secret";
controller.listener.names=CONTROLLER
controller.quorum.voters=%[5]s
log.dirs=%[6]s
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=%[7]d
min.insync.replicas=%[8]d
offsets.topic.num.partitions=4
offsets.topic.replication.factor=%[7]d
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=%[7]d
transaction.state.log.min.isr=%[8]d
share.coordinator.state.topic.replication.factor=%[7]d
share.coordinator.state.topic.min.isr=%[8]d
group.initial.rebalance.delay.ms=0
log.initial.task.delay.ms=604800000
log.retention.check.interval.ms=604800000
`, s.id, s.address, s.login, s.controller, strings.Join(voters, ","), filepath.ToSlash(s.file("data")),
		c.Copies(), max(c.Copies()-1, 1))
}
