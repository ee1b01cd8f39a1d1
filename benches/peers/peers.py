"""One answer of one peer, as somebody who uses it would ask for it; a process answers one question.

    peers.py run PEER QUERY DIR [--sql SQL] [--answer FILE]   answers, and writes the rows as an Arrow stream if asked to
    peers.py reference QUERY DIR --answer FILE                what xarray answers in float64, for the check
    peers.py check REFERENCE ANSWER [--keys …] [--top …]      whether two files of rows hold the same
    peers.py summary DIR                                      a few numbers that stand for each reference, as JSON
    peers.py parquet DATASET DIR                              writes era.parquet from era.zarr, for one
    peers.py versions                                         what is installed, as JSON

Libraries are imported where they are needed, so that each process pays for its own.
"""

import argparse
import json
import sys
from pathlib import Path

XARRAY = ["xarray-dask", "xarray"]
SQL = ["xarray-sql", "duckdb"]
# Columns that are answers; the others say which cell it is.
VALUES = ("t2m", "u10", "sst", "length", "cells")
# The questions that are not about `era`.
DATASETS = {"W13": "ersst"}
# The questions that join a table.
TABLES = {"W16": "points", "W17": "regions"}


def open_dataset(directory, query, chunks):
    """The dataset that a question is about."""
    return open_named(directory, DATASETS.get(query, "era"), chunks)


def open_named(directory, name, chunks):
    import xarray as xr

    return xr.open_zarr(Path(directory) / f"{name}.zarr", chunks=chunks)


def hottest(ds):
    """The labels and values of the ten hottest cells."""
    import numpy as np
    import xarray as xr

    t2m = ds.t2m
    if t2m.chunks is None:
        flat = t2m.values.ravel()
        found = np.argpartition(flat, -10)[-10:]
        values = flat[found]
    else:
        import dask
        import dask.array as da

        flat = t2m.data.ravel()
        found, values = dask.compute(da.argtopk(flat, 10), da.topk(flat, 10))
    cells = np.unravel_index(found, t2m.shape)
    labels = {name: ("cell", ds[name].values[at]) for name, at in zip(t2m.dims, cells)}
    return xr.Dataset({**labels, "t2m": ("cell", values)})


def coarsened(ds):
    """Means of 4 × 4 cells, numbered from 0."""
    import numpy as np

    means = ds.t2m.coarsen(lat=4, lon=4, boundary="pad").mean()
    means = means.rename(lat="y", lon="x")
    return means.assign_coords(y=np.arange(means.sizes["y"]), x=np.arange(means.sizes["x"]))


def regridded(ds):
    """The mean map on a grid of 1°, between the labels."""
    import numpy as np

    return ds.t2m.interp(lat=np.arange(89.75, -90, -1), lon=np.arange(0.25, 355)).mean("time")


def length(ds):
    import numpy as np

    return np.sqrt(ds.t2m**2 + ds.u10**2).mean(["time", "lon"]).rename("length")


def weighted(ds):
    import numpy as np

    # Weights as exact as the values: those of the reference are float64.
    lat = ds.lat.astype(ds.t2m.dtype)
    return ds.t2m.weighted(np.cos(np.deg2rad(lat))).mean(["lat", "lon"]).rename("t2m")


def departures(values):
    """How far each value is from the mean of its month."""
    months = values.groupby("time.month")
    return months - months.mean()


def nino34(ds):
    box = ds.sst.sel(lat=slice(-5, 5), lon=slice(190, 240))
    return departures(box).mean(["lat", "lon"]).rolling(time=3, center=True, min_periods=1).mean().drop_vars("month")


def rolled(ds):
    box = ds.t2m.sel(lat=slice(5, -5), lon=slice(190, 240))
    return box.rolling(time=3, center=True, min_periods=1).mean()


def matched(ds, points):
    """The nearest cell of each observation."""
    import xarray as xr

    at = {name: xr.DataArray(points[name].values, dims="id") for name in ("time", "lat", "lon")}
    found = ds.t2m.sel(at, method="nearest").drop_vars(["time", "lat", "lon"])
    return found.assign_coords(id=points.id.values)


def regional(ds, regions):
    """The mean of each box, and of how many cells."""
    import xarray as xr

    boxes = [ds.t2m.sel(lat=slice(r.north, r.south), lon=slice(r.west, r.east)) for r in regions.itertuples()]
    means = xr.concat([box.mean() for box in boxes], "name").assign_coords(name=regions.name.values)
    return xr.Dataset({"t2m": means, "cells": ("name", [box.size for box in boxes])})


