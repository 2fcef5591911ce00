package main

import (
	"time"

	"github.com/parquet-go/parquet-go"
)

func setEvent(e *event, row parquet.Row) {
	*e = event{Number: row[0].Int64(), Time: time.UnixMicro(row[1].Int64()).UTC(), Symbol: string(row[2].ByteArray()),
		Venue: string(row[3].ByteArray()), Price: row[4].Double(), Size: row[5].Int32(), Order: string(row[7].ByteArray())}
	if !row[6].IsNull() {
		e.Fee = row[6].Double()
	}
}

func setTick(t *tick, row parquet.Row) {
	*t = tick{time.UnixMicro(row[0].Int64()).UTC(), row[1].Double()}
}
