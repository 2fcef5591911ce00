package description

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Kafka is what a pipeline file says of Kafka.
type Kafka struct {
	// Name is the name of the section.
	Name    Text
	Brokers []string
	Group   string // empty for the pipeline's name
	TLS     *TLS
	Login   *Login // nil for none
	// Registry is the schema registry; nil for none.
	Registry *Registry
	Options  []kafka.Option
}

// TLS names files, as seen from the pipeline file's directory; none of them is needed.
type TLS struct {
	// Name is the name of the section.
	Name          Text
	CA, Cert, Key string
}

// A Login is what the section about SASL says.
type Login struct {
	Mechanism, User string
	// Password is the password itself; where it isn't set, Variable is the environment variable that holds it.
	Password string
	Variable Text
}

// kafka reads the section about Kafka.
func (s *source) kafka(d *Description, node *yaml.Node) error {
	if err := s.checkCommitInterval(node); err != nil {
		return err
	}
	m, err := s.mapping(node, "kafka", "brokers", "group", "tls", "sasl", "start", "data_timeout",
		"create_topics", "grow_outputs", "client_id", "registry")
	if err != nil {
		return err
	}
	k := &Kafka{}
	brokers := m.get("brokers")
	if brokers == nil {
		return s.errorAt(m.at,
			`kafka has no member "brokers": give addresses of Kafka's brokers, as in {brokers: [localhost:9092]}`)
	}
	if k.Brokers, err = s.brokers(brokers.value); err != nil {
		return err
	}
	for _, member := range m.members {
		if err := s.kafkaMember(k, member); err != nil {
			return err
		}
	}
	d.Kafka = k
	return nil
}

// kafkaMember reads a member of the section about Kafka.
func (s *source) kafkaMember(k *Kafka, m member) (err error) {
	switch name := m.name.Value; name {
	case "tls":
		k.TLS, err = s.tls(m)
		return err
	case "sasl":
		k.Login, err = s.login(m.value)
		return err
	case "brokers":
		return nil
	case "registry":
		k.Registry, err = s.registry(&m)
		return err
	case "create_topics":
		is, err := s.boolean(m.value, name)
		k.Options = append(k.Options, kafka.CreateTopics(is))
		return err
	case "grow_outputs":
		is, err := s.boolean(m.value, name)
		if is {
			k.Options = append(k.Options, kafka.GrowOutputs())
		}
		return err
	}
	value, err := s.nonempty(m.value, m.name.Value, "kafka")
	if err != nil {
		return err
	}
	if m.name.Value == "group" {
		k.Group = value.Value
	}
	option, err := kafkaOption(m.name.Value, value)
	k.Options = append(k.Options, option)
	return err
}

// checkCommitInterval says what has become of a member that there was once.
func (s *source) checkCommitInterval(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if name, value := node.Content[i], node.Content[i+1]; name.Value == "commit_interval" {
			return s.errorAt(s.locationOf(name), "commit_interval isn't said of kafka, but at the top of the file, for any "+
				"storage: commit: {every: %s}", value.Value)
		}
	}
	return nil
}

// kafkaOption returns the option that a member with a text stands for.
func kafkaOption(name string, value Text) (kafka.Option, error) {
	switch name {
	case "group":
		return kafka.Group(value.Value), nil
	case "client_id":
		return kafka.ClientID(value.Value), nil
	case "start":
		at, err := startPosition(value)
		return kafka.Start(at), err
	}
	d, err := durationOf(value)
	if err != nil {
		return nil, err
	}
	return kafka.DataTimeout(d), nil
}

func startPosition(value Text) (kafka.StartPosition, error) {
	switch value.Value {
	case "earliest":
		return kafka.Earliest(), nil
	case "latest":
		return kafka.Latest(), nil
	}
	at, err := time.Parse(time.RFC3339, value.Value)
	if err != nil {
		return kafka.StartPosition{}, value.Errorf("start must be earliest, latest or a time such as 2026-11-22T15:04:05Z, "+
			"but this is %q", value.Value)
	}
	return kafka.From(at), nil
}

