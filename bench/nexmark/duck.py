"""The queries by DuckDB, with two threads: python3 duck.py QUERY FOLDER."""

import sys

import duckdb

WINNERS = """
    SELECT a.id AS auction, bidder, price, expires, category
    FROM auctions AS a JOIN bids AS b ON b.auction = a.id AND b.time BETWEEN a.time AND a.expires
    QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY price DESC, n) = 1
"""

QUERIES = {
    'Q3': """
        SELECT a.id AS auction, name, city, state
        FROM auctions AS a JOIN persons AS p ON p.id = a.seller AND p.time <= a.time + 200
        WHERE category = 10 AND state IN ('OR', 'ID', 'CA')
    """,
    'Q4': f"""
        SELECT expires // 10000 AS window, category, count(*) AS auctions, sum(price)::BIGINT AS total
        FROM ({WINNERS}) GROUP BY ALL
    """,
    'Q8': """
        SELECT p.id, name, min(a.id) AS auction
        FROM persons AS p JOIN auctions AS a ON a.seller = p.id AND a.time // 10000 = p.time // 10000 GROUP BY ALL
    """,
    'Q9': f'SELECT auction, bidder, price FROM ({WINNERS})',
    'Q20': """
        SELECT n, price, item, seller
        FROM bids AS b JOIN auctions AS a ON a.id = b.auction AND a.time <= b.time + 200 WHERE category = 10
    """,
}


def main(query: str, folder: str) -> None:
    database = duckdb.connect(config={'threads': 2})
    for name in ('persons', 'auctions', 'bids'):
        database.execute(
            f"CREATE VIEW {name} AS SELECT * FROM read_json('{folder}/{name}.jsonl', format='newline_delimited')",
        )
    database.execute(f"COPY ({QUERIES[query]}) TO '{folder}/output.jsonl' (FORMAT json)")


main(*sys.argv[1:])