# What a scientist would write; the joined table comes second.
ANSWERS = {
    "W1": lambda ds: ds.t2m.mean(),
    "W2": lambda ds: ds.t2m.mean(["time", "lon"]),
    "W3": lambda ds: ds.t2m.groupby("time.month").mean(),
    "W4": lambda ds: ds.t2m.groupby("time.month").mean(["time", "lon"]),
    "W5": lambda ds: ds.t2m.sel(lat=slice(5, -5), lon=slice(190, 240)).mean(["lat", "lon"]),
    "W6": lambda ds: ds.t2m.sel(lat=40.1, lon=250.2, method="nearest").drop_vars(["lat", "lon"]),
    "W7": lambda ds: ds.t2m.sel(time="2001-08-07", method="nearest").drop_vars("time"),
    "W8": lambda ds: ds.t2m.resample(time="YS").mean().rename(time="year"),
    "W9": lambda ds: (ds.t2m > 300).sum().rename("cells"),
    "W10": length,
    "W11": weighted,
    "W12": lambda ds: abs(departures(ds.t2m)).mean(),
    "W13": nino34,
    "W14": rolled,
    "W15": lambda ds: abs(ds.t2m.diff("time")).mean(),
    "W16": matched,
    "W17": regional,
    "W18": hottest,
    "W19": coarsened,
    "W20": regridded,
    "W21": lambda ds: ds.sel(time="2001-08"),
}


def ask_xarray(ds, query, directory):
    """The answer, computed; a table only where the question is for one."""
    import pyarrow as pa

    if query in TABLES:
        import pandas as pd

        return ANSWERS[query](ds, pd.read_parquet(Path(directory) / f"{TABLES[query]}.parquet")).compute()
    if query == "W21":
        return pa.Table.from_pandas(ANSWERS[query](ds).to_dataframe().reset_index(), preserve_index=False)
    return ANSWERS[query](ds).compute()


def rows(answer):
    """An answer of xarray as a table: a row a cell, the labels first."""
    import numpy as np
    import pyarrow as pa
    import xarray as xr

    if isinstance(answer, pa.Table):
        return answer
    if isinstance(answer, xr.DataArray):
        answer = answer.to_dataset(name=answer.name)
    first = next(iter(answer.data_vars))
    dims, shape = answer[first].dims, answer[first].shape
    columns = {}
    for i, name in enumerate(d for d in dims if d in answer.coords):
        along = [1] * len(shape)
        along[i] = -1
        columns[name] = np.broadcast_to(answer[name].values.reshape(along), shape).ravel()
    for name in answer.data_vars:
        columns[name] = answer[name].values.ravel()
    return pa.table(columns)


def batches_of(peer, directory, query, sql):
    """The answer of an engine that speaks SQL, as a stream of batches."""
    dataset = DATASETS.get(query, "era")
    tables = [TABLES[query]] if query in TABLES else []
    if peer == "duckdb":
        import duckdb

        connection = duckdb.connect()
        for name in [dataset, *tables]:
            parquet = str(Path(directory) / f"{name}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{parquet}')")
        return connection.execute(sql).to_arrow_reader(), connection
    import xarray_sql

    context = xarray_sql.Context()
    context.from_dataset(dataset, open_dataset(directory, query, None))
    for name in tables:
        context.register_parquet(name, str(Path(directory) / f"{name}.parquet"))
    return context.sql(sql).execute_stream(), context


def run(arguments):
    peer, query = arguments.peer, arguments.query
    if peer in XARRAY:
        ds = open_dataset(arguments.directory, query, {} if peer == "xarray-dask" else None)
        answer = ask_xarray(ds, query, arguments.directory)
        if arguments.answer:
            write(rows(answer).to_batches(), arguments.answer)
        return
    batches, _keep = batches_of(peer, arguments.directory, query, arguments.sql)
    batches = (batch.to_pyarrow() if hasattr(batch, "to_pyarrow") else batch for batch in batches)
    if arguments.answer:
        write(batches, arguments.answer)
    else:
        for _ in batches:
            pass


def write(batches, path):
    import pyarrow as pa

    writer = None
    for batch in batches:
        writer = writer or pa.ipc.new_stream(path, batch.schema)
        writer.write_batch(batch)
    if writer is None:
        sys.exit("the answer has no rows")
    writer.close()


def reference(directory, query):
    """The answer in float64, so that it is nearer to the truth than each of those that are checked."""
    ds = open_dataset(directory, query, {})
    if query not in ("W18", "W21"):
        ds = ds.astype("float64")
    return rows(ask_xarray(ds, query, directory))


