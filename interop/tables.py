"""Reads, writes and joins tables with pandas, polars and DuckDB for tables_test.go: a line of JSON asks, and a line of JSON answers.

Values travel as JSON that loses nothing: decimals and floating numbers as texts, bytes in base64, instants, days and times of day as
whole numbers of their unit.
"""

import base64
import decimal
import json
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

con = duckdb.connect()
con.execute("SET threads=1")


def csv_read(r):
    if r["by"] == "pandas":
        df = pd.read_csv(r["path"], dtype=str, sep=r["sep"], keep_default_na=False, na_values=[r["null"]], encoding=r["encoding"])
        return {"columns": list(df.columns), "rows": [[None if pd.isna(v) else v for v in row] for row in df.itertuples(index=False)]}
    # Told its columns, DuckDB passes over the names that the file has.
    columns = {f"c{i}": "VARCHAR" for i in range(r["width"])}
    rel = con.read_csv(r["path"], columns=columns, header=True, sep=r["sep"], quotechar='"', escapechar='"', na_values=[r["null"]],
                       allow_quoted_nulls=False, auto_detect=False)
    return {"columns": rel.columns, "rows": [list(row) for row in rel.fetchall()]}


def csv_write(r):
    columns = {f"c{i}": [row[i] for row in r["rows"]] for i in range(len(r["columns"]))}
    if r["by"] == "pandas":
        df = pd.DataFrame(columns, dtype=object)
        df.columns = r["columns"]
        df.to_csv(r["path"], index=False, sep=r["sep"], na_rep=r["null"], lineterminator=r["newline"], encoding=r["encoding"],
                  quoting=r["quoting"])
        return {}
    table = pa.table({n: pa.array(v, pa.string()) for n, v in columns.items()}).rename_columns(r["columns"])
    con.from_arrow(table).write_csv(r["path"], sep=r["sep"], na_rep=r["null"], header=True, quotechar='"', escapechar='"')
    return {}


def arrow_type(t):
    kind = t["kind"]
    if kind == "decimal":
        return pa.decimal128(t["precision"], t.get("scale", 0))
    if kind == "timestamp":
        return pa.timestamp(t["unit"], t.get("zone"))
    if kind == "time":
        return pa.time32(t["unit"]) if t["unit"] in ("s", "ms") else pa.time64(t["unit"])
    if kind == "list":
        return pa.list_(arrow_type(t["of"]))
    if kind == "struct":
        return pa.struct([(f["name"], arrow_type(f["type"])) for f in t["fields"]])
    return {"text": pa.string(), "bytes": pa.binary(), "date": pa.date32(), "bool": pa.bool_(), "float": pa.float32(),
            "double": pa.float64()}.get(kind) or getattr(pa, kind)()


def value(t, v):
    if v is None:
        return None
    kind = t["kind"]
    if kind == "decimal":
        return decimal.Decimal(v)
    if kind in ("float", "double"):
        return float(v)
    if kind == "bytes":
        return base64.b64decode(v)
    if kind == "list":
        return [value(t["of"], x) for x in v]
    if kind == "struct":
        return {f["name"]: value(f["type"], x) for f, x in zip(t["fields"], v)}
    return v


def parquet_write(r):
    arrays = []
    for i, c in enumerate(r["columns"]):
        arrays.append(pa.array([value(c["type"], row[i]) for row in r["rows"]], arrow_type(c["type"])))
    table = pa.Table.from_arrays(arrays, names=[c["name"] for c in r["columns"]])
    if r["by"] == "pandas":
        table.to_pandas(types_mapper=pd.ArrowDtype).to_parquet(
            r["path"], index=False, compression=r["compression"], row_group_size=r["row_group"], use_dictionary=r["dictionary"],
            data_page_version=r["page_version"], data_page_size=256)
        return {}
    con.from_arrow(table).write_parquet(r["path"], compression=r["compression"].replace("none", "uncompressed"),
                                        row_group_size=r["row_group"])
    return {}


def wire(t, v):
    if v is None:
        return None
    if pa.types.is_decimal(t):
        return format(v, "f")
    if pa.types.is_floating(t):
        return repr(v)
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t):
        return base64.b64encode(v).decode()
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        return [wire(t.value_type, x) for x in v]
    if pa.types.is_struct(t):
        return [wire(t.field(i).type, v[t.field(i).name]) for i in range(t.num_fields)]
    return v


def column(a):
    """A column as values that travel; what counts from 1970 as nanoseconds, days as days."""
    a = a.combine_chunks() if isinstance(a, pa.ChunkedArray) else a
    t = a.type
    if pa.types.is_dictionary(t):
        return column(a.cast(t.value_type))
    if pa.types.is_timestamp(t):
        return column(a.cast(pa.timestamp("ns", t.tz)).cast(pa.int64()))
    if pa.types.is_date32(t):
        return column(a.cast(pa.int32()))
    if isinstance(t, pa.UuidType):
        a, t = a.storage, t.storage_type
    elif isinstance(t, pa.BaseExtensionType):
        a, t = a.storage, a.storage.type
    return [wire(t, v) for v in a.to_pylist()]


def parquet_read(r):
    if r["by"] == "pandas":
        table = pa.Table.from_pandas(pd.read_parquet(r["path"], dtype_backend="pyarrow"), preserve_index=False)
    else:
        table = con.read_parquet(r["path"]).to_arrow_table()
    columns = [column(c) for c in table.columns]
    return {"columns": table.column_names, "rows": [list(row) for row in zip(*columns)] if columns else []}


def asof(r):
    """As-of joins: which row of the right table each row of the left one gets."""
    left, right, by = r["left"], r["right"], ["k"] if r["match"] else None
    if r["by"] == "pandas":
        lt, rt = (pd.DataFrame({"t": pd.array([x["t"] for x in rows], "int64"), "k": pd.Series([x["k"] for x in rows], dtype="str")})
                  for rows in (left, right))
        got = pd.merge_asof(lt, rt.assign(i=range(len(rt))), on="t", by=by, direction=r["direction"], tolerance=r["tolerance"],
                            allow_exact_matches=r["equal"], suffixes=("", "_r"))
        found = [None if pd.isna(i) else int(i) for i in got["i"]]
    elif r["by"] == "polars":
        lt, rt = (pl.DataFrame({"t": [x["t"] for x in rows], "k": [x["k"] for x in rows]}, schema={"t": pl.Int64, "k": pl.String})
                  for rows in (left, right))
        found = lt.join_asof(rt.with_row_index("i"), on="t", by=by, strategy=r["direction"], tolerance=r["tolerance"],
                             allow_exact_matches=r["equal"], check_sortedness=False)["i"].to_list()
    else:
        lt, rt = (pa.table({"i": range(len(rows)), "t": pa.array([x["t"] for x in rows], pa.int64()),
                            "k": pa.array([x["k"] for x in rows], pa.string())}) for rows in (left, right))
        con.register("lt", lt)
        con.register("rt", rt)
        order = (">" if r["direction"] == "backward" else "<") + ("=" if r["equal"] else "")
        found = [i for i, in con.sql(f"select rt.i from lt asof left join rt on lt.t {order} rt.t"
                                     f"{' and lt.k = rt.k' if r['match'] else ''} order by lt.i").fetchall()]
    return {"rows": [[i] for i in found]}


asked = {"asof": asof, "csv_read": csv_read, "csv_write": csv_write, "parquet_read": parquet_read, "parquet_write": parquet_write}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = asked[request["do"]](request)
    except Exception as e:  # told, so that the test says which table it was
        answer = {"error": f"{type(e).__name__}: {e}"}
    print(json.dumps(answer), flush=True)
