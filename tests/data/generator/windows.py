"""Windows: over groups of labels, along a dimension, and one on top of another."""

import numpy as np
import xarray as xr

from .slt import Slt, f64, rows
from .stores import read


def stores():
    pass


def cases():
    with Slt("windows", "Anomalies, rolling and running figures, shifts and differences.") as slt:
        anomaly_cases(slt)
        calendar_cases(slt)
        rolling_cases(slt)
        missing_cases(slt)
        shift_cases(slt)
        running_cases(slt)
        range_cases(slt)
        label_cases(slt)


def anomaly(values, by):
    groups = values.groupby(by)
    return groups - groups.mean()


def anomaly_cases(slt):
    ds = read("era.zarr")
    t, u = f64(ds.t2m).rename("t"), f64(ds.u10).rename("u")
    slt.table("era", "era.zarr")
    part = anomaly(t, "time.month").isel(lat=[0, 20], lon=[3, 71], time=[0, 14, 15, 59])
    slt.query("select time, lat, lon, a from (select time, lat, lon, t2m - avg(t2m) over (partition by month(time), lat, lon) as a from era) where lat in (90, -10) and lon in (15, 355) and dim_index(time) in (0, 14, 15, 59) order by time, lat desc, lon",
              rows(part, "time", "lat", "lon", "t"), relative="1e-7", why="An anomaly to the mean of its month.")
    zonal = t - t.mean("lon")
    slt.query("select lat, max(d), avg(abs(d)) from (select lat, t2m - avg(t2m) over (partition by time, lat) as d from era) where lat > 70 group by lat order by lat desc",
              [(y, hi, size) for (y, hi), size in zip(rows(zonal.max(["time", "lon"])[:4].rename("d"), "lat", "d"), abs(zonal).mean(["time", "lon"]).values)], relative="1e-7",
              why="A departure from the zonal mean.")
    slt.query("select max(d), min(d) from (select t2m - avg(t2m) over () as d from era)", [((t - t.mean()).max().item(), (t - t.mean()).min().item())], relative="1e-7")
    groups = t.groupby("time.month")
    z = ((groups - groups.mean()).groupby("time.month") / groups.std(ddof=1)).isel(lat=9, lon=[0, 36], time=[1, 30, 58])
    slt.query("select time, lon, (t2m - avg(t2m) over (partition by month(time), lat, lon)) / stddev(t2m) over (partition by month(time), lat, lon) as z from era where lat = 45 and lon in (0, 180) order by dim_index(time) not in (1, 30, 58), time, lon limit 6",
              rows(z, "time", "lon", "t"), relative="1e-6", why="A standardised anomaly.")
    share = (u - u.min("time")) / (u.max("time") - u.min("time"))
    slt.query("select lon, avg(s) from (select lon, (cast(u10 as double) - min(u10) over (partition by lat, lon)) / (cast(max(u10) over (partition by lat, lon) as double) - min(u10) over (partition by lat, lon)) as s from era where lat = 0) where lon < 20 group by lon order by lon",
              rows(share.sel(lat=0).mean("time").isel(lon=slice(0, 4)), "lon", "u"), relative="1e-7", why="Several windows over the same groups.")
    warm = t.where(t > 300)
    departure = (t - warm.mean("time")).sel(lat=15, lon=[0.0, 90.0, 270.0]).isel(time=slice(0, 3))
    slt.query("select time, lon, t2m - avg(t2m) filter (where t2m > 300) over (partition by lat, lon) from era where lat = 15 and lon in (0, 90, 270) order by time, lon limit 9",
              rows(departure, "time", "lon", "t"), relative="1e-7")
    both = (anomaly(t, "time.month") ** 2).groupby("time.month").mean(...)
    slt.query("select month(time) as m, avg(a * a) from (select time, t2m - avg(t2m) over (partition by month(time), lat, lon) as a from era) group by m order by m",
              rows(both, "month", "t"), relative="1e-7")
    counted = t.where(t > 300).count("time").sel(lat=[20, 15], lon=0).rename("n")
    slt.query("select distinct lat, count(case when t2m > 300 then 1 end) over (partition by lat, lon) from era where lon = 0 and lat in (15, 20) order by lat desc", rows(counted, "lat", "n"))
    v = f64(read("ostia.zarr").surface_temperature).rename("v")
    slt.table("ostia", "ostia.zarr")
    part = anomaly(v, "time.season").isel(latitude=[9], longitude=slice(20, 30), time=[0, 1, 2, 11])
    slt.query("select time, longitude, surface_temperature - avg(surface_temperature) over (partition by season(time), latitude, longitude) as a from ostia where dim_index(latitude) = 9 and dim_index(longitude) between 20 and 29 order by dim_index(time) not in (0, 1, 2, 11), time, longitude limit 40",
              rows(part, "time", "longitude", "v"), relative="1e-6", why="By season; on land there is none.")
    total = anomaly(v, "time.season")
    slt.query("select count(a), max(a), avg(abs(a)) from (select surface_temperature - avg(surface_temperature) over (partition by season(time), latitude, longitude) as a from ostia)",
              [(int(total.count()), total.max().item(), abs(total).mean().item())], relative="1e-7")


