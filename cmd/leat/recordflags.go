package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/topic"
)

// registryFlags say how to reach a schema registry.
type registryFlags struct {
	Registry     string `placeholder:"URL" help:"The schema registry, for records that begin with the id of their schema."`
	RegistryUser string `placeholder:"NAME" help:"The user of the registry, with $$LEAT_REGISTRY_PASSWORD."`
}

// registryPassword and registryToken are where secrets of a registry come from.
const (
	registryPassword = "LEAT_REGISTRY_PASSWORD"
	registryToken    = "LEAT_REGISTRY_TOKEN"
)

// member returns what a pipeline file says of the registry; empty where there is none. Errors are wrong usage.
func (f *registryFlags) member() (string, error) {
	if f.Registry == "" {
		if f.RegistryUser != "" {
			return "", &usageError{errors.New("--registry-user is for --registry URL: give both")}
		}
		return "", nil
	}
	if u, err := url.Parse(f.Registry); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", &usageError{errors.New("--registry: this is no registry's url, which looks like http://localhost:8081")}
	} else if _, has := u.User.Password(); has {
		return "", &usageError{fmt.Errorf("--registry: all users of the machine can read a password in a url: give "+
			"--registry-user NAME, and put the password into the environment variable %s", registryPassword)}
	}
	members := "url: " + pipeline.Quote(f.Registry)
	switch {
	case f.RegistryUser != "" && os.Getenv(registryPassword) == "":
		return "", &usageError{errors.New("--registry-user needs a password: put it into the environment variable " +
			registryPassword)}
	case f.RegistryUser != "":
		members += fmt.Sprintf(", user: %s, password_env: %s", pipeline.Quote(f.RegistryUser), registryPassword)
	case os.Getenv(registryToken) != "":
		members += ", token_env: " + registryToken
	}
	return "{" + members + "}", nil
}

// recordFormats are what values and keys may be.
var recordFormats = []string{"json", "avro", "protobuf"}

// recordFlags say what the records of a topic look like.
type recordFlags struct {
	Format     string `placeholder:"FORMAT" help:"What values are: json (if left out), avro or protobuf."`
	Schema     string `placeholder:"FILE" help:"The schema of values."`
	Message    string `placeholder:"NAME" help:"With protobuf: the message in the schema, such as shop.Item."`
	Framing    string `placeholder:"FRAMING" help:"What stands before a value: registry, none or single_object."`
	KeyFormat  string `placeholder:"FORMAT" help:"What keys are, likewise; texts if left out."`
	KeySchema  string `placeholder:"FILE" help:"The schema of keys."`
	KeyMessage string `placeholder:"NAME" help:"With protobuf: the message of keys."`
	KeyFraming string `placeholder:"FRAMING" help:"What stands before a key."`
	registryFlags
}

// described returns what the flags say of the records of a topic. Errors are wrong usage.
func (f *recordFlags) described(name string, writes bool) (r pipeline.Records, err error) {
	registry, err := f.member()
	if err != nil {
		return r, err
	}
	r = pipeline.Records{Topic: name}
	value := oneFormat{"", f.Format, f.Schema, f.Message, f.Framing}
	key := oneFormat{"key-", f.KeyFormat, f.KeySchema, f.KeyMessage, f.KeyFraming}
	if value.format == "json" && registry == "" && value.framing == "" {
		value.format = "" // plain
	}
	if r.Value, err = value.members(registry != "", writes); err != nil {
		return r, &usageError{err}
	}
	if r.Key, err = key.members(registry != "", writes); err != nil {
		return r, &usageError{err}
	}
	switch {
	case r.Value != "" || r.Key != "":
		r.Registry = registry
	case registry != "":
		return r, &usageError{errors.New("--registry is for records in a format: add --format avro, protobuf or json, or " +
			"--key-format")}
	}
	return r, nil
}

// A oneFormat is what flags say of values or of keys, with what their names begin with.
type oneFormat struct{ prefix, format, schema, message, framing string }

// members returns the members of a pipeline file that say the same.
func (f oneFormat) members(registry, writes bool) (string, error) {
	flag := func(name string) string { return "--" + f.prefix + name }
	unframed := f.framing != "registry" && (f.framing != "" || !registry)
	switch {
	case f.format == "":
		for name, value := range map[string]string{"schema": f.schema, "message": f.message, "framing": f.framing} {
			if value != "" {
				return "", fmt.Errorf("%s says more of a format: add %s avro, protobuf or json", flag(name), flag("format"))
			}
		}
		return "", nil
	case f.format == "csv":
		return "", fmt.Errorf("%s csv: records are no rows of cells; leat topic load takes a .csv file by its name, a record "+
			"for each row, and leat topic dump TOPIC | leat convert - FILE.csv writes one", flag("format"))
	case !slices.Contains(recordFormats, f.format):
		return "", fmt.Errorf("%s %s: there is no such format, there are %s%s", flag("format"), f.format,
			strings.Join(recordFormats, ", "), suggest.Name(f.format, recordFormats))
	case f.format != "json" && unframed && f.schema == "":
		return "", fmt.Errorf("%s %s: without a registry records don't say what they are: add %s FILE, or --registry URL",
			flag("format"), f.format, flag("schema"))
	case f.format == "json" && unframed:
		return "", fmt.Errorf("%s json is JSON with the id of its schema before it, for which --registry URL says where that "+
			"is; leave it out for plain JSON", flag("format"))
	case f.message != "" && f.format != "protobuf":
		return "", fmt.Errorf("%s is of Protobuf, and %s says %s", flag("message"), flag("format"), f.format)
	case f.format == "json" && f.schema != "" && !writes:
		return "", fmt.Errorf("%s is to write with: records that are read aren't validated; leave it out", flag("schema"))
	}
	text := "format: " + f.format
	for _, member := range [][2]string{{"schema", f.schema}, {"message", f.message}, {"framing", f.framing}} {
		if member[1] != "" {
			text += ", " + member[0] + ": " + pipeline.Quote(member[1])
		}
	}
	if writes && f.schema == "" {
		text += ", register: false" // with the latest one that is there
	}
	return text, nil
}

// decoder returns what makes JSON of a topic's records, and encoder what makes them of JSON.
func (f *recordFlags) decoder(ctx context.Context, name string) (topic.Format, error) {
	records, err := f.described(name, false)
	if err != nil {
		return topic.Format{}, err
	}
	return records.Decoder(ctx, parts()...)
}

func (f *recordFlags) encoder(ctx context.Context, name string) (topic.Format, error) {
	records, err := f.described(name, true)
	if err != nil {
		return topic.Format{}, err
	}
	return records.Encoder(ctx, parts()...)
}
