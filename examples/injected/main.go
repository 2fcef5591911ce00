// Injected gives a function more than elements: the run's context, a SQLite database, a logger. It turns what sensors
// send into degrees, by what the database knows of each.
//
//	go run ./examples/injected
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"log"
	"log/slog"

	_ "modernc.org/sqlite"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Reading is what a sensor sends.
type Reading struct {
	Sensor string  `json:"sensor"`
	Time   int64   `json:"time"`
	Raw    float64 `json:"raw"`
}

// Temperature is what a reading means.
type Temperature struct {
	Time    int64   `json:"time"`
	Place   string  `json:"place"`
	Celsius float64 `json:"celsius"`
}

// calibrate gets the database from leat.Provide, and the mill's logger without further ado.
func calibrate(ctx context.Context, r Reading, sensors *sql.DB, logger *slog.Logger) (*Temperature, error) {
	t := &Temperature{Time: r.Time}
	row := sensors.QueryRowContext(ctx, "SELECT place, zero + step * ? FROM sensors WHERE id = ?", r.Raw, r.Sensor)
	err := row.Scan(&t.Place, &t.Celsius)
	if errors.Is(err, sql.ErrNoRows) {
		logger.Warn("unknown sensor", "sensor", r.Sensor, "time", r.Time)
		return nil, nil
	}
	return t, err
}

func main() {
	folder.Enter() // where the file lies
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

//go:embed sensors.sql
var schema string

func run(ctx context.Context) error {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return err
	}
	mill, err := leat.New(calibrate,
		leat.Provide(db),
		leat.Broker(file.New(
			file.At[Reading]("readings.jsonl"),
			file.At[Temperature]("-"), // standard output
		)),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}
