"""Makes the golden files beside it, by pyarrow, DuckDB and Polars, and what they hold as JSON.

    python make.py     # with pyarrow 26, duckdb 2.0, polars 2.1

Each file NAME.parquet has a NAME.jsonl: the objects that Leat must make of its rows.
"""
import datetime as dt, decimal, json, pathlib, re, uuid
import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
D = decimal.Decimal
utc = dt.timezone.utc


def want(name, rows):
    """Texts that begin with # stand for numbers with these digits."""
    with open(here / f"{name}.jsonl", "w", encoding="utf-8") as f:
        for r in rows:
            line = json.dumps(r, separators=(",", ":"), ensure_ascii=False)
            f.write(re.sub(r'"#([^"]*)"', r"\1", line) + "\n")


scalars = pa.table({
    "bool": pa.array([True, None, False]),
    "i8": pa.array([-128, None, 127], pa.int8()),
    "i16": pa.array([-32768, None, 32767], pa.int16()),
    "i32": pa.array([-2147483648, None, 2147483647], pa.int32()),
    "i64": pa.array([-9223372036854775808, None, 9223372036854775807], pa.int64()),
    "u8": pa.array([0, None, 255], pa.uint8()),
    "u16": pa.array([0, None, 65535], pa.uint16()),
    "u32": pa.array([0, None, 4294967295], pa.uint32()),
    "u64": pa.array([0, None, 18446744073709551615], pa.uint64()),
    "f16": pa.array([0.5, None, -2.25], pa.float16()),
    "f32": pa.array([0.1, None, 1.5], pa.float32()),
    "f64": pa.array([0.1, None, -1e300], pa.float64()),
    "d9": pa.array([D("1.50"), None, D("-0.05")], pa.decimal128(9, 2)),
    "d18": pa.array([D("12345678901234.5678"), None, D("-0.0001")], pa.decimal128(18, 4)),
    "d38": pa.array([D("1234567890123456789012345678.0123456789"), None, D("-1.0000000000")], pa.decimal128(38, 10)),
    "date": pa.array([dt.date(1969, 12, 31), None, dt.date(2026, 11, 29)]),
    "tms": pa.array([1234567890123, None, -1], pa.timestamp("ms", "UTC")),
    "tus": pa.array([1234567890123456, None, -1], pa.timestamp("us", "UTC")),
    "tns": pa.array([1234567890123456789, None, -1], pa.timestamp("ns", "UTC")),
    "local": pa.array([1234567890123456, None, 0], pa.timestamp("us")),
    "clock": pa.array([3723000001, None, 0], pa.time64("us")),
    "s": pa.array(["a\"\n", None, "é€😀"]),
    "bytes": pa.array([b"\x00\xff", None, b""]),
    "uuid": pa.array([uuid.UUID("00112233-4455-6677-8899-aabbccddeeff").bytes, None, bytes(16)], pa.uuid()),
    "json": pa.array(['{"a":1}', None, "[1]"], pa.json_()),
    "e": pa.array(["x", None, "x"]).dictionary_encode(),
    "null": pa.nulls(3),
})
scalars_want = [
    dict(bool=True, i8=-128, i16=-32768, i32=-2147483648, i64=-9223372036854775808, u8=0, u16=0, u32=0, u64=0, f16=0.5,
         f32=0.1, f64=0.1, d9="#1.50", d18="#12345678901234.5678", d38="#1234567890123456789012345678.0123456789",
         date="1969-12-31", tms="2009-02-13T23:31:30.123Z", tus="2009-02-13T23:31:30.123456Z",
         tns="2009-02-13T23:31:30.123456789Z", local="2009-02-13T23:31:30.123456", clock="01:02:03.000001",
         s="a\"\n", bytes="AP8=", uuid="00112233-4455-6677-8899-aabbccddeeff", json={"a": 1}, e="x", null=None),
    {c: None for c in scalars.column_names},
    dict(bool=False, i8=127, i16=32767, i32=2147483647, i64=9223372036854775807, u8=255, u16=65535, u32=4294967295,
         u64=18446744073709551615, f16=-2.25, f32=1.5, f64="#-1e+300", d9="#-0.05", d18="#-0.0001", d38="#-1.0000000000",
         date="2026-11-29", tms="1969-12-31T23:59:59.999Z", tus="1969-12-31T23:59:59.999999Z",
         tns="1969-12-31T23:59:59.999999999Z", local="1970-01-01T00:00:00", clock="00:00:00", s="é€😀", bytes="",
         uuid="00000000-0000-0000-0000-000000000000", json=[1], e="x", null=None),
]


