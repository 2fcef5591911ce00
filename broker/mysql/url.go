package mysql

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	driver "github.com/go-sql-driver/mysql"
)

// errURL is what is said of a url that can't be read. What can't be read isn't shown: there may be a password in it.
var errURL = errors.New("mysql: the url can't be read; it looks like mysql://user:password@host:3306/database?tls=true, " +
	"with %40 for an @ in the password")

// errDatabase is what is said of a url without a database.
var errDatabase = errors.New("mysql: the url names no database; it is what stands behind the host: " +
	"mysql://user@host/database, or in MYSQL_DATABASE")

// ParseURL returns the driver's configuration that [New] makes of a url and the environment, before [Configure]. An empty
// url is read as mysql://. No error shows anything of the url, since it may hold a password.
func ParseURL(text string) (*driver.Config, error) {
	u, err := url.Parse(cmp.Or(text, "mysql://"))
	if err != nil || u.Scheme != "mysql" && u.Scheme != "mariadb" || u.Opaque != "" {
		return nil, errURL
	}
	config := driver.NewConfig()
	config.User = cmp.Or(u.User.Username(), os.Getenv("MYSQL_USER"), os.Getenv("USER"))
	password, given := u.User.Password()
	if config.Passwd = password; !given {
		config.Passwd = os.Getenv("MYSQL_PWD")
	}
	config.DBName = cmp.Or(strings.TrimPrefix(u.Path, "/"), os.Getenv("MYSQL_DATABASE"))
	config.Net, config.Addr = "tcp", net.JoinHostPort(cmp.Or(u.Hostname(), os.Getenv("MYSQL_HOST"), "127.0.0.1"),
		cmp.Or(u.Port(), os.Getenv("MYSQL_TCP_PORT"), "3306"))
	socket := ""
	if u.Host == "" && os.Getenv("MYSQL_HOST") == "" {
		socket = os.Getenv("MYSQL_UNIX_PORT")
	}
	for name, values := range u.Query() {
		switch name {
		case "socket":
			socket = values[0]
		case "tls":
			config.TLSConfig = values[0]
		default:
			return nil, fmt.Errorf("mysql: the url's parameter %s isn't known: there are tls and socket; the rest is for "+
				"mysql.Configure", name)
		}
	}
	if socket != "" {
		config.Net, config.Addr = "unix", socket
	}
	switch config.TLSConfig {
	case "", "true", "false", "preferred", "skip-verify":
		return config, nil
	}
	return nil, fmt.Errorf("mysql: the url says tls=%s, which isn't true, preferred, skip-verify or false", config.TLSConfig)
}
