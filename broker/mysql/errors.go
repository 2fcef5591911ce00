package mysql

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/leat-go/leat/broker/internal/relation"
	"github.com/leat-go/leat/broker/internal/server"
)

// explainConnect says of an error at connecting what would mend it. It names user, database and address, never the
// password.
func (d *database) explainConnect(err error) error {
	remedy := ""
	switch number(err) {
	case 1045, 1698:
		remedy = "; the user or the password is wrong, or the password is missing: " +
			d.contact.Password("it is in the url, or in MYSQL_PWD") + "; a user who must come by TLS, or show a certificate, " +
			"is refused in the same way"
	case 1044:
		remedy = "; GRANT SELECT, INSERT, UPDATE, CREATE ON " + identifier(d.config.DBName) + ".* TO " + d.refused(err)
	case 1049:
		remedy = "; CREATE DATABASE makes it; the url's last part is its name"
	case 1040, 1203:
		remedy = "; max_connections on the server is too low, or somebody leaves connections open"
	case 1129:
		remedy = "; FLUSH HOSTS on the server lets this host in again"
	case 1130:
		remedy = "; CREATE USER ...@'host' on the server lets a user in from this host"
	}
	switch {
	case remedy != "":
	case errors.Is(err, context.DeadlineExceeded):
		remedy = "; it doesn't answer: see whether host and port are those of the server"
	case errors.Is(err, driver.ErrPktSync), errors.Is(err, driver.ErrMalformPkt), errors.Is(err, driver.ErrOldProtocol):
		remedy = "; what listens there is no MySQL server, or one from before 4.1"
	default:
		remedy = tlsRemedy(err)
	}
	return fmt.Errorf("mysql: connecting as %s to database %s at %s: %w%s", d.config.User, d.config.DBName, d.config.Addr,
		err, remedy)
}

// refused is the account that has no right to the database, as statements name it: the server's message has it.
func (d *database) refused(err error) string {
	var refused *driver.MySQLError
	if errors.As(err, &refused) {
		_, behind, _ := strings.Cut(refused.Message, " for user ")
		if name, _, found := strings.Cut(behind, " to database "); found {
			return name
		}
	}
	return d.grantee()
}

// tlsRemedy is what mends an error of TLS, and empty for others.
func tlsRemedy(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.Is(err, driver.ErrNoTLS):
		return "; switch TLS on at the server, or leave tls out of the url or the pipeline file"
	case errors.As(err, &authority):
		return "; give the certificate of the server's CA: tls: {ca: FILE} in a pipeline file, mysql.Configure in Go"
	case errors.As(err, &host):
		return "; the url must have the host that the certificate is made out to"
	case server.IsAboutTLS(err):
		return "; see the certificates of both sides: tls: {ca, cert, key} in a pipeline file, mysql.Configure in Go"
	}
	return ""
}

// Explain implements relation.Database.
func (d *database) Explain(err error, about relation.Subject) error {
	if remedy := d.remedyFor(number(err), about); remedy != "" {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// remedyFor says what would mend an error, by its number, as far as that is known.
func (d *database) remedyFor(number uint16, about relation.Subject) string {
	switch number {
	case 1142, 1143, 1044, 1227, 1370:
		rights := "SELECT"
		if about.Written {
			rights = "SELECT, INSERT, UPDATE"
		}
		if about.Name == "leat_positions" {
			rights += ", CREATE"
		}
		return fmt.Sprintf("GRANT %s ON %s TO %s", rights, identifier(about.Name), d.grantee())
	case 1062:
		if about.Conflict != nil {
			return "the output's conflict clause has the columns of another index"
		}
		return "to replace the row, give the output a conflict clause with the columns of that index: mysql.Conflict, or " +
			"conflict: [...]"
	case 1048, 1364:
		return "give results such a member, or the column a default"
	case 1060:
		return "give one of the columns another name by AS"
	case 1264, 1265, 1292, 1366, 1406, 1411, 3140, 3819, 4025:
		return "change what the function returns, or the column's type by ALTER TABLE"
	case 1153:
		return "raise max_allowed_packet on the server"
	case 1021, 1114, 1030:
		return "make room on the server's disk; the next run goes on from the last commit"
	case 1290, 1836:
		return "the server is read-only: connect to the one that is written to"
	}
	return ""
}