def columns_of(table):
    """Columns of float64: times as microseconds, names as the number in them, missing values as NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {}
    for name, column in zip(table.column_names, table.columns):
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            column = pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64())
        elif not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            column = pc.replace_substring_regex(pc.cast(column, pa.string()), r"\D+", "")
        columns[name] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return columns


def load(path):
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        return columns_of(pa.ipc.open_stream(file).read_all())


def ordered(columns, keys):
    import numpy as np

    if not keys:
        return columns
    order = np.lexsort([columns[key] for key in reversed(keys)])
    return {name: column[order] for name, column in columns.items()}


def worst_difference(a, b, around_zero):
    """The largest relative difference, `around_zero` to the largest value; infinite where only one is missing."""
    import numpy as np

    missing = np.isnan(a)
    if (missing != np.isnan(b)).any():
        return float("inf")
    a, b = a[~missing], b[~missing]
    size = np.maximum(np.abs(a), np.abs(b))
    if around_zero:
        size = np.max(size, initial=0)
    return float(np.max(np.abs(a - b) / np.where(size == 0, 1, size), initial=0))


def compare(expected, actual, keys, top, tolerance, around_zero):
    """What is wrong with an answer, or None; and the largest relative difference of its values."""
    if sorted(expected) != sorted(actual):
        return f"columns {sorted(actual)}, expected {sorted(expected)}", None
    count = len(next(iter(expected.values())))
    if len(next(iter(actual.values()))) != count:
        return f"{len(next(iter(actual.values())))} rows, expected {count}", None
    expected, actual = (ordered(c, [top, *keys] if top else keys) for c in (expected, actual))
    worst = 0.0
    for name in expected:
        a, b = expected[name], actual[name]
        if name in keys and top:
            # The last of the largest may have equals that were not taken.
            certain = expected[top] > expected[top].min()
            a, b = a[certain], b[certain]
        difference = worst_difference(a, b, around_zero and name not in keys)
        if difference > (0 if name in keys or name in ("cells", top) else tolerance):
            return f"column {name} differs by {difference:.1e}", difference
        worst = max(worst, difference)
    return None, worst


def check(arguments):
    keys = [key for key in arguments.keys.split(",") if key]
    files = load(arguments.reference), load(arguments.file)
    fault, worst = compare(*files, keys, arguments.top, arguments.tolerance, arguments.around_zero)
    print(json.dumps({"fault": fault, "worst": worst}))


def summary(arguments):
    """For each question the number of rows and, for each column, its sum and its sum weighted by the place of the row."""
    import numpy as np

    described = {}
    for query in ANSWERS:
        columns = columns_of(reference(arguments.directory, query))
        keys = [name for name in columns if name not in VALUES]
        columns = ordered(columns, ["t2m", *keys] if query == "W18" else keys)
        count = len(next(iter(columns.values())))
        place = np.arange(count) * 31 % 101 / 101
        sums = {name: [float(c.sum()), float((c * place).sum())] for name, c in sorted(columns.items())}
        described[query] = {"rows": count, "columns": sums}
    lines = [f"{json.dumps(query)}: {json.dumps(summed)}" for query, summed in described.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


def parquet(arguments):
    """Writes the rows of all variables in the order of the dimensions, with DuckDB's own writer and its defaults."""
    import duckdb
    import numpy as np
    import pyarrow as pa

    directory, dataset = Path(arguments.directory), arguments.dataset
    ds = open_named(directory, dataset, None)
    times = ds.time.values.astype("datetime64[us]")
    lat, lon = ds.lat.values, ds.lon.values
    cells = len(lat) * len(lon)
    fields = [("time", pa.timestamp("us")), *((name, pa.float32()) for name in ("lat", "lon", *ds.data_vars))]
    schema = pa.schema(fields)

    def batches():
        step = 30
        for start in range(0, len(times), step):
            part = ds.isel(time=slice(start, start + step)).load()
            for i, time in enumerate(times[start : start + step]):
                labels = [np.repeat(time, cells), np.repeat(lat, len(lon)), np.tile(lon, len(lat))]
                # What is missing is NULL.
                values = [pa.array(part[name].values[i].ravel(), from_pandas=True) for name in ds.data_vars]
                yield pa.record_batch([*labels, *values], schema=schema)

    source = pa.RecordBatchReader.from_batches(schema, batches())
    partial = directory / f"{dataset}.parquet.partial"
    connection = duckdb.connect()
    connection.register("source", source)
    target = str(partial).replace("'", "''")
    connection.execute(f"COPY (SELECT * FROM source) TO '{target}' (FORMAT parquet)")
    partial.rename(directory / f"{dataset}.parquet")


def versions(_arguments):
    from importlib.metadata import version

    names = ["xarray", "zarr", "dask", "flox", "numpy", "xarray-sql", "datafusion", "duckdb"]
    print(json.dumps({"python": sys.version.split()[0], **{name: version(name) for name in names}}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(name, function, *positional):
        added = commands.add_parser(name)
        added.set_defaults(function=function)
        for argument in positional:
            added.add_argument(argument)
        return added

    one = command("run", run)
    one.add_argument("peer", choices=XARRAY + SQL)
    one.add_argument("query", choices=ANSWERS)
    one.add_argument("directory")
    one.add_argument("--sql")
    one.add_argument("--answer")
    truth = command("reference", lambda a: write(reference(a.directory, a.query).to_batches(), a.answer))
    truth.add_argument("query", choices=ANSWERS)
    truth.add_argument("directory")
    truth.add_argument("--answer", required=True)
    checked = command("check", check, "reference", "file")
    checked.add_argument("--keys", default="")
    checked.add_argument("--top")
    checked.add_argument("--tolerance", type=float, default=1e-6)
    checked.add_argument("--around-zero", action="store_true")
    command("summary", summary, "directory")
    command("parquet", parquet, "dataset", "directory")
    command("versions", versions)
    arguments = parser.parse_args()
    arguments.function(arguments)


if __name__ == "__main__":
    main()
