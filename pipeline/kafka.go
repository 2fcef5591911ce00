package pipeline

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/pipeline/topic"
)

// A kafkaText is what a pipeline file says of Kafka.
type kafkaText struct {
	name    text
	brokers []string
	group   string // empty for the pipeline's name
	tls     *tlsText
	login   *loginText
	options []kafka.Option
}

// tlsText names files, as seen from the pipeline file's directory.
type tlsText struct {
	at            text
	ca, cert, key string
}

type loginText struct {
	mechanism, user string
	// password is the password itself; where it isn't set, variable is the environment variable that holds it.
	password string
	variable text
}

// kafka reads the section about Kafka.
func (s *source) kafka(d *description, node *yaml.Node) error {
	m, err := s.mapping(node, "kafka", "brokers", "group", "tls", "sasl", "start", "commit_interval", "data_timeout",
		"create_topics", "grow_outputs", "client_id")
	if err != nil {
		return err
	}
	k := &kafkaText{}
	brokers := m.get("brokers")
	if brokers == nil {
		return s.errorAt(m.at,
			`kafka has no member "brokers": give addresses of Kafka's brokers, as in {brokers: [localhost:9092]}`)
	}
	if k.brokers, err = s.brokers(brokers.value); err != nil {
		return err
	}
	for _, member := range m.members {
		if err := s.kafkaMember(k, member); err != nil {
			return err
		}
	}
	d.kafka = k
	return nil
}

// kafkaMember reads a member of the section about Kafka.
func (s *source) kafkaMember(k *kafkaText, m member) (err error) {
	switch name := m.name.value; name {
	case "tls":
		k.tls, err = s.tls(m)
		return err
	case "sasl":
		k.login, err = s.login(m.value)
		return err
	case "brokers":
		return nil
	case "create_topics":
		is, err := s.boolean(m.value, name)
		k.options = append(k.options, kafka.CreateTopics(is))
		return err
	case "grow_outputs":
		is, err := s.boolean(m.value, name)
		if is {
			k.options = append(k.options, kafka.GrowOutputs())
		}
		return err
	}
	value, err := s.nonempty(m.value, m.name.value, "kafka")
	if err != nil {
		return err
	}
	if m.name.value == "group" {
		k.group = value.value
	}
	option, err := kafkaOption(m.name.value, value)
	k.options = append(k.options, option)
	return err
}

// kafkaOption returns the option that a member with a text stands for.
func kafkaOption(name string, value text) (kafka.Option, error) {
	switch name {
	case "group":
		return kafka.Group(value.value), nil
	case "client_id":
		return kafka.ClientID(value.value), nil
	case "start":
		at, err := startPosition(value)
		return kafka.Start(at), err
	}
	d, err := time.ParseDuration(value.value)
	if err != nil || d <= 0 {
		return nil, value.errorf("%q is not a duration above zero, such as 20s, 500ms or 1h30m", value.value)
	}
	if name == "commit_interval" {
		return kafka.CommitInterval(d), nil
	}
	return kafka.DataTimeout(d), nil
}

func startPosition(value text) (kafka.StartPosition, error) {
	switch value.value {
	case "earliest":
		return kafka.Earliest(), nil
	case "latest":
		return kafka.Latest(), nil
	}
	at, err := time.Parse(time.RFC3339, value.value)
	if err != nil {
		return kafka.StartPosition{}, value.errorf("start must be earliest, latest or a time such as 2026-11-22T15:04:05Z, "+
			"but this is %q", value.value)
	}
	return kafka.From(at), nil
}

// brokers reads a list of addresses, or one.
func (s *source) brokers(node *yaml.Node) (addresses []string, err error) {
	items := []*yaml.Node{node}
	if describe(node) != "a text" {
		if items, err = s.list(node, "brokers"); err != nil {
			return nil, err
		}
	}
	for _, item := range items {
		address, err := s.address(item)
		if err != nil {
			return nil, err
		}
		if address.value == "" || strings.ContainsAny(address.value, " ,/") {
			return nil, address.errorf("%q is not a broker's address, which is host:port or host", address.value)
		}
		addresses = append(addresses, address.value)
	}
	if len(addresses) == 0 {
		return nil, s.errorAt(s.placeOf(node), "brokers is empty: give the address of one at least, as in [localhost:9092]")
	}
	return addresses, nil
}

// address reads a broker's address. In a list in brackets, host:port looks like a mapping to YAML.
func (s *source) address(node *yaml.Node) (text, error) {
	if describe(node) != "a mapping" {
		return s.text(node, "a broker's address")
	}
	m, err := s.mapping(node, "a broker's address")
	if err != nil || len(m.members) != 1 {
		return text{}, s.errorAt(s.placeOf(node), "a broker's address is host:port or host, but this is a mapping")
	}
	address := m.members[0].name
	port, err := s.text(m.members[0].value, "a broker's port")
	address.value += ":" + port.value
	return address, err
}

// tls reads true, false, or the names of files.
func (s *source) tls(m member) (*tlsText, error) {
	if describe(m.value) == "true or false" {
		if is, err := s.boolean(m.value, "tls"); err != nil || !is {
			return nil, err
		}
		return &tlsText{at: m.name}, nil
	}
	if describe(m.value) != "a mapping" {
		return nil, s.errorAt(s.placeOf(m.value), "tls must be true, false or {ca: FILE, cert: FILE, key: FILE}, but this is %s",
			describe(m.value))
	}
	files, err := s.mapping(m.value, "tls", "ca", "cert", "key")
	if err != nil {
		return nil, err
	}
	t := &tlsText{at: m.name}
	for _, part := range []struct {
		name string
		to   *string
	}{{"ca", &t.ca}, {"cert", &t.cert}, {"key", &t.key}} {
		if err := s.optional(files, part.name, "tls", part.to); err != nil {
			return nil, err
		}
	}
	if (t.cert == "") != (t.key == "") {
		return nil, m.name.errorf("a client's certificate needs its private key, and the key its certificate: give both")
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
	*to = t.value
	return err
}

func (s *source) login(node *yaml.Node) (*loginText, error) {
	const form = "{mechanism: scram-sha-512, user: NAME, password_env: VARIABLE}"
	m, err := s.mapping(node, "sasl", "mechanism", "user", "password", "password_env")
	if err != nil {
		return nil, err
	}
	l := &loginText{}
	for _, part := range []struct {
		name string
		to   *string
	}{{"mechanism", &l.mechanism}, {"user", &l.user}, {"password", &l.password}} {
		if err := s.optional(m, part.name, "sasl", part.to); err != nil {
			return nil, err
		}
	}
	if variable := m.get("password_env"); variable != nil {
		if l.variable, err = s.nonempty(variable.value, "password_env", "sasl"); err != nil {
			return nil, err
		}
	}
	switch {
	case l.mechanism == "" || l.user == "" || (l.password == "") == (l.variable.value == ""):
		return nil, s.errorAt(m.at, "sasl must be given as %s, or with the password itself as password: TEXT", form)
	case !slices.Contains(topic.Mechanisms(), l.mechanism):
		t, _ := s.text(m.get("mechanism").value, "mechanism")
		return nil, t.errorf("there is no mechanism %q%s", l.mechanism, suggestOr(l.mechanism, topic.Mechanisms()))
	}
	return l, nil
}
