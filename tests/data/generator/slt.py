"""Writes `../slt/oracle_*.slt`: questions in SQL beside the answers that xarray gives."""

import datetime
import math

import cftime
import numpy as np
import pandas as pd

from .stores import DATA

SLT = DATA.parent / "slt"


class Slt:
    """One file of questions. Its rows are what the caller computed with xarray, never what Hyperslab said."""

    def __init__(self, name, about):
        self.path = SLT / f"oracle_{name}.slt"
        self.format = "ZARR"
        self.lines = ["# Written by tests/data/generate.py from what xarray answers; do not edit.", "#", f"# {about}"]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            SLT.mkdir(exist_ok=True)
            self.path.write_text("\n".join(self.lines) + "\n")

    def table(self, name, store):
        self.lines += ["", "statement ok", f"CREATE EXTERNAL TABLE {name} STORED AS {self.format} LOCATION '$DATA/{store}'"]

    def query(self, sql, rows, *, relative=None, why=None):
        """`rows` is the answer, in the order of the answer; `relative` loosens the comparison of its floats."""
        rows = [tuple(row) for row in rows]
        kinds = "".join(kind(column) for column in zip(*rows)) if rows else ""
        self.lines.append("")
        if why:
            self.lines.append(f"# {why}")
        self.lines += [f"query {kinds}".strip(), *sql.strip().splitlines(), "----"]
        self.lines += [" ".join(text(value, relative) for value in row) for row in rows]

    def error(self, sql, pattern, why=None):
        """A question that has no answer; `pattern` is a regular expression on the message."""
        self.lines.append("")
        if why:
            self.lines.append(f"# {why}")
        self.lines += [f"query error {pattern}", *sql.strip().splitlines()]


def kind(column):
    """sqllogictest's letter for a column: I, R or T."""
    there = [v for v in column if not missing(v)]
    if there and all(isinstance(v, (int, np.integer)) and not isinstance(v, (bool, np.timedelta64)) for v in there):
        return "I"
    if there and all(isinstance(v, (float, np.floating)) for v in there):
        return "R"
    return "T"


def missing(value):
    return value is None or value is pd.NaT or (not isinstance(value, (str, bytes)) and pd.isna(value))


def text(value, relative=None):
    """A value as the runner prints it."""
    if missing(value):
        return "NULL"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)) and not isinstance(value, np.timedelta64):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        if isinstance(value, np.float16):
            value = np.float32(value)
        plain = value == 0 or 1e-5 < abs(value) < 1e16
        shortest = np.format_float_positional if plain else np.format_float_scientific
        return shortest(value, trim="-") + (f"~{relative}" if relative and value % 1 else "")
    if isinstance(value, cftime.datetime):
        return iso(value)
    if isinstance(value, (pd.Timestamp, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        if np.datetime_data(value.dtype)[0] == "ns":
            value = np.datetime64((int(value.astype("int64")) + 500) // 1000, "us")
        micros = np.datetime_as_string(value.astype("datetime64[us]"), unit="us")
        return micros.rstrip("0").rstrip(".") if not micros.endswith(".000000") else micros[:-7]
    if isinstance(value, (np.timedelta64, pd.Timedelta)):
        return f"{np.timedelta64(value, 'us').astype('int64')}us"
    value = str(value)
    return value if value else "(empty)"


def iso(date):
    """A date of any calendar, as Hyperslab writes it."""
    tail = f".{date.microsecond:06d}" if date.microsecond else ""
    return f"{date.year:04d}-{date.month:02d}-{date.day:02d}T{date.hour:02d}:{date.minute:02d}:{date.second:02d}{tail}"


def rows(labelled, *columns):
    """The cells of a DataArray or Dataset as rows of `columns`, in the order of its dimensions.

    A DataArray without a name is the column `value`.
    """
    if hasattr(labelled, "to_dataset") and not hasattr(labelled, "data_vars"):
        labelled = labelled.rename(labelled.name or "value").to_dataset()
    # The dimensions in the order of a variable that has all of them.
    needed = {d for c in columns for d in labelled[c].dims}
    orders = [labelled[c].dims for c in [*columns, *labelled.data_vars] if set(labelled[c].dims) == needed]
    dims = {d: labelled.sizes[d] for d in orders[0]}
    flat = []
    for column in columns:
        # A dimension without labels counts from 0.
        variable = labelled[column].variable
        flat.append(variable.set_dims(dims).values.reshape(-1))
    return list(zip(*flat))


def f64(array):
    """SQL's `avg` and `sum` add in float64 whatever the type of their argument; numpy adds float32 in float32."""
    return array.astype("float64")