def calendar_cases(slt):
    for calendar in ["noleap", "360_day"]:
        ds = read(f"calendar_{calendar}.zarr", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True))
        v, name = ds.v, f"c_{calendar}"
        slt.table(name, f"calendar_{calendar}.zarr")
        for key in ["month", "season"]:
            part = anomaly(v, f"time.{key}").isel(x=1, time=slice(30, 42))
            slt.query(f"select time, v - avg(v) over (partition by {key}(time), x) from {name} where x = 1 order by time limit 12 offset 30", rows(part, "time", "v"), relative="1e-7")
        years = v.groupby("time.year").sum().rename("s").sel(year=v.time.dt.year).isel(x=2, time=[0, 50, 121])
        slt.query(f"select time, sum(v) over (partition by year(time), x) from {name} where x = 2 order by dim_index(time) not in (0, 50, 121), time limit 3", rows(years, "time", "s"))
        rolled = v.rolling(time=5, center=True, min_periods=1).mean().isel(x=0).isel(time=slice(0, 7))
        slt.query(f"select time, avg(v) over (partition by x order by time rows between 2 preceding and 2 following) from {name} where x = 0 order by time limit 7", rows(rolled, "time", "v"), relative="1e-8",
                  why="The order of these labels is the order of time.")
        moved = v.shift(time=1).isel(x=1, time=slice(48, 54)).rename("before")
        slt.query(f"select time, lag(v) over (partition by x order by time) from {name} where x = 1 order by time limit 6 offset 48", rows(moved, "time", "before"))


FIGURES = {"avg": "mean", "sum": "sum", "min": "min", "max": "max", "count": "count"}


