// Package rabbitserver runs a real RabbitMQ with its stream plugin for tests, of the programs that are installed: on
// loopback and free ports, in a folder of its own, as an unprivileged user, beside an epmd of its own. It can be killed
// and started again on what it has stored, as a server in the field can.
package rabbitserver

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

const (
	// startTimeout is how long a server may take until it takes connections. It takes about eight seconds on two idle
	// cores.
	startTimeout = 3 * time.Minute
	// User and Password are those of a user who may do everything.
	User, Password = "leat", "top-secret-of-tests"
	// Guest has the same password and may connect, but neither read, write nor make anything, except what begins with
	// "guests.".
	Guest = "guest-of-tests"
	// Other is a virtual host that only User may enter.
	Other = "other"

	account = testserver.Account("rabbitmq")
)

// ErrNotInstalled says that there is no RabbitMQ on this machine.
var ErrNotInstalled = fmt.Errorf("RabbitMQ %w: no rabbitmq-server in /usr/lib/rabbitmq, or no epmd; on Debian: apt "+
	"install rabbitmq-server", testserver.ErrNotInstalled)

// A Server is a RabbitMQ server. Make one with [Start]. Its methods must not be called at the same time.
type Server struct {
	dir, program string
	ports        ports
	// authority has signed the server's certificate, and signs those of users.
	authority *testserver.Authority
	// epmd is Erlang's port mapper, and process the server. Both are ended by their own ids.
	epmd, process *testserver.Process
}

// ports holds the ports that the server listens on, all on loopback.
type ports struct{ amqp, amqps, stream, streamTLS, distribution, epmd int }