def scalar_file(name, **options):
    pq.write_table(scalars, here / f"{name}.parquet", **options)
    want(name, scalars_want)


scalar_file("arrow", compression="snappy")
scalar_file("arrow-v2", compression="zstd", data_page_version="2.0", use_dictionary=False)
scalar_file("arrow-plain", compression="none", use_dictionary=False, write_page_index=True, write_page_checksum=True)
scalar_file("arrow-gzip", compression="gzip")
scalar_file("arrow-lz4", compression="lz4")
scalar_file("arrow-brotli", compression="brotli")
scalar_file("arrow-rows", compression="zstd", row_group_size=1)

# Spark's older layout: INT96, part files and a mark
spark = pa.table({"id": pa.array([1, 2, 3]), "at": pa.array([1234567890123456, None, -1000], pa.timestamp("us")),
                  "tags": pa.array([["a", None], [], None], pa.list_(pa.string()))})
(here / "spark").mkdir(exist_ok=True)
for i in range(3):
    pq.write_table(spark.slice(i, 1), here / "spark" / f"part-0000{i}-c000.snappy.parquet", compression="snappy",
                   use_deprecated_int96_timestamps=True, use_compliant_nested_type=False, store_schema=False)
(here / "spark" / "_SUCCESS").write_text("")
want("spark", [{"id": 1, "at": "2009-02-13T23:31:30.123456Z", "tags": ["a", None]}, {"id": 2, "at": None, "tags": []},
               {"id": 3, "at": "1969-12-31T23:59:59.999Z", "tags": None}])

n = 1200
deltas = pa.table({
    "i": pa.array([i * i - 7 * (i % 13) for i in range(n)], pa.int64()),
    "j": pa.array([None if i % 7 == 0 else (i * 7919) % 1000 - 500 for i in range(n)], pa.int32()),
    "s": pa.array([f"key-{i // 3:05d}-{'x' * (i % 5)}" for i in range(n)]),
    "t": pa.array([None if i % 3 == 0 else f"{i}" for i in range(n)]),
    "f": pa.array([i / 8 for i in range(n)], pa.float64()),
    "b": pa.array([i % 11 < 5 for i in range(n)]),
    "c": pa.array([f"color-{i % 3}" for i in range(n)]),
})
deltas_want = [{k: v for k, v in r.items()} for r in deltas.to_pylist()]
for r in deltas_want:
    if r["f"] == int(r["f"]):
        r["f"] = int(r["f"])
pq.write_table(deltas, here / "encodings.parquet", use_dictionary=["c"], data_page_size=2000, row_group_size=500, compression="zstd",
               column_encoding={"i": "DELTA_BINARY_PACKED", "j": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY",
                                "t": "DELTA_LENGTH_BYTE_ARRAY", "f": "BYTE_STREAM_SPLIT", "b": "RLE"}, version="2.6",
               data_page_version="2.0")
want("encodings", deltas_want)

nested_type = pa.list_(pa.struct([("x", pa.int32()), ("tags", pa.list_(pa.string()))]))
nested_rows = [
    {"id": 1, "path": [{"x": 1, "tags": ["a", "b"]}, {"x": None, "tags": []}, None, {"x": 3, "tags": None}], "m": {"k": 1, "l": None},
     "p": {"x": 1.5, "q": {"y": "z"}}, "ll": [[1, 2], [], None, [3]]},
    {"id": 2, "path": [], "m": {}, "p": {"x": None, "q": {"y": None}}, "ll": []},
    {"id": 3, "path": None, "m": None, "p": None, "ll": None},
    {"id": 4, "path": [{"x": 9, "tags": [None, "c"]}], "m": {"": 5}, "p": {"x": 2.5, "q": None}, "ll": [[None], [4, 5, 6]]},
]
nested = pa.table({
    "id": pa.array([r["id"] for r in nested_rows]),
    "path": pa.array([r["path"] for r in nested_rows], nested_type),
    "m": pa.array([None if r["m"] is None else list(r["m"].items()) for r in nested_rows], pa.map_(pa.string(), pa.int64())),
    "p": pa.array([r["p"] for r in nested_rows], pa.struct([("x", pa.float64()), ("q", pa.struct([("y", pa.string())]))])),
    "ll": pa.array([r["ll"] for r in nested_rows], pa.list_(pa.list_(pa.int32()))),
})
for name, options in {"nested": {}, "nested-v2": {"data_page_version": "2.0", "row_group_size": 2},
                      "nested-legacy": {"use_compliant_nested_type": False}}.items():
    pq.write_table(nested, here / f"{name}.parquet", **options)
    want(name, nested_rows)