def rolling_cases(slt):
    t = f64(read("era.zarr").t2m).rename("t")
    column = t.sel(lat=-35.0, lon=[0.0, 175.0, 180.0])
    # 30 days are a chunk: both frames reach over its border.
    for before, after in [(1, 1), (6, 0), (0, 3), (40, 40)]:
        windows = column.pad(time=(before, after)).rolling(time=before + after + 1, min_periods=1)
        ends = slice(before + after, None)
        found = {name: getattr(windows, method)().isel(time=ends).assign_coords(time=t.time) for name, method in FIGURES.items() if name != "count"}
        found["n"] = column.notnull().astype(float).pad(time=(before, after), constant_values=0).rolling(time=before + after + 1).sum().isel(time=ends).assign_coords(time=t.time)
        ds = xr.Dataset(found).isel(time=[0, 1, 28, 29, 30, 31, 58, 59])
        ds = ds.assign(min=ds["min"].astype("float32"), max=ds["max"].astype("float32"), n=ds.n.astype(int))
        frame = f"over (partition by lat, lon order by time rows between {before} preceding and {after} following)"
        slt.query(f"select time, lon, avg(t2m) {frame}, sum(t2m) {frame}, min(t2m) {frame}, max(t2m) {frame}, count(*) {frame} from era where lat = -35 and lon in (0, 175, 180) order by dim_index(time) not in (0, 1, 28, 29, 30, 31, 58, 59), time, lon limit 24",
                  rows(ds, "time", "lon", "avg", "sum", "min", "max", "n"), relative="1e-8")
    spread = column.rolling(time=5, center=True).std(ddof=1).isel(lon=1, time=[2, 29, 30, 57])
    slt.query("select time, stddev(t2m) over (partition by lat, lon order by time rows between 2 preceding and 2 following) from era where lat = -35 and lon = 175 order by dim_index(time) not in (2, 29, 30, 57), time limit 4",
              rows(spread, "time", "t"), relative="1e-5")
    across = t.isel(time=33).sel(lat=85).rolling(lon=3, center=True, min_periods=1).mean()
    slt.query("select lon, avg(t2m) over (partition by time, lat order by lon rows between 1 preceding and 1 following) from era where lat = 85 and dim_index(time) = 33 order by lon",
              rows(across, "lon", "t"), relative="1e-8", why="Along another dimension.")
    north = t.isel(time=0).sel(lon=40).sortby("lat").rolling(lat=4).sum().isel(lat=slice(3, 40))
    slt.query("select lat, s from (select lat, count(*) over w as n, sum(t2m) over w as s from era where lon = 40 and dim_index(time) = 0 window w as (partition by time, lon order by lat rows between 3 preceding and current row)) where n = 4 order by lat",
              rows(north, "lat", "t"), relative="1e-8", why="Latitudes descend; the window goes by their order.")
    total = t.rolling(time=3, center=True, min_periods=1).mean()
    slt.query("select avg(abs(t2m - r)), max(r) from (select t2m, avg(t2m) over (partition by lat, lon order by time rows between 1 preceding and 1 following) as r from era)",
              [(abs(t - total).mean().item(), total.max().item())], relative="1e-7")
    twice = anomaly(t, "time.month").mean(["lat", "lon"]).rolling(time=3, center=True, min_periods=1).mean()
    slt.query("select time, avg(a) over (order by time rows between 1 preceding and 1 following) from (select time, avg(a) as a from (select time, t2m - avg(t2m) over (partition by month(time), lat, lon) as a from era) group by time) order by time limit 5",
              rows(twice[:5], "time", "t"), relative="1e-6", why="W13: an anomaly, its mean, and that one rolling.")


def missing_cases(slt):
    # A column near a coast: the sea ends at some latitudes, so that some windows have no values at all.
    sst = f64(read("ostia.zarr").surface_temperature).rename("v")
    gaps = np.flatnonzero(sst.isnull().any("longitude").isel(time=0).values)
    along = sst.isel(time=3, latitude=int(gaps[0])).isel(longitude=slice(0, 60))
    window = along.rolling(longitude=5, center=True, min_periods=1)
    inner = {name: getattr(window, method)() for name, method in FIGURES.items() if name != "count"}
    known = along.notnull().astype(int)
    inner["count"] = known.pad(longitude=2, constant_values=0).rolling(longitude=5).sum().isel(longitude=slice(4, None)).assign_coords(longitude=along.longitude).astype(int)
    # The frame of SQL ends where the rows end: those are the first 60 here as well.
    ds = xr.Dataset(inner)
    ds = ds.assign(min=ds["min"].astype("float32"), max=ds["max"].astype("float32"))
    frame = "over (partition by time, latitude order by longitude rows between 2 preceding and 2 following)"
    figures = ", ".join(f"{name}(surface_temperature) {frame}" for name in FIGURES)
    slt.query(f"select longitude, {figures} from ostia where dim_index(time) = 3 and dim_index(latitude) = {gaps[0]} and dim_index(longitude) < 60 order by longitude",
              rows(ds, "longitude", *FIGURES), relative="1e-8", why="What is missing counts nothing; where all is missing there is no figure.")
    holes = read("packed.zarr").filled_int
    rolled = f64(holes).rolling(x=3, center=True, min_periods=1)
    slt.table("packed", "packed.zarr")
    ds = xr.Dataset({"avg": rolled.mean(), "sum": rolled.sum(), "low": rolled.min()})
    w = "over (order by x rows between 1 preceding and 1 following)"
    slt.query(f"select x, avg(filled_int) {w}, sum(filled_int) {w}, min(filled_int) {w} from packed order by x", rows(ds, "x", "avg", "sum", "low"), why="Integers.")


def shift_cases(slt):
    ds = read("era.zarr")
    t, point = f64(ds.t2m).rename("t"), ds.t2m.sel(lat=0.0, lon=[0.0, 5.0])
    for steps in [1, 7, 45]:
        moved = xr.Dataset({"lag": point.shift(time=steps), "lead": point.shift(time=-steps)}).isel(time=[0, 6, 7, 29, 30, 37, 59])
        slt.query(f"select time, lon, lag(t2m, {steps}) over (partition by lat, lon order by time), lead(t2m, {steps}) over (partition by lat, lon order by time) from era where lat = 0 and lon <= 5 order by dim_index(time) not in (0, 6, 7, 29, 30, 37, 59), time, lon limit 14",
                  rows(moved, "time", "lon", "lag", "lead"))
    filled = point.shift(time=2, fill_value=np.float32(-1)).isel(time=slice(0, 4))
    slt.query("select time, lon, lag(t2m, 2, cast(-1 as float)) over (partition by lat, lon order by time) from era where lat = 0 and lon <= 5 order by time, lon limit 8", rows(filled, "time", "lon", "t2m"))
    back = point.shift(time=-1).isel(time=slice(-3, None))
    slt.query("select time, lon, lag(t2m) over (partition by lat, lon order by time desc) from era where lat = 0 and lon <= 5 order by time desc, lon limit 6",
              sorted(rows(back, "time", "lon", "t2m"), key=lambda r: (-r[0].astype("int64"), r[1])), why="In the other direction.")
    step = t.diff("time")
    slt.query("select avg(abs(d)), min(d), count(d), count(*) from (select t2m - lag(t2m) over (partition by lat, lon order by time) as d from era)",
              [(abs(step).mean().item(), np.float32(ds.t2m.diff("time").min()), step.size, t.size)], relative="1e-6")
    means = t.diff("lat").mean(["time", "lon"])
    slt.query("select lat, avg(d) from (select lat, cast(t2m as double) - lead(t2m) over (partition by time, lon order by lat) as d from era) where lat >= 70 group by lat order by lat desc",
              [(90.0, None), *rows(means[:4].rename("d"), "lat", "d")], relative="1e-6", why="A difference of neighbours along latitude.")
    ends = xr.Dataset({"first": point.isel(time=slice(0, 1)).squeeze("time", drop=True), "last": point.isel(time=-1, drop=True), "third": point.isel(time=2, drop=True)})
    whole = "over (partition by lat, lon order by time rows between unbounded preceding and unbounded following)"
    slt.query(f"select distinct lon, first_value(t2m) {whole}, last_value(t2m) {whole}, nth_value(t2m, 3) {whole} from era where lat = 0 and lon <= 5 order by lon", rows(ends, "lon", "first", "last", "third"))
    ranks = ds.u10.sel(lat=0, lon=0).to_series().rank(method="min")
    slt.query("select time, rank() over (partition by lat, lon order by u10), row_number() over (partition by lat, lon order by time) from era where lat = 0 and lon = 0 order by time limit 8",
              [(when, int(rank), i + 1) for i, (when, rank) in enumerate(ranks.iloc[:8].items())])


