"""What the check of every client shares: the questions and answers of `expected.json`, and how results are compared.

A script in Python opens a `Client` and makes its checks itself. A client of another language writes what it read into
a folder, a CSV file a question with `\\N` for NULL, and `common.py compare CLIENT FOLDER` makes the checks:

    tables.csv        schema, table
    columns.csv       name and type of the columns of `ersst`
    point.csv city.csv line.csv words.csv attributes.csv    the rows
    many.csv          rows, nulls, sum of sst, of lat squared, of lon, of seconds since 1960

`common.py sql NAME [MARK…]` prints a question, each parameter written as the next MARK.

The server is that of libpq's variables `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE`.
"""

import ast
import contextlib
import csv
import datetime
import io
import json
import math
import os
import pathlib
import re
import struct
import sys
import traceback

FOLDER = pathlib.Path(__file__).parent
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
HOST = os.environ.get("PGHOST", "127.0.0.1")
PORT = os.environ.get("PGPORT", "5432")
USER = os.environ.get("PGUSER", "hyperslab")
PASSWORD = os.environ.get("PGPASSWORD", "")
DATABASE = os.environ.get("PGDATABASE", "hyperslab")
URL = f"postgresql://{USER}{':' + PASSWORD if PASSWORD else ''}@{HOST}:{PORT}/{DATABASE}"
# The pages of the documentation show the server of `hyperslab serve` with its own settings.
SHOWN = "127.0.0.1", "5432"
FLIGHT_PORT, SHOWN_FLIGHT_PORT = os.environ.get("FLIGHT_URI", ":32010").rsplit(":", 1)[1], "32010"
NULL = "\\N"
EPOCH = datetime.datetime(1960, 1, 1)


def sql(name, marks=()):
    """A question, with a mark for each of its parameters."""
    return EXPECTED[name]["sql"].format(*marks)


class Client:
    """`with Client("psycopg") as client`, and in it `with client.check("tables")`: a line a check, and an exit code."""

    def __init__(self, name):
        self.name, self.failed = name, 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if error is not None:
            self._say("ran to its end", error)
        sys.stdout.flush()
        # Some drivers hang when a connection is collected after an error.
        os._exit(1 if self.failed else 0)

    @contextlib.contextmanager
    def check(self, what):
        try:
            yield
        except Exception as error:
            self._say(what, error)
            if what.startswith("connects"):
                self.__exit__(None, None, None)
        else:
            self._say(what)

    def _say(self, what, error=None):
        if error is None:
            print(f"{self.name}: {what}: ok", flush=True)
            return
        self.failed += 1
        last = str(error).strip() or type(error).__name__
        print(f"{self.name}: {what}: failed: {' | '.join(last.splitlines())[:600]}", flush=True)
        if not isinstance(error, AssertionError):
            traceback.print_exception(error, limit=-2, chain=False, file=sys.stderr)


def plain(value):
    """A value of any client in the form of `expected.json`."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def same(got, wanted):
    """Whether two values are one; numbers as float32, which is what `sst` is stored as."""
    if isinstance(wanted, float) and isinstance(got, (int, float)):
        return struct.pack("f", got) == struct.pack("f", wanted)
    return got == wanted


def same_rows(got, wanted):
    """Rows in any form against those of `expected.json`."""
    got = [[plain(value) for value in row] for row in got]
    assert len(got) == len(wanted), f"{len(got)} rows, expected {len(wanted)}: {got[:3]}"
    for number, (row, expected) in enumerate(zip(got, wanted)):
        equal = len(row) == len(expected) and all(map(same, row, expected))
        assert equal, f"row {number} is {row}, expected {expected}"


def has_tables(pairs, schemas=("public", "ersst")):
    """The schemas and tables that a client lists have those that it must see."""
    got = {tuple(pair) for pair in pairs}
    missing = [pair for pair in map(tuple, EXPECTED["tables"]) if pair[0] in schemas and pair not in got]
    assert not missing, f"not listed: {missing}; listed: {sorted(got)[:20]}"


def has_columns(names, table="ersst"):
    """The names of columns, in their order."""
    wanted = [name for name, _ in EXPECTED["columns"][table]]
    assert list(names) == wanted, f"columns are {list(names)}, expected {wanted}"


def same_many(rows, nulls, sst, lat_squared, lon, seconds, decimals=False):
    """Sums over the million rows."""
    many = EXPECTED["many"]
    wanted = {
        "rows": (rows, many["rows"]),
        "nulls": (nulls, many["nulls"]),
        "sum of sst": (sst, many["sum_sst_as_decimals" if decimals else "sum_sst"]),
        "sum of lat squared": (lat_squared, many["sum_lat_squared"]),
        "sum of lon": (lon, many["sum_lon"]),
        "sum of seconds": (seconds, many["sum_seconds_since_1960"]),
    }
    for what, (got, expected) in wanted.items():
        near = math.isclose(float(got), expected, rel_tol=1e-9 if what == "sum of sst" else 1e-12)
        assert near, f"{what} is {got}, expected {expected}"


def sums_of(rows):
    """What `same_many` compares, of the rows themselves: an iterable of (time, lat, lon, sst)."""
    count, nulls, sst, squared, east, seconds, known = 0, 0, 0.0, 0.0, 0.0, 0, {}
    for time, lat, lon, value in rows:
        count += 1
        if value is None:
            nulls += 1
        else:
            sst += value
        squared += lat * lat
        east += lon
        moment = known.get(time)
        if moment is None:
            parsed = datetime.datetime.fromisoformat(time) if isinstance(time, str) else time
            moment = known[time] = int((parsed - EPOCH).total_seconds())
        seconds += moment
    return count, nulls, sst, squared, east, seconds


def same_many_rows(rows):
    """The million rows themselves."""
    same_many(*sums_of(rows))


def same_many_table(table):
    """The million rows as an Arrow table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    time, lat, lon, sst = (table.column(name) for name in ("time", "lat", "lon", "sst"))
    assert pa.types.is_timestamp(time.type), f"time is {time.type}"
    moment = pc.cast(time, pa.timestamp("s")).cast(pa.int64())
    origin = int((EPOCH - datetime.datetime(1970, 1, 1)).total_seconds())
    lat, lon, sst = (column.cast(pa.float64()) for column in (lat, lon, sst))
    seconds = pc.sum(moment).as_py() - origin * table.num_rows
    same_many(
        table.num_rows, sst.null_count, pc.sum(sst).as_py(), pc.sum(pc.multiply(lat, lat)).as_py(), pc.sum(lon).as_py(), seconds
    )


