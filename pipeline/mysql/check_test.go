package mysql_test

import "testing"

// TestCheckFindsRefusedResults tries results on the columns of the output, which isn't written.
func TestCheckFindsRefusedResults(t *testing.T) {
	w := newWorkplace(t)
	w.exec(`CREATE TABLE numbers (id BIGINT PRIMARY KEY, half DECIMAL(5,2)); INSERT INTO numbers VALUES (1, 1), (2, 0.5);
		CREATE TABLE flags (id BIGINT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, flag DATE)`)
	w.Refuses(w.Load(w.Refused()), "Incorrect date value")
}
