"""Makes the files beside it, by fastavro: /path/to/python make.py"""
import datetime, decimal, os, uuid
import fastavro

here = os.path.dirname(os.path.abspath(__file__))
schema = fastavro.parse_schema({
    "type": "record", "name": "Trade", "namespace": "shop", "fields": [
        {"name": "n", "type": "int"},
        {"name": "big", "type": "long"},
        {"name": "price", "type": ["null", "double"]},
        {"name": "name", "type": "string"},
        {"name": "paid", "type": "boolean"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL"]}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "more", "type": {"type": "map", "values": "long"}},
        {"name": "inner", "type": ["null", {"type": "record", "name": "Inner", "fields": [{"name": "k", "type": "int"}]}]},
    ]})
records = [{
    "n": i, "big": 9007199254740993 + i, "price": None if i % 3 == 0 else i / 4, "name": "näme %d" % i, "paid": i % 2 == 0,
    "at": datetime.datetime(2026, 11, 29, 10, 0, 0, i, tzinfo=datetime.timezone.utc), "day": datetime.date(2026, 11, 29),
    "total": decimal.Decimal(i).scaleb(-2), "id": uuid.UUID(int=i), "side": ["BUY", "SELL"][i % 2],
    "tags": ["t"] * (i % 3), "more": {"m": i}, "inner": {"k": i} if i % 2 else None,
} for i in range(1200)]
for codec in ["null", "deflate", "snappy", "zstandard"]:
    with open(os.path.join(here, codec + ".avro"), "wb") as out:
        fastavro.writer(out, schema, records, codec=codec, sync_interval=8000, sync_marker=b"0123456789abcdef")
with open(os.path.join(here, "empty.avro"), "wb") as out:
    fastavro.writer(out, schema, [], sync_marker=b"0123456789abcdef")
