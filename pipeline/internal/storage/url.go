package storage

import (
	"errors"
	"net/url"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// A URL is where a storage is, as the pipeline file has it, and the password that an environment variable holds.
type URL struct {
	Text     description.Text
	Password Secret
	parsed   *url.URL
}

// ReadURL reads the members url and password_env of a section. Example is a url, for who gives none or another.
func ReadURL(section *description.Section, example string) URL {
	u := URL{Text: section.Text("url"), Password: ReadSecret(section, "password_env")}
	if section.Err() == nil && u.Text.Value == "" {
		section.Note(section.Errorf("%s has no member \"url\": a url looks like %s", section.Name.Value, example))
	}
	u.parse(section, example)
	return u
}

// ReadAnotherURL reads a url that may be left out, whose password is the other one's.
func ReadAnotherURL(section *description.Section, member, example string) URL {
	u := URL{Text: section.Text(member)}
	u.parse(section, example)
	return u
}

// parse reads the url, where there is one.
func (u *URL) parse(section *description.Section, example string) {
	if section.Err() != nil || u.Text.Value == "" {
		return
	}
	var err error
	if u.parsed, err = url.Parse(u.Text.Value); err == nil && (u.parsed.Scheme == "" || u.parsed.Host == "") {
		err = errors.New("the url has no scheme, or no host")
	}
	if err != nil {
		var at *url.Error // it holds the url, and so maybe a password
		if errors.As(err, &at) {
			err = at.Err
		}
		section.Note(u.Text.Errorf("%v; a url looks like %s", err, example))
	}
}

// Scheme is what the url begins with, before the colon.
func (u URL) Scheme() string { return u.parsed.Scheme }

// Access says where address and password are.
func (u URL) Access() broker.Access {
	return broker.Access{Address: "it is in the url", Password: u.Password.Or("the password is in the url")}
}

// With returns the url with a password; as the pipeline file has it where that is empty.
func (u URL) With(password string) string {
	if password == "" {
		return u.Text.Value
	}
	with := *u.parsed
	with.User = url.UserPassword(u.parsed.User.Username(), password)
	return with.String()
}
