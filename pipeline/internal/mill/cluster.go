package mill

import (
	"os"

	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/topic"
)

// clusterOf returns how to reach Kafka; dir is the pipeline file's directory. It reads what the file names:
// certificates and environment variables.
func clusterOf(k *description.Kafka, dir string) (*topic.Cluster, error) {
	c := &topic.Cluster{Brokers: k.Brokers}
	if k.TLS != nil {
		files := topic.TLSFiles{CA: k.TLS.CA, Cert: k.TLS.Cert, Key: k.TLS.Key}
		for _, file := range []*string{&files.CA, &files.Cert, &files.Key} {
			if *file != "" {
				*file = resolve(dir, *file)
			}
		}
		var err error
		if c.TLS, err = files.Config(); err != nil {
			return nil, k.TLS.Name.Errorf("%v", err)
		}
	}
	if k.Login == nil {
		return c, nil
	}
	c.Login = &topic.Login{Mechanism: k.Login.Mechanism, User: k.Login.User, Password: k.Login.Password}
	if variable := k.Login.Variable; variable.Value != "" {
		if c.Login.Password = os.Getenv(variable.Value); c.Login.Password == "" {
			return nil, variable.Errorf("the environment variable %s, which should hold the password, is not set",
				variable.Value)
		}
	}
	return c, nil
}