// Start starts a new server in dir, which must not exist. Stop it with [Server.Stop]. The error is [ErrNotInstalled]
// where there is none.
func Start(ctx context.Context, dir string) (*Server, error) {
	installed, err := filepath.Glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath("epmd"); err != nil || len(installed) == 0 {
		return nil, ErrNotInstalled
	}
	s := &Server{dir: dir, program: installed[len(installed)-1]}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if s.epmd, err = s.launch(ctx, "epmd", "-port", fmt.Sprint(s.ports.epmd), "-address", "127.0.0.1"); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

// Demo is Start for an example. It returns the url of the stream port, and what ends the server.
func Demo(ctx context.Context, dir string) (url string, stop func() error, err error) {
	s, err := Start(ctx, dir)
	if err != nil {
		return "", nil, err
	}
	return s.StreamURL(User, Password), s.Stop, nil
}

// prepare makes the folder, which belongs to the user that the server runs as, and the server's settings.
func (s *Server) prepare() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	if err := s.ports.choose(); err != nil {
		return err
	}
	definitions, err := json.Marshal(definitions())
	if err != nil {
		return err
	}
	certificate, key, err := s.certify()
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"plugins":          "[rabbitmq_stream,rabbitmq_auth_mechanism_ssl].\n",
		"definitions.json": string(definitions),
		"rabbitmq.conf":    s.settings(),
		"authority.pem":    string(s.authority.PEM()),
		"certificate.pem":  string(certificate),
		"key.pem":          string(key),
	} {
		if err := os.WriteFile(s.file(name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return account.Own(s.dir)
}

// certify makes an authority, and the server's certificate.
func (s *Server) certify() (certificate, key []byte, err error) {
	if s.authority, err = testserver.NewAuthority(); err != nil {
		return nil, nil, err
	}
	signed, err := s.authority.Certificate("server of tests", net.IPv4(127, 0, 0, 1))
	if err != nil {
		return nil, nil, err
	}
	return testserver.Files(signed)
}

func (s *Server) settings() string {
	return strings.Join([]string{
		fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%d", s.ports.amqp),
		fmt.Sprintf("listeners.ssl.1 = 127.0.0.1:%d", s.ports.amqps),
		fmt.Sprintf("stream.listeners.tcp.1 = 127.0.0.1:%d", s.ports.stream),
		fmt.Sprintf("stream.listeners.ssl.1 = 127.0.0.1:%d", s.ports.streamTLS),
		"ssl_options.cacertfile = " + s.file("authority.pem"),
		"ssl_options.certfile = " + s.file("certificate.pem"),
		"ssl_options.keyfile = " + s.file("key.pem"),
		"ssl_options.verify = verify_peer",
		"ssl_options.fail_if_no_peer_cert = true",
		"ssl_cert_login_from = common_name",
		"auth_mechanisms.1 = PLAIN",
		"auth_mechanisms.2 = EXTERNAL",
		"load_definitions = " + s.file("definitions.json"),
		"disk_free_limit.absolute = 10MB",
		// Nobody resolves this name: who follows it where it needn't fails.
		"stream.advertised_host = advertised.invalid",
		"",
	}, "\n")
}

// choose finds free ports.
func (p *ports) choose() error {
	free, err := testserver.FreePorts(6)
	if err != nil {
		return err
	}
	*p = ports{amqp: free[0], stream: free[1], distribution: free[2], epmd: free[3], amqps: free[4], streamTLS: free[5]}
	return nil
}

type object = map[string]any

// definitions are the users and virtual hosts that the server makes when it starts.
func definitions() object {
	user := func(name string) object {
		return object{"name": name, "password_hash": hash(Password), "tags": "",
			"hashing_algorithm": "rabbit_password_hashing_sha256"}
	}
	may := func(user, vhost, what string) object {
		return object{"user": user, "vhost": vhost, "configure": what, "write": what, "read": what}
	}
	return object{
		"users":       []object{user(User), user(Guest)},
		"vhosts":      []object{{"name": "/"}, {"name": Other}},
		"permissions": []object{may(User, "/", ".*"), may(User, Other, ".*"), may(Guest, "/", `^guests\.`)},
	}
}

// hash returns a password as RabbitMQ keeps it: with four bytes of salt, which needn't be random here.
func hash(password string) string {
	salt := []byte("salt")
	sum := sha256.Sum256(append(salt, password...))
	return base64.StdEncoding.EncodeToString(append(salt, sum[:]...))
}

// StreamURL returns what a user connects to the stream port with.
func (s *Server) StreamURL(user, password string) string {
	return fmt.Sprintf("rabbitmq-stream://%s:%s@%s", user, password, s.StreamAddress())
}

// AMQPURL returns what a user connects to the AMQP port with.
func (s *Server) AMQPURL(user, password string) string {
	return fmt.Sprintf("amqp://%s:%s@127.0.0.1:%d", user, password, s.ports.amqp)
}

// SecureStreamURL returns what a user connects to the stream port for TLS with. The server asks for a certificate that
// [Server.Authority] has signed.
func (s *Server) SecureStreamURL(user, password string) string {
	return fmt.Sprintf("rabbitmq-stream+tls://%s:%s@127.0.0.1:%d", user, password, s.ports.streamTLS)
}

// SecureAMQPURL returns what a user connects to the AMQP port for TLS with.
func (s *Server) SecureAMQPURL(user, password string) string {
	return fmt.Sprintf("amqps://%s:%s@127.0.0.1:%d", user, password, s.ports.amqps)
}

// Authority has signed the server's certificate. A user whose name is that of its certificate needs no password.
func (s *Server) Authority() *testserver.Authority { return s.authority }

// StreamAddress returns host and port for streams.
func (s *Server) StreamAddress() string { return fmt.Sprintf("127.0.0.1:%d", s.ports.stream) }

// Restart starts the server on what it has stored, after [Server.Kill], and returns when it takes connections.
func (s *Server) Restart(ctx context.Context) (err error) {
	if s.process, err = s.launch(ctx, s.program); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for _, port := range []int{s.ports.amqp, s.ports.stream} {
		address := fmt.Sprintf("127.0.0.1:%d", port)
		listens := func(ctx context.Context) bool { return testserver.Listens(ctx, address) }
		if err := s.process.Await(limited, 50*time.Millisecond, listens); err != nil {
			return errors.Join(fmt.Errorf("start RabbitMQ: %w; its output is in %s", err, s.file("output.log")), s.Stop())
		}
	}
	return nil
}

// launch starts a program of the server.
func (s *Server) launch(ctx context.Context, program string, arguments ...string) (*testserver.Process, error) {
	c := exec.CommandContext(context.WithoutCancel(ctx), program, arguments...)
	c.Dir = s.dir
	c.Env = append(os.Environ(),
		"HOME="+s.dir, "LC_ALL=C.UTF-8",
		fmt.Sprintf("RABBITMQ_NODENAME=leat%d@localhost", s.ports.amqp),
		fmt.Sprintf("RABBITMQ_NODE_PORT=%d", s.ports.amqp),
		fmt.Sprintf("RABBITMQ_DIST_PORT=%d", s.ports.distribution),
		fmt.Sprintf("ERL_EPMD_PORT=%d", s.ports.epmd),
		"RABBITMQ_MNESIA_BASE="+s.file("data"), "RABBITMQ_LOG_BASE="+s.file("log"),
		"RABBITMQ_CONFIG_FILE="+s.file("rabbitmq.conf"), "RABBITMQ_ENABLED_PLUGINS_FILE="+s.file("plugins"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none",
		"RUNNING_UNDER_SYSTEMD=true") // then the script becomes the server, which has its process id
	account.Run(c)
	return testserver.Launch(c, s.file("output.log"))
}

// Kill ends the server at once. It finds its streams again if [Server.Settle] was called after the first was made.
func (s *Server) Kill() error { return s.process.End(os.Kill) }

// Shutdown ends the server as an administrator does.
func (s *Server) Shutdown() error { return s.process.End(testserver.Terminate) }

// Stop ends the server, which needn't be running, and its epmd. Its data stay in its folder.
func (s *Server) Stop() error { return errors.Join(s.process.End(os.Kill), s.epmd.End(os.Kill)) }

// Process returns the server's process, to be frozen.
func (s *Server) Process() *os.Process { return s.process.Process }

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }
