"""CF times: every calendar, dates far away, sloppy units."""

import datetime

import cftime
import numpy as np
import pandas as pd
import xarray as xr

from .slt import Slt, rows
from .stores import array, consolidate, group, read, write

# The units of each calendar whose labels are text.
CALENDARS = {"noleap": "days since 1999-12-20", "360_day": "hours since 1860-01-01 06:00", "all_leap": "days since 0850-01-01", "julian": "days since 1500-02-20"}


def stores():
    for calendar, units in CALENDARS.items():
        # Every ninth day of three years.
        t = np.arange(0, 3 * 366, 9) * (24 if units.startswith("hours") else 1)
        g = group(f"calendar_{calendar}.zarr")
        array(g, "time", t.astype("int32"), ("time",), attributes={"units": units, "calendar": calendar})
        array(g, "x", np.arange(3), ("x",))
        array(g, "v", (np.arange(t.size * 3).reshape(-1, 3) % 101) / 4, ("time", "x"), chunks=(50, 3))
        consolidate(f"calendar_{calendar}.zarr")

    # `standard` is Julian before 1582-10-15: hours since the year 1 are two days off in a proleptic reader.
    g = group("old_times.zarr")
    noon = cftime.date2num(
        [cftime.datetime(y, m, d, 12, calendar="standard") for y, m, d in [(1582, 10, 4), (1582, 10, 15), (1583, 3, 1), (1750, 6, 1), (1999, 12, 31), (2000, 2, 29)]],
        "hours since 0001-01-01 00:00:00", calendar="standard",
    )
    array(g, "time", noon.astype("float64"), ("time",), attributes={"units": "hours since 0001-01-01 00:00:00", "calendar": "standard"})
    array(g, "v", np.arange(6.0), ("time",))
    array(g, "proleptic", np.arange(6) * 36525.0, ("time",), attributes={"units": "days since 1500-03-01", "calendar": "proleptic_gregorian"})
    # Beyond nanoseconds, and before them.
    array(g, "far", np.array([0, 1, 2, 10, 100, 3000]) * 365, ("time",), attributes={"units": "days since 0100-01-01", "calendar": "proleptic_gregorian"})
    consolidate("old_times.zarr")

    # Units as people write them, and types as people choose them.
    g = group("sloppy_times.zarr", 2)
    array(g, "n", np.arange(4), ("n",), fill_value=None)
    for name, values, units in [
        ("days_float", np.array([0.5, 1.25, 2.0, 1e4]), "days since 1970-1-1"),
        ("hours_int", np.array([0, 1, 24, 876_000]), "hours since 1900-01-01 00:00:0.0"),
        ("seconds", np.array([0, 1, 60, 2**31 - 1], "int32"), "seconds since 1970-01-01T00:00:00Z"),
        ("minutes", np.array([-1, 0, 1, 1440], "int16"), "minutes since 2000-01-01 00:00:00"),
        ("zone", np.array([0, 1, 2, 3]), "hours since 2000-01-01 00:00:00 +02:00"),
        ("millis", np.array([0, 1, 999, 86_400_000]), "milliseconds since 2000-01-01"),
        ("micros", np.array([0, 1, 999, 86_400_000_000]), "microseconds since 2000-01-01"),
        ("thirds", np.array([0, 1 / 3, 2 / 3, 1], "float64"), "hours since 2000-01-01"),
        ("float32", np.array([0, 0.25, 0.5, 1000], "float32"), "days since 1999-12-31"),
    ]:
        array(g, name, values, ("n",), attributes={"units": units}, fill_value=None)
    array(g, "missing", np.array([1.0, np.nan, -1.0, 4.0]), ("n",), attributes={"units": "days since 2000-01-01", "_FillValue": -1.0}, fill_value=-1.0)
    array(g, "a_length", np.array([1, 2, 3, 4]), ("n",), attributes={"units": "days"}, fill_value=None)
    consolidate("sloppy_times.zarr")

    spans = xr.Dataset({"v": ("step", np.arange(4.0))}, {"step": pd.to_timedelta([0, 6, 12, 36], unit="h")})
    write(spans, "steps.zarr")


def cases():
    with Slt("calendars", "CF times: calendars, dates far away, sloppy units.") as slt:
        for calendar in CALENDARS:
            calendar_cases(slt, calendar)
        old_cases(slt)
        ds = read("sloppy_times.zarr")
        slt.table("sloppy", "sloppy_times.zarr")
        for name in [*ds.data_vars]:
            slt.query(f'select "{name}" from sloppy order by n', rows(ds, name))
        slt.query("select n from sloppy where hours_int = '1900-01-02'", [(2,)])
        ds = read("steps.zarr")
        slt.table("steps", "steps.zarr")
        slt.query("select step, v from steps order by step", rows(ds, "step", "v"))
        slt.query("select v from steps where step > interval '6 hours' order by v", [(2.0,), (3.0,)])
        slt.query("select min(step), max(step) from steps", [(ds.step.values[0], ds.step.values[-1])])


def calendar_cases(slt, calendar):
    ds = read(f"calendar_{calendar}.zarr", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True))
    name = f"c_{calendar}"
    v, t = ds.v, ds.time
    dates = t.values
    slt.table(name, f"calendar_{calendar}.zarr")
    slt.query(f"select min(time), max(time), count(*), count(distinct time), sum(v) from {name}", [(dates[0], dates[-1], v.size, dates.size, v.sum().item())])
    slt.query(
        f"select time, year(time), month(time), day(time), hour(time), dayofyear(time), season(time) from {name} where x = 0 order by time limit 12",
        [(d, d.year, d.month, d.day, d.hour, d.dayofyr, s) for d, s in zip(dates[:12], t.dt.season.values[:12])],
    )
    for part in ["year", "month", "day", "dayofyear", "season", "hour"]:
        groups = v.groupby(f"time.{part}").sum(...)
        slt.query(f"select {part}(time) as p, sum(v) from {name} group by p order by p", sorted(rows(groups, part, "v")))
    for part, unit in [("year", "year"), ("month", "month"), ("quarter", None), ("doy", None)]:
        keys = {"year": t.dt.year, "month": t.dt.month, "quarter": (t.dt.month - 1) // 3 + 1, "doy": t.dt.dayofyear}[part]
        groups = v.groupby(keys.rename("p")).sum(...).isel(p=slice(0, 8))
        slt.query(f"select date_part('{part}', time) as p, sum(v) from {name} group by p order by p limit 8", rows(groups, "p", "v"))
    for part, first in [
        ("year", lambda d: d.replace(month=1, day=1, hour=0)),
        ("quarter", lambda d: d.replace(month=(d.month - 1) // 3 * 3 + 1, day=1, hour=0)),
        ("month", lambda d: d.replace(day=1, hour=0)),
        ("day", lambda d: d.replace(hour=0)),
    ]:
        keys = sorted({first(d) for d in dates})
        sums = [(k, sum(v.values[i].sum() for i, d in enumerate(dates) if first(d) == k)) for k in keys[:8]]
        slt.query(f"select date_trunc('{part}', time) as p, sum(v) from {name} group by p order by p limit 8", sums)
    middle = dates[60]
    for what, kept in [
        (f"time >= '{middle.strftime('%Y-%m-%d')}'", dates >= middle.replace(hour=0)),
        (f"time < '{middle.year:04d}'", dates < middle.replace(month=1, day=1, hour=0)),
        (f"time = '{middle.strftime('%Y-%m-%dT%H:%M:%S')}'", dates == middle),
        (f"time between '{middle.year:04d}-02' and '{middle.year:04d}-03'",
         (dates >= middle.replace(month=2, day=1, hour=0)) & (dates <= middle.replace(month=3, day=1, hour=0))),
        ("month(time) = 2 and day(time) > 26", np.array([d.month == 2 and d.day > 26 for d in dates])),
        ("season(time) in ('JJA', 'SON')", np.isin(t.dt.season.values, ["JJA", "SON"])),
        (f"date_trunc('month', time) = '{middle.strftime('%Y-%m')}-01'", np.array([(d.year, d.month) == (middle.year, middle.month) for d in dates])),
        (f"extract(year from time) = {middle.year} or x = 5", np.array([d.year == middle.year for d in dates])),
        ("time > '3000'", np.zeros(dates.size, bool)),
    ]:
        part = v.isel(time=kept)
        slt.query(f"select count(*), sum(v) from {name} where {what}", [(part.size, part.sum().item() if part.size else None)])
    wanted = middle.replace(hour=0) + datetime.timedelta(days=3)
    near = v.sel(time=wanted, method="nearest")
    slt.query(f"select time, x, v from {name} where time = nearest(time, '{wanted.strftime('%Y-%m-%d')}') order by x", [(near.time.item(), int(x), y) for x, y in zip(ds.x.values, near.values)])
    for method in ["pad", "backfill"]:
        near = v.sel(time=wanted, method=method)
        slt.query(f"select distinct time from {name} where time = {method}(time, '{wanted.strftime('%Y-%m-%d')}')", [(near.time.item(),)])


def proleptic(date):
    """The same instant in the calendar of SQL's timestamps."""
    return date.change_calendar("proleptic_gregorian") if hasattr(date, "change_calendar") else date


def old_cases(slt):
    ds = read("old_times.zarr", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True))
    slt.table("old", "old_times.zarr")
    slt.query("select time, v, proleptic, far from old order by v", [tuple(proleptic(c) for c in row) for row in rows(ds, "time", "v", "proleptic", "far")])
    slt.query("select v from old where time >= '1582-10-15' and time < '1999-12-31' order by v", [(1.0,), (2.0,), (3.0,)],
              why="1582-10-04 of the Julian calendar is the day before 1582-10-15.")
    slt.query("select v from old where time = '2000-02-29T12:00:00'", [(5.0,)])
    slt.query("select v from old where time = nearest(time, '1760-01-01')", [(3.0,)])
    slt.query("select year(far), count(*) from old group by 1 order by 1", [(int(y), int(n)) for y, n in zip(*np.unique(ds.far.dt.year.values, return_counts=True))])
