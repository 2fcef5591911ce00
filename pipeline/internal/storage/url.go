package storage

import (
	"errors"
	"net/url"

	"github.com/leat-go/leat/pipeline/internal/description"
)

// A URL is where a storage is, with the password that an environment variable holds.
type URL struct {
	text     description.Text
	parsed   *url.URL
	password Secret
}

// ReadURL reads the members url and password_env of a section. Example is a url, for who gives none or another.
func ReadURL(section *description.Section, example string) URL {
	u := URL{text: section.Text("url"), password: ReadSecret(section, "password_env")}
	if section.Err() != nil {
		return u
	}
	if u.text.Value == "" {
		section.Note(section.Errorf("%s has no member \"url\": a url looks like %s", section.Name.Value, example))
		return u
	}
	var err error
	if u.parsed, err = url.Parse(u.text.Value); err == nil && (u.parsed.Scheme == "" || u.parsed.Host == "") {
		err = errors.New("the url has no scheme, or no host")
	}
	if err != nil {
		var at *url.Error // it holds the url, and so maybe a password
		if errors.As(err, &at) {
			err = at.Err
		}
		section.Note(u.text.Errorf("%v; a url looks like %s", err, example))
	}
	return u
}

// Hidden returns the url without the password of the variable.
func (u URL) Hidden() string { return u.text.Value }

// User returns the name of the user; empty where the url has none.
func (u URL) User() string { return u.parsed.User.Username() }

// Password returns the password of the environment variable; empty where the pipeline file names none.
func (u URL) Password() (string, error) { return u.password.Value() }

// Text returns the url with its password.
func (u URL) Text() (string, error) {
	password, err := u.password.Value()
	if err != nil || password == "" {
		return u.text.Value, err
	}
	with := *u.parsed
	with.User = url.UserPassword(u.parsed.User.Username(), password)
	return with.String(), nil
}
