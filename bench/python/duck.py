"""The workloads by DuckDB with two threads: python3 duck.py WORKLOAD files FOLDER OUTPUT."""

import sys

import duckdb

STREAMS = {
    'locations': {'time': 'BIGINT', 'x': 'DOUBLE', 'y': 'DOUBLE'},
    'speeds': {'time_from': 'BIGINT', 'time_to': 'BIGINT', 'speed': 'DOUBLE'},
    'audio': {'time_seconds': 'BIGINT', 'data': 'DOUBLE'},
    'frames': {'time_ms': 'BIGINT', 'data': 'DOUBLE', 'frame_index': 'BIGINT', 'first_frame_ts_seconds': 'BIGINT'},
    'orders': {
        'o_orderkey': 'BIGINT', 'o_custkey': 'BIGINT', 'o_orderstatus': 'VARCHAR', 'o_totalprice': 'DOUBLE',
        'o_orderdate': 'VARCHAR', 'o_orderpriority': 'VARCHAR', 'o_clerk': 'VARCHAR', 'o_shippriority': 'BIGINT',
        'o_comment': 'VARCHAR',
    },
    'lineitem': {
        'l_orderkey': 'BIGINT', 'l_partkey': 'BIGINT', 'l_suppkey': 'BIGINT', 'l_linenumber': 'BIGINT',
        'l_quantity': 'BIGINT', 'l_extendedprice': 'DOUBLE', 'l_discount': 'DOUBLE', 'l_tax': 'DOUBLE',
        'l_returnflag': 'VARCHAR', 'l_linestatus': 'VARCHAR', 'l_shipdate': 'VARCHAR', 'l_commitdate': 'VARCHAR',
        'l_receiptdate': 'VARCHAR', 'l_shipinstruct': 'VARCHAR', 'l_shipmode': 'VARCHAR', 'l_comment': 'VARCHAR',
    },
}

QUERIES = {
    # lines: W1
    'W1': """
        SELECT prev.time AS time_from, next.time AS time_to,
            sqrt((next.x - prev.x) * (next.x - prev.x) + (next.y - prev.y) * (next.y - prev.y)) AS speed
        FROM locations AS prev JOIN locations AS next ON next.time = prev.time + 10
    """,
    # lines: W2
    'W2': """
        SELECT audio.time_seconds, count(*) AS count, sum(frames.data) / count(*) AS mean
        FROM audio JOIN frames ON frames.time_ms // 1000 = audio.time_seconds
        GROUP BY audio.time_seconds
    """,
    # lines: W3
    'W3': """
        SELECT next.time, next.x, next.y, speeds.speed
        FROM locations AS prev
        JOIN locations AS next ON next.time = prev.time + 10
        JOIN speeds ON speeds.time_to = next.time
    """,
    # lines: W4
    'W4': """
        SELECT time // 300 AS window, count(*) AS count, sum(x) / count(*) AS mean
        FROM locations GROUP BY time // 300
    """,
    # lines: TPC-H
    'TPC-H': """
        SELECT orders.*, items.lineitem
        FROM orders JOIN (
            SELECT l_orderkey, list(lineitem ORDER BY l_linenumber) AS lineitem FROM lineitem GROUP BY l_orderkey
        ) AS items ON items.l_orderkey = orders.o_orderkey
    """,
    # lines: none
}


def main(workload: str, _where: str, folder: str, output: str) -> None:
    database = duckdb.connect(config={'threads': 2})
    for name, columns in STREAMS.items():
        if name in QUERIES[workload]:
            database.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_json('{folder}/{name}.json', format='array', columns={columns})",
            )
    database.execute(f"COPY ({QUERIES[workload]}) TO '{output}' (FORMAT json, ARRAY true)")


main(*sys.argv[1:])