def same_many_frame(frame):
    """The million rows as a frame of pandas."""
    import numpy as np

    assert frame.time.dtype.kind == "M", f"time is {frame.time.dtype}"
    seconds = (frame.time - np.datetime64(EPOCH)).dt.total_seconds()
    lat, lon, sst = (frame[name].astype("float64") for name in ("lat", "lon", "sst"))
    same_many(len(frame), sst.isna().sum(), sst.sum(), (lat**2).sum(), lon.sum(), seconds.sum())


def shown(text):
    """A text as the documentation shows it: with the address of a server that has its own settings."""
    text = re.sub(rf"\b{re.escape(HOST)}\b", SHOWN[0], text)
    text = re.sub(rf"\b{FLIGHT_PORT}\b", SHOWN_FLIGHT_PORT, text)
    return re.sub(rf"\b{PORT}\b", SHOWN[1], text)


def write_transcript(name, text):
    """Keeps what a page of the documentation shows."""
    folder = os.environ.get("TRANSCRIPTS")
    if folder:
        lines = [line.rstrip() for line in shown(text).strip("\n").splitlines()]
        pathlib.Path(folder, f"{name}.txt").write_text("\n".join(lines) + "\n")


def python_transcript(name, source):
    """Runs a short session of Python, and keeps it as an interpreter would show it: that of a server without logins."""
    if PASSWORD:
        return
    real = source.replace(SHOWN[0], HOST).replace(SHOWN[1], PORT).replace(SHOWN_FLIGHT_PORT, FLIGHT_PORT)
    lines, told, names = real.splitlines(), [], {}
    for node in ast.parse(real).body:
        first, *rest = lines[node.lineno - 1 : node.end_lineno]
        told += [f">>> {first}", *(f"... {line}" for line in rest)]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            if isinstance(node, ast.Expr):
                value = eval(compile(ast.Expression(node.value), name, "eval"), names)
                if value is not None:
                    print(repr(value))
            else:
                exec(compile(ast.Module([node], []), name, "exec"), names)
        told += out.getvalue().splitlines()
    write_transcript(name, "\n".join(told))


def from_csv(path):
    """The rows of a CSV file, numbers as numbers."""

    def value(text):
        if text in (NULL, "null"):
            return None
        try:
            return float(text)
        except ValueError:
            return text

    with open(path, newline="", encoding="utf-8") as file:
        return [[value(text) for text in row] for row in csv.reader(file)]


def compare(name, folder, *options):
    """Makes the checks of a client that is not in Python.

    Options: `decimals`, if it adds numbers as they are written; `public`, if it lists no other schema."""

    def rows(what):
        got = from_csv(pathlib.Path(folder, f"{what}.csv"))
        for row in got:
            # Fractions of a second that are zero, and a `T`, are matters of the client.
            if isinstance(row[0], str) and len(row[0]) > 19 and row[0][19:].strip(".0") == "":
                row[0] = row[0][:19]
        return got

    with Client(name) as client:
        with client.check("lists tables"):
            has_tables(rows("tables"), ["public"] if "public" in options else ["public", "ersst"])
        with client.check("lists columns"):
            has_columns([row[0] for row in rows("columns")])
        with client.check("runs a parameterised query"):
            same_rows(rows("point"), [[EXPECTED["point"]["sst"]]])
            same_rows(rows("city"), [[EXPECTED["city"]["country"]]])
        with client.check("streams a million rows"):
            (many,) = rows("many")
            same_many(*many, decimals="decimals" in options)
        with client.check("reads a time, a float and a NULL"):
            same_rows(rows("line"), EXPECTED["line"]["rows"])
        with client.check("reads a string and a NULL"):
            same_rows(rows("words"), EXPECTED["words"]["rows"])
            same_rows(rows("attributes"), EXPECTED["attributes"]["rows"])


def main(command, *arguments):
    if command == "sql":
        print(sql(arguments[0], arguments[1:]))
    elif command == "values":
        print(*EXPECTED[arguments[0]]["values"], sep="\n")
    elif command == "compare":
        compare(*arguments)
    elif command == "transcript":
        write_transcript(arguments[0], sys.stdin.read())
    elif command == "many":
        # The rows in CSV on standard input to the line of `many.csv`.
        reader = csv.reader(sys.stdin)
        print(*sums_of((t[:19], float(a), float(o), None if v in (NULL, "") else float(v)) for t, a, o, v in reader), sep=",")
    else:
        sys.exit(f"unknown command `{command}`")


if __name__ == "__main__":
    main(*sys.argv[1:])
