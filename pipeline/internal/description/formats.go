package description

import (
	"net/url"
	"slices"

	"go.yaml.in/yaml/v4"
)

// formatMembers are those of a topic that say what its records look like.
var formatMembers = []string{"format", "schema", "message", "subject", "framing", "register"}

// A Format is what a pipeline file says of the format of a topic's values, or of its keys.
type Format struct {
	// Name is what the format is called: avro.
	Name Text
	// Schema is the path of a file, Message the name of a message in it, Subject what a registry calls the schema to write
	// with, and Framing what stands before an element; each is empty where the file doesn't say.
	Schema, Message, Subject, Framing Text
	// Unregistered is where the file says that no schema is registered; nil where it doesn't.
	Unregistered *Text
}

// A RecordKey is what a pipeline file says of the keys of a topic's records.
type RecordKey struct {
	// Name is the name of the member.
	Name Text
	// By is the expression of a result's key; empty where the file doesn't say.
	By Text
	// Format is the keys' format; nil where the file doesn't say.
	Format *Format
}

// A Registry is what a pipeline file says of a schema registry.
type Registry struct {
	// Name is the name of the section.
	Name Text
	URLs []Text
	User Text
	// Password and Token name environment variables.
	Password, Token Text
	TLS             *TLS
	// Subjects says how subjects are called: topic, record or topic_record.
	Subjects string
}

// records reads what is said of a topic's records.
func (s *source) records(stream *Stream, m *mapping, what string) (err error) {
	if stream.Value, err = s.format(m, what); err != nil {
		return err
	}
	if key := m.get("key"); key != nil {
		if stream.Key, err = s.recordKey(key, what); err != nil {
			return err
		}
	}
	if headers := m.get("headers"); headers != nil {
		t, err := s.nonempty(headers.value, "headers", what)
		switch {
		case err != nil:
			return err
		case t.Value != "pass":
			return t.Errorf("headers can be passed on from the master's record: headers: pass; not %q", t.Value)
		}
		stream.PassHeaders = &headers.name
	}
	if at := m.get("time"); at != nil {
		stream.Time, err = s.nonempty(at.value, "the time", what)
	}
	return err
}

// format reads the members that say what values or keys look like; nil where there is none.
func (s *source) format(m *mapping, what string) (_ *Format, err error) {
	name := m.get("format")
	if name == nil {
		for _, other := range formatMembers {
			if found := m.get(other); found != nil {
				return nil, found.name.Errorf("%s says more of a format that %s doesn't have: add format: avro, protobuf or json",
					other, what)
			}
		}
		return nil, nil
	}
	f := &Format{}
	for _, part := range []struct {
		name string
		to   *Text
	}{{"format", &f.Name}, {"schema", &f.Schema}, {"message", &f.Message}, {"subject", &f.Subject}, {"framing", &f.Framing}} {
		if member := m.get(part.name); member != nil {
			if *part.to, err = s.nonempty(member.value, part.name, what); err != nil {
				return nil, err
			}
		}
	}
	if register := m.get("register"); register != nil {
		is, err := s.boolean(register.value, "register")
		if err != nil {
			return nil, err
		}
		if !is {
			f.Unregistered = &register.name
		}
	}
	return f, nil
}

// recordKey reads an expression, or what is said of keys.
func (s *source) recordKey(m *member, what string) (key *RecordKey, err error) {
	key = &RecordKey{Name: m.name}
	if m.value.Kind != yaml.MappingNode {
		key.By, err = s.nonempty(m.value, "the key", what)
		return key, err
	}
	held, err := s.mapping(m.value, "key of "+what, append([]string{"by"}, formatMembers...)...)
	if err != nil {
		return nil, err
	}
	if by := held.get("by"); by != nil {
		if key.By, err = s.nonempty(by.value, "by", "key of "+what); err != nil {
			return nil, err
		}
	}
	if key.Format, err = s.format(held, "key of "+what); err == nil && key.Format == nil && key.By.Value == "" {
		err = s.errorAt(held.at, "key of %s says nothing: give the keys' format, {format: avro}, or of an output the "+
			"expression of its keys, key: id, or both, {by: id, format: avro}", what)
	}
	return key, err
}

// registry reads how a schema registry is reached.
func (s *source) registry(m *member) (*Registry, error) {
	section, err := s.section(m, "registry")
	if err != nil {
		return nil, err
	}
	section.Only("url", "user", "password_env", "token_env", "tls", "subjects")
	r := &Registry{Name: m.name, URLs: section.Texts("url"), User: section.Text("user"),
		Password: section.Text("password_env"), Token: section.Text("token_env"), TLS: section.TLS(), Subjects: "topic"}
	if subjects := section.Text("subjects"); subjects.Value != "" {
		r.Subjects = subjects.Value
		if names := []string{"topic", "record", "topic_record"}; !slices.Contains(names, r.Subjects) {
			section.Note(subjects.Errorf("subjects are called after the topic, the record or both: topic, record or "+
				"topic_record, not %q%s", r.Subjects, Suggest(r.Subjects, names)))
		}
	}
	if err := section.Err(); err != nil {
		return nil, err
	}
	return r, r.check(section)
}

func (r *Registry) check(section *Section) error {
	if len(r.URLs) == 0 {
		return section.Errorf("registry has no member \"url\": it looks like http://localhost:8081")
	}
	for _, u := range r.URLs {
		// What is wrong with a url isn't told in its words: it may hold a password.
		parsed, err := url.Parse(u.Value)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			return u.Errorf("this is no registry's url, which looks like http://localhost:8081")
		}
	}
	switch {
	case r.Token.Value != "" && (r.User.Value != "" || r.Password.Value != ""):
		return r.Token.Errorf("a registry takes a token or a user with a password: take one of them out")
	case r.User.Value != "" && r.Password.Value == "":
		return r.User.Errorf("the environment variable that holds this user's password is missing: add password_env: VARIABLE")
	case r.Password.Value != "" && r.User.Value == "":
		return r.Password.Errorf("whose password this is, is missing: add user: NAME")
	}
	return nil
}
