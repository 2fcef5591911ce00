package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/pipeline"
)

// source returns what an argument of init names: a file; a topic, kafka:NAME; or a table, URL#NAME.
func (c *initCommand) source(text string) (pipeline.Source, error) {
	if _, err := os.Lstat(text); err == nil {
		return pipeline.Source{File: text}, nil
	}
	reached := os.Expand(text, variable) // only to see what it is: the file names the variables
	scheme, _, ok := strings.Cut(reached, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case !ok || len(scheme) < 2: // a drive of Windows is a letter
		return pipeline.Source{File: text}, nil
	case scheme == "kafka":
		return c.topicSource(text)
	case scheme == "sqlite":
		return c.sqliteSource(text)
	case scheme == "postgres", scheme == "postgresql":
		return c.databaseSource("postgres", text, reached)
	case scheme == "mysql", scheme == "mariadb":
		return c.databaseSource("mysql", text, reached)
	case slices.Contains([]string{"nats", "redis", "rediss", "rabbitmq", "rabbitmq-stream", "amqp", "amqps", "tls"}, scheme):
		return pipeline.Source{}, &usageError{fmt.Errorf("%s: init looks at files, topics of Kafka and tables; docs/pipeline.md "+
			"has what a pipeline file says of a queue", scheme)}
	}
	return pipeline.Source{File: text}, nil
}

// variable returns what stands for NAME or NAME:-default in braces.
func variable(inside string) string {
	name, otherwise, _ := strings.Cut(inside, ":-")
	return cmp.Or(os.Getenv(name), otherwise)
}

// topicSource returns a topic, at the brokers that the flags say.
func (c *initCommand) topicSource(text string) (s pipeline.Source, err error) {
	_, name, _ := strings.Cut(text, ":")
	if name = strings.TrimPrefix(name, "//"); name == "" || strings.Contains(name, "/") {
		return s, &usageError{fmt.Errorf("%s: a topic is named as in kafka:orders, with --brokers HOST:PORT", text)}
	}
	if _, err := c.cluster(); err != nil {
		return s, err
	}
	registry, err := c.member()
	if err != nil {
		return s, err
	}
	lines, err := c.members(filepath.Dir(c.Output))
	return pipeline.Source{Storage: "kafka", Stream: name, Connection: lines, Registry: registry}, err
}

// members returns what a pipeline file in a directory says of Kafka, in lines.
func (f *clusterFlags) members(dir string) ([]string, error) {
	var brokers []string
	for _, address := range f.Brokers {
		brokers = append(brokers, pipeline.Quote(address))
	}
	lines := []string{"brokers: [" + strings.Join(brokers, ", ") + "]"}
	var files []string
	for _, file := range [][2]string{{"ca", f.TLSCA}, {"cert", f.TLSCert}, {"key", f.TLSKey}} {
		if file[1] == "" {
			continue
		}
		path, err := pathFrom(dir, file[1])
		if err != nil {
			return nil, err
		}
		files = append(files, file[0]+": "+pipeline.Quote(path))
	}
	switch {
	case files != nil:
		lines = append(lines, "tls: {"+strings.Join(files, ", ")+"}")
	case f.TLS:
		lines = append(lines, "tls: true")
	}
	if f.SASL != "" {
		lines = append(lines, fmt.Sprintf("sasl: {mechanism: %s, user: %s, password_env: %s}", f.SASL, pipeline.Quote(f.User),
			passwordVariable))
	}
	return lines, nil
}

// errTable says how a table is named.
var errTable = errors.New("a table is named behind the address of its database, as in postgres://user@host/shop#orders, " +
	"mysql://user@host/shop#orders or sqlite:shop.db#orders")

// sqliteSource returns a table of a file, sqlite:shop.db#orders.
func (c *initCommand) sqliteSource(text string) (s pipeline.Source, err error) {
	_, place, _ := strings.Cut(text, ":")
	place, table, _ := cutLast(strings.TrimPrefix(place, "//"), "#")
	if place == "" || table == "" {
		return s, &usageError{fmt.Errorf("%s: %w", text, errTable)}
	}
	if place, err = pathFrom(filepath.Dir(c.Output), place); err != nil {
		return s, err
	}
	return pipeline.Source{Storage: "sqlite", Stream: table, Connection: []string{"file: " + pipeline.Quote(place)}}, nil
}

// databaseSource returns a table of a database with a server: its address with variables, and as it is with them replaced.
func (c *initCommand) databaseSource(storage, text, reached string) (s pipeline.Source, err error) {
	address, table, ok := cutLast(text, "#")
	if !ok && !strings.Contains(reached, "//") {
		if _, table, ok = strings.Cut(text, ":"); ok && table != "" { // where the environment says
			return pipeline.Source{Storage: storage, Stream: table}, nil
		}
	}
	if table == "" || !ok {
		// It may hold a password, so that it isn't repeated.
		return s, &usageError{errTable}
	}
	if hasPassword(address) {
		return s, &usageError{fmt.Errorf("the address of %s has a password in it, which would stand in the pipeline file, and "+
			"which all users of the machine can read: take it out and put it into the environment variable %s, or put the "+
			"address into one and name that, '${DATABASE_URL}#%[1]s'", table, passwordVariable)}
	}
	s = pipeline.Source{Storage: storage, Stream: table, Connection: []string{"url: " + strconv.Quote(address)}}
	if known, _, _ := cutLast(reached, "#"); os.Getenv(passwordVariable) != "" && !hasPassword(known) {
		s.Connection = append(s.Connection, "password_env: "+passwordVariable)
	}
	return s, nil
}

// hasPassword reports whether an address has a password in it, as far as it isn't a variable.
func hasPassword(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		// It can't be looked at, as with a $ in it. What stands between a colon and an @ is one.
		_, behind, _ := strings.Cut(address, "://")
		user, _, ok := strings.Cut(behind, "@")
		_, password, hasColon := strings.Cut(user, ":")
		return ok && hasColon && !isVariable(password)
	}
	if password, ok := parsed.User.Password(); ok && password != "" && !isVariable(password) {
		return true
	}
	for name, values := range parsed.Query() {
		if strings.Contains(strings.ToLower(name), "password") && !isVariable(values[0]) {
			return true
		}
	}
	return false
}

func isVariable(text string) bool {
	return strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}")
}

// cutLast is like [strings.Cut], at the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// pathFrom returns a path as seen from a directory.
func pathFrom(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	path, err = filepath.Rel(from, path)
	return filepath.ToSlash(path), err
}