many = pa.table({"id": pa.array(range(500)), "l": pa.array([None if i % 7 == 0 else list(range(i % 23)) for i in range(500)],
                                                             pa.list_(pa.int32()))})
for name, v in {"lists-v1": "1.0", "lists-v2": "2.0"}.items():
    pq.write_table(many, here / f"{name}.parquet", data_page_size=200, write_batch_size=16, data_page_version=v, row_group_size=300)
    want(name, many.to_pylist())

db = duckdb.connect()
db.execute("set timezone='UTC'")
db.execute(f"""copy (select i::integer id, 'name ' || (i % 5) as name, i / 4 as q, (i * 1.25)::decimal(18,3) d,
  timestamptz '2026-01-01 00:00:00+00' + to_seconds(i) as "at", date '2026-01-01' + i::integer as day, (i * 99)::utinyint u,
  (i * 1000000007)::hugeint::decimal(38,0) as h, [i, i + 1] as l, {{'a': i, 'b': 'x'}} as st, map {{'k': i}} as m,
  case when i % 2 = 0 then null else 'odd'::enum('odd', 'even') end as e, time '01:02:03.5' as t,
  '00112233-4455-6677-8899-aabbccddeeff'::uuid as id2, interval 1 month + interval 2 day + interval 3500 millisecond as iv
  from range(3) r(i)) to '{here}/duckdb.parquet' (format parquet, compression zstd)""")
want("duckdb", [dict(id=i, name=f"name {i % 5}", q=[0, 0.25, 0.5][i] if i else 0, d=f"#{i * 1.25:.3f}",
                     at=f"2026-01-01T00:00:0{i}Z", day=f"2026-01-0{i + 1}", u=i * 99, h=i * 1000000007, l=[i, i + 1],
                     st={"a": i, "b": "x"}, m={"k": i}, e=None if i % 2 == 0 else "odd", t="01:02:03.5",
                     id2="00112233-4455-6677-8899-aabbccddeeff", iv="P1M2DT3.500S") for i in range(3)])

pl.DataFrame({
    "id": [1, 2, 3], "c": pl.Series(["a", None, "b"], dtype=pl.Categorical), "f": [0.5, float("nan"), float("inf")],
    "at": pl.Series([dt.datetime(2026, 1, 1, tzinfo=utc), None, dt.datetime(2026, 1, 2, tzinfo=utc)]),
    "l": [[1, 2], [], None], "s": [{"x": 1}, {"x": None}, {"x": 3}], "d": pl.Series([1500, None, 1], dtype=pl.Int64),
    "b": [b"ab", None, b""], "t": [dt.time(1, 2, 3), None, dt.time(0)],
}).write_parquet(here / "polars.parquet")
want("polars", [
    {"id": 1, "c": "a", "f": 0.5, "at": "2026-01-01T00:00:00Z", "l": [1, 2], "s": {"x": 1}, "d": 1500, "b": "YWI=", "t": "01:02:03"},
    {"id": 2, "c": None, "f": "NaN", "at": None, "l": [], "s": {"x": None}, "d": None, "b": None, "t": None},
    {"id": 3, "c": "b", "f": "Infinity", "at": "2026-01-02T00:00:00Z", "l": None, "s": {"x": 3}, "d": 1, "b": "", "t": "00:00:00"}])
pq.write_table(pa.table({"id": pa.array([], pa.int64())}), here / "empty.parquet")
want("empty", [])
