"""The workloads by DuckDB or Polars, with two threads: python3 peer.py PROGRAM WORKLOAD FORMAT FOLDER."""

import sys

QUERIES = {
    'as-of': """
        SELECT n, CASE WHEN r.time >= l.time - 50 THEN value END AS value
        FROM l ASOF LEFT JOIN r ON l.time >= r.time
    """,
    'by': """
        SELECT n, CASE WHEN r.time >= l.time - 5000 THEN value END AS value
        FROM l ASOF LEFT JOIN r ON l.symbol = r.symbol AND l.time >= r.time
    """,
    'interval': """
        SELECT n, sum(value)::BIGINT AS value
        FROM l JOIN r ON r.time BETWEEN l.time - 10 AND l.time + 10 GROUP BY n
    """,
    'left': 'SELECT n, value FROM l LEFT JOIN r ON l.time = r.time',
    'nearest': """
        SELECT n, CASE
            WHEN b.time >= t - 4 AND (a.time IS NULL OR a.time > t + 4 OR t - b.time <= a.time - t) THEN b.value
            WHEN a.time <= t + 4 THEN a.value
        END AS value
        FROM (SELECT n, time AS t FROM l)
        ASOF LEFT JOIN r AS b ON t >= b.time
        ASOF LEFT JOIN r AS a ON t <= a.time
    """,
}


# Without columns: with them, the planner takes a nested loop for as-of joins of JSON.
DUCKDB = {
    'json': ("read_json('{}.jsonl', format='newline_delimited')", "'{}.jsonl' (FORMAT json)"),
    'csv': ("read_csv('{}.csv')", "'{}.csv' (FORMAT csv)"),
    'parquet': ("read_parquet('{}.parquet')", "'{}.parquet' (FORMAT parquet, COMPRESSION zstd)"),
}


def duckdb_peer(workload: str, form: str, folder: str) -> None:
    import duckdb

    database = duckdb.connect(config={'threads': 2})
    source, target = DUCKDB[form]
    for view, name in (('l', 'left'), ('r', 'right')):
        database.execute(f'CREATE VIEW {view} AS SELECT * FROM ' + source.format(f'{folder}/{name}'))
    database.execute(f'COPY ({QUERIES[workload]}) TO ' + target.format(f'{folder}/output'))


def polars_peer(workload: str, form: str, folder: str) -> None:
    import polars as pl

    scan, end = {
        'json': (pl.scan_ndjson, 'jsonl'), 'csv': (pl.scan_csv, 'csv'), 'parquet': (pl.scan_parquet, 'parquet'),
    }[form]
    left, right = scan(f'{folder}/left.{end}'), scan(f'{folder}/right.{end}')
    if workload != 'interval':
        left, right = left.set_sorted('time'), right.set_sorted('time')
    if workload == 'as-of':
        joined = left.join_asof(right, on='time', tolerance=50)
    elif workload == 'by':
        joined = left.join_asof(right, on='time', by='symbol', tolerance=5000)
    elif workload == 'nearest':
        joined = left.join_asof(right, on='time', strategy='nearest', tolerance=4)
    elif workload == 'left':
        joined = left.join(right, on='time', how='left')
    else:
        near = left.with_columns(low=pl.col('time') - 10, high=pl.col('time') + 10).join_where(
            right.select(right_time='time', value='value'),
            pl.col('right_time') >= pl.col('low'), pl.col('right_time') <= pl.col('high'),
        )
        joined = near.group_by('n').agg(pl.col('value').sum())
    results = joined.select('n', 'value')
    sink = {'json': results.sink_ndjson, 'csv': results.sink_csv, 'parquet': results.sink_parquet}[form]
    sink(f'{folder}/output.{end}', engine='streaming')


{'duckdb': duckdb_peer, 'polars': polars_peer}[sys.argv[1]](*sys.argv[2:])