// brokers reads a list of addresses, or one.
func (s *source) brokers(node *yaml.Node) (addresses []string, err error) {
	items := []*yaml.Node{node}
	if kindOf(node) != "a text" {
		if items, err = s.list(node, "brokers"); err != nil {
			return nil, err
		}
	}
	for _, item := range items {
		address, err := s.address(item)
		if err != nil {
			return nil, err
		}
		if address.Value == "" || strings.ContainsAny(address.Value, " ,/") {
			return nil, address.Errorf("%q is not a broker's address, which is host:port or host", address.Value)
		}
		addresses = append(addresses, address.Value)
	}
	if len(addresses) == 0 {
		return nil, s.errorAt(s.locationOf(node),
			"brokers is empty: give the address of one at least, as in [localhost:9092]")
	}
	return addresses, nil
}

// address reads a broker's address. In a list in brackets, host:port looks like a mapping to YAML.
func (s *source) address(node *yaml.Node) (Text, error) {
	if kindOf(node) != "a mapping" {
		return s.text(node, "a broker's address")
	}
	m, err := s.mapping(node, "a broker's address")
	if err != nil || len(m.members) != 1 {
		return Text{}, s.errorAt(s.locationOf(node), "a broker's address is host:port or host, but this is a mapping")
	}
	address := m.members[0].name
	port, err := s.text(m.members[0].value, "a broker's port")
	address.Value += ":" + port.Value
	return address, err
}

// tls reads true, false, or the names of files.
func (s *source) tls(m member) (*TLS, error) {
	if kindOf(m.value) == "true or false" {
		if is, err := s.boolean(m.value, "tls"); err != nil || !is {
			return nil, err
		}
		return &TLS{Name: m.name}, nil
	}
	if kindOf(m.value) != "a mapping" {
		return nil, s.errorAt(s.locationOf(m.value),
			"tls must be true, false or {ca: FILE, cert: FILE, key: FILE}, but this is %s",
			kindOf(m.value))
	}
	files, err := s.mapping(m.value, "tls", "ca", "cert", "key")
	if err != nil {
		return nil, err
	}
	t := &TLS{Name: m.name}
	for _, part := range []struct {
		name string
		to   *string
	}{{"ca", &t.CA}, {"cert", &t.Cert}, {"key", &t.Key}} {
		if err := s.optional(files, part.name, "tls", part.to); err != nil {
			return nil, err
		}
	}
	if (t.Cert == "") != (t.Key == "") {
		return nil, m.name.Errorf("a client's certificate needs its private key, and the key its certificate: give both")
	}
	return t, nil
}

// optional reads a member that is a text, if there is one.
func (s *source) optional(m *mapping, name, what string, to *string) error {
	member := m.get(name)
	if member == nil {
		return nil
	}
	t, err := s.nonempty(member.value, name, what)
	*to = t.Value
	return err
}

func (s *source) login(node *yaml.Node) (*Login, error) {
	const form = "{mechanism: scram-sha-512, user: NAME, password_env: VARIABLE}"
	m, err := s.mapping(node, "sasl", "mechanism", "user", "password", "password_env")
	if err != nil {
		return nil, err
	}
	l := &Login{}
	for _, part := range []struct {
		name string
		to   *string
	}{{"mechanism", &l.Mechanism}, {"user", &l.User}, {"password", &l.Password}} {
		if err := s.optional(m, part.name, "sasl", part.to); err != nil {
			return nil, err
		}
	}
	if variable := m.get("password_env"); variable != nil {
		if l.Variable, err = s.nonempty(variable.value, "password_env", "sasl"); err != nil {
			return nil, err
		}
	}
	switch {
	case l.Mechanism == "" || l.User == "" || (l.Password == "") == (l.Variable.Value == ""):
		return nil, s.errorAt(m.at, "sasl must be given as %s, or with the password itself as password: TEXT", form)
	case !slices.Contains(topic.Mechanisms(), l.Mechanism):
		t, _ := s.text(m.get("mechanism").value, "mechanism")
		return nil, t.Errorf("there is no mechanism %q%s", l.Mechanism, Suggest(l.Mechanism, topic.Mechanisms()))
	}
	return l, nil
}
