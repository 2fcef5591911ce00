"""Sorts a file by time by DuckDB or Polars, with two threads: python3 peer.py PROGRAM FORMAT INPUT OUTPUT."""

import sys


def duckdb_peer(form: str, source: str, target: str) -> None:
    import duckdb

    database = duckdb.connect(config={'threads': 2, 'memory_limit': '1GB'})
    read = f"read_json('{source}', format='newline_delimited')" if form == 'json' else f"read_csv('{source}')"
    database.execute(f"COPY (SELECT * FROM {read} ORDER BY time) TO '{target}' (FORMAT {form})")


def polars_peer(form: str, source: str, target: str) -> None:
    import polars as pl

    rows = (pl.scan_ndjson if form == 'json' else pl.scan_csv)(source).sort('time')
    (rows.sink_ndjson if form == 'json' else rows.sink_csv)(target, engine='streaming')


{'duckdb': duckdb_peer, 'polars': polars_peer}[sys.argv[1]](*sys.argv[2:])
