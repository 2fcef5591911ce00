"""Checks what Leat has written, given as two paths, by pyarrow, DuckDB and Polars. See TestReadByOthers."""
import datetime as dt, sys
import duckdb, polars as pl, pyarrow.parquet as pq

plain, nested = sys.argv[1:]
want = [{"id": i, "price": i + 0.25, "name": f"n{i}", "ok": i % 2 == 0} for i in range(5)]
want.append(dict.fromkeys(want[0]))
assert pq.read_table(plain).to_pylist() == want, pq.read_table(plain).to_pylist()
assert pq.ParquetFile(plain).num_row_groups == 3
assert pl.read_parquet(plain).to_dicts() == want
assert duckdb.sql(f"select * from '{plain}'").fetchall() == [tuple(r.values()) for r in want]

def lines(v):
    return [{"sku": "a", "prices": [1.5, 2.25]}, {"sku": "b", "prices": None}, {"sku": "c", "prices": []}] if v else v

table = pq.read_table(nested)
rows = table.to_pylist()
assert [r["id"] for r in rows] == [1, -2, 3]
assert rows[0]["lines"] == lines(True) and rows[1]["lines"] == [] and rows[2]["lines"] is None, rows
assert dict(rows[0]["tags"]) == {"k": "v", "l": "w"} and rows[1]["tags"] == [] and rows[2]["tags"] is None, rows
assert rows[0]["day"] == dt.date(2026, 11, 29) and str(table.schema.field("at").type) == "timestamp[ns, tz=UTC]"
assert rows[0]["raw"] == b"\x00\xff" and rows[0]["small"] == 255 and rows[0]["where"] == {"x": 0.0}
polars = pl.read_parquet(nested).to_dicts()
assert polars[0]["lines"] == lines(True) and polars[2]["lines"] is None, polars
duck = duckdb.sql(f"select id, lines, tags, small from '{nested}' order by id desc").fetchall()
assert duck[1][1] == lines(True) and duck[1][2] == {"k": "v", "l": "w"} and duck[1][3] == 255, duck
