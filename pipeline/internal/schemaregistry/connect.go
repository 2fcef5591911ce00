// Package schemaregistry reaches the schema registry that a pipeline file describes.
package schemaregistry

import (
	"context"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/codec/registry"
	"github.com/leat-go/leat/codec/schemas"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/topic"
)

// Connect returns a client. It reads certificates and the environment variables that hold a password or a token, and sends
// no request.
func Connect(ctx context.Context, dir string, at *description.Registry) (schemas.Registry, error) {
	var options []registry.Option
	var more []string
	for _, u := range at.URLs[1:] {
		more = append(more, u.Value)
	}
	if more != nil {
		options = append(options, registry.Replicas(more...))
	}
	if at.Password.Value != "" {
		password, err := secret(at.Password, "password")
		if err != nil {
			return nil, err
		}
		options = append(options, registry.BasicAuth(at.User.Value, password))
	}
	if at.Token.Value != "" {
		token, err := secret(at.Token, "token")
		if err != nil {
			return nil, err
		}
		options = append(options, registry.BearerToken(token))
	}
	if at.TLS != nil {
		path := func(path string) string {
			if path == "" || filepath.IsAbs(path) {
				return path
			}
			return filepath.Join(dir, path)
		}
		config, err := topic.TLSFiles{CA: path(at.TLS.CA), Cert: path(at.TLS.Cert), Key: path(at.TLS.Key)}.Config()
		if err != nil {
			return nil, at.TLS.Name.Errorf("%v", err)
		}
		options = append(options, registry.TLS(config))
	}
	client, err := registry.New(ctx, at.URLs[0].Value, options...)
	if err != nil {
		return nil, at.Name.Errorf("%v", err)
	}
	return client, nil
}

// secret returns the value of an environment variable.
func secret(variable description.Text, what string) (string, error) {
	if value := os.Getenv(variable.Value); value != "" {
		return value, nil
	}
	return "", variable.Errorf("the environment variable %s, which should hold the registry's %s, is not set", variable.Value,
		what)
}