def running_cases(slt):
    t = f64(read("era.zarr").t2m).rename("t")
    point = t.sel(lat=45.0, lon=[0.0, 180.0])
    days = xr.DataArray(np.arange(1.0, 61), dims="time")
    ds = xr.Dataset({"sum": point.cumsum("time").assign_coords(time=t.time), "avg": point.cumsum("time") / days, "max": point.copy(data=np.maximum.accumulate(point.values, 0)).astype("float32"),
                     "rest": point.isel(time=slice(None, None, -1)).cumsum("time").isel(time=slice(None, None, -1))}).assign_coords(time=t.time)
    ds = ds.isel(time=[0, 1, 29, 30, 59])
    w, rest = "over (partition by lat, lon order by time)", "over (partition by lat, lon order by time rows between current row and unbounded following)"
    slt.query(f"select time, lon, sum(t2m) {w}, avg(t2m) {w}, max(t2m) {w}, sum(t2m) {rest} from era where lat = 45 and lon in (0, 180) order by dim_index(time) not in (0, 1, 29, 30, 59), time, lon limit 10",
              rows(ds, "time", "lon", "sum", "avg", "max", "rest"), relative="1e-8")
    sst = f64(read("ostia.zarr").surface_temperature).rename("v")
    total = sst.isel(latitude=9, longitude=slice(0, 30)).fillna(0).cumsum("time").isel(time=[5, -1])
    known = sst.isel(latitude=9, longitude=slice(0, 30)).notnull().any("time")
    slt.query(f"select longitude, s from (select time, longitude, sum(surface_temperature) over (partition by latitude, longitude order by time) as s from ostia where dim_index(latitude) = 9 and dim_index(longitude) < 30) where time = '{np.datetime_as_string(sst.time.values[-1], unit='s')}' order by longitude",
              [(x, v if k else None) for x, v, k in zip(total.longitude.values, total.values[-1], known.values)], relative="1e-8", why="A running total over what is missing.")
    year = read("calendar_noleap.zarr", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True)).v
    within = year.isel(x=0).groupby("time.year").cumsum("time").assign_coords(time=year.time).isel(time=slice(38, 46)).rename("s")
    slt.query("select time, sum(v) over (partition by x, year(time) order by time) from c_noleap where x = 0 order by time limit 8 offset 38", rows(within, "time", "s"), why="It starts again each year.")


def range_cases(slt):
    # Steps that differ: the means of months stand in the middle of each.
    sst = f64(read("ostia.zarr").surface_temperature).rename("v").isel(latitude=9, longitude=200)
    times = sst.time.values
    for days in [31, 45, 100]:
        reach = np.timedelta64(days, "D")
        for before, after, sides in [(reach, np.timedelta64(0), f"between interval '{days} days' preceding and current row"), (reach, reach, f"between interval '{days} days' preceding and interval '{days} days' following")]:
            means = [(when, part.mean().item(), part.size) for when in times[:14] for part in [sst.sel(time=slice(when - before, when + after))]]
            frame = f"over (partition by latitude, longitude order by time range {sides})"
            slt.query(f"select time, avg(surface_temperature) {frame}, count(*) {frame} from ostia where dim_index(latitude) = 9 and dim_index(longitude) = 200 order by time limit 14", means, relative="1e-8")
    t = f64(read("era.zarr").t2m).rename("t").isel(time=3).sel(lon=40)
    around = [(y, t.sel(lat=slice(y + 10, y - 7)).sum().item()) for y in t.lat.values]
    slt.query("select lat, sum(t2m) over (partition by time, lon order by lat range between 7 preceding and 10 following) from era where lon = 40 and dim_index(time) = 3 order by lat desc", around, relative="1e-8",
              why="By the distance of labels that descend.")


def label_cases(slt):
    ds = read("unsorted.zarr")
    slt.table("unsorted", "unsorted.zarr")
    moved = ds.v.sortby("station").shift(station=1).sel(level=500.0).rename("before")
    slt.query("select station, lag(v) over (partition by level order by station) from unsorted where level = 500 order by station", rows(moved, "station", "before"), why="The order of labels, not that of positions.")
    ds = read("repeated.zarr")
    slt.table("repeated", "repeated.zarr")
    centred = ds.v - ds.v.groupby("x").mean().sel(x=ds.x)
    slt.query("select x, v, v - avg(v) over (partition by x) from repeated order by v", [(int(x), v, d) for x, v, d in zip(ds.x.values, ds.v.values, centred.values)], why="A label that occurs more than once is one group.")
    running = ds.v.groupby("x").sum().cumsum("x")
    slt.query("select distinct x, sum(v) over (order by x) from repeated order by x", [(int(x), v) for x, v in zip(np.unique(ds.x.values), running.values)], why="Equal labels are peers.")
    ds = read("holes.zarr")
    slt.table("holes", "holes.zarr")
    whole = [(None, ds.v.isel(x=[1, 4]).mean().item()), *((x, ds.v.isel(x=i).mean().item()) for i, x in enumerate(ds.x.values) if not np.isnan(x))]
    slt.query("select distinct x, avg(v) over (partition by x) from holes order by x nulls first", whole, why="Missing labels are one group.")
