"""Joins: of equal and shifted labels, of fewer dimensions, of points, of regions."""

import numpy as np
import pandas as pd
import xarray as xr

from .labels import values
from .slt import Slt, f64, rows
from .stores import read, write


def stores():
    # Part of the map of `era.zarr` and beyond it: other chunks, latitudes that ascend, fewer days.
    rng = np.random.default_rng(4)
    labels = {"time": pd.date_range("2000-01-10", periods=50), "lat": np.arange(-30, 31, 5, dtype="float32"), "lon": np.arange(100, 200, 5, dtype="float32")}
    dims = tuple(labels)
    rain = xr.Dataset({"rain": (dims, (rng.integers(0, 99, tuple(len(labels[d]) for d in dims)) / 4).astype("float32"))}, labels)
    write(rain, "rain.zarr", chunks={"time": 20, "lat": 5, "lon": 20})

    # A mask of the same map: fewer dimensions, and in part missing.
    lat, lon = np.arange(90, -91, -5, dtype="float32"), np.arange(0, 360, 5, dtype="float32")
    land = ((np.arange(37)[:, None] * 5 + np.arange(72) * 3) % 7 < 2).astype("float32")
    land[5:8, 10:20] = np.nan
    write(xr.Dataset({"land": (("lat", "lon"), land)}, {"lat": lat, "lon": lon}), "mask.zarr", chunks={"lat": 37, "lon": 24})

    # The labels of `tenths.zarr`, in float64.
    tenths = xr.Dataset({"w": (("lat", "lon"), values(21, 8, scale=0.5))}, {"lat": np.arange(-10, 11) / 10, "lon": np.arange(8) * 0.7 + 0.3})
    write(tenths, "tenths_f64.zarr", chunks={"lat": 21, "lon": 3})

    forecast = xr.Dataset(
        {"f": (("init", "lead", "lon"), values(10, 6, 72, scale=0.25))},
        {"init": pd.date_range("2000-01-01", periods=10, freq="5D"), "lead": pd.to_timedelta(np.arange(6), unit="D"), "lon": lon},
    )
    write(forecast, "forecast.zarr", chunks={"init": 4, "lead": 6, "lon": 30})


def cases():
    era, rain = read("era.zarr"), read("rain.zarr")
    with Slt("joins", "Alignment, shifted and broadcast joins, points and regions.") as slt:
        for name, store in [("era", "era"), ("rain", "rain"), ("mask", "mask"), ("forecast", "forecast"), ("unsorted", "unsorted"), ("repeated", "repeated"), ("holes", "holes")]:
            slt.table(name, f"{store}.zarr")
        aligned_cases(slt, era, rain)
        shifted_cases(slt, era)
        forecast_cases(slt, era)
        broadcast_cases(slt, era)
        point_cases(slt, era)
        calendar_point_cases(slt)
        region_cases(slt, era)
        label_cases(slt)
    with Slt("joins_float", "Labels of float32 and float64 that meet.") as slt:
        float_cases(slt)


def aligned_cases(slt, era, rain):
    t, r = xr.align(f64(era.t2m), f64(rain.rain), join="inner")
    product = (t * r).rename("p")
    slt.query("select count(*), avg(t2m * cast(rain as double)), min(time), max(time), min(lat), max(lat), min(lon), max(lon) from era join rain using (time, lat, lon)",
              [(product.size, product.mean().item(), *(f(product[c].values) for c in ("time", "lat", "lon") for f in (np.min, np.max)))], why="Labels overlap in part, latitudes run against each other, chunks differ.")
    slt.query("select e.lat, avg(e.t2m), avg(r.rain) from era e join rain r on e.time = r.time and e.lat = r.lat and e.lon = r.lon group by e.lat order by e.lat",
              sorted((y, float(t.sel(lat=y).mean()), float(r.sel(lat=y).mean())) for y in t.lat.values))
    part = (t - r).rename("d").sel(lat=[-10.0, 25.0], lon=[100.0, 195.0], time=["2000-01-10", "2000-01-16", "2000-02-14"])
    slt.query("select time, lat, lon, cast(t2m as double) - rain from era join rain using (time, lat, lon) where era.lat in (-10, 25) and era.lon in (100, 195) and era.time in ('2000-01-10', '2000-01-16', '2000-02-14') order by time, lat, lon",
              rows(part, "time", "lat", "lon", "d"))
    box = {"lat": 0.0, "lon": [195.0]}
    days = slice("2000-02-11", "2000-02-20")
    time = pd.date_range("2000-02-11", "2000-02-20")
    for kind, index in [("left", era), ("right", rain), ("full", None)]:
        kept = time if index is None else time[time.isin(index.time.values)]
        both = xr.Dataset({"t": era.t2m.sel(box).reindex(time=kept), "r": rain.rain.sel(box).reindex(time=kept)})
        e, p = (f"(select time, lat, lon, {v} from {n} where lat = 0 and lon = 195 and time between '{days.start}' and '{days.stop}')" for n, v in [("era", "t2m"), ("rain", "rain")])
        # DataFusion takes the column of USING from the left side, also where only the right one has a row.
        on = "e.time = r.time and e.lat = r.lat and e.lon = r.lon"
        slt.query(f"select coalesce(e.time, r.time) as t, coalesce(e.lon, r.lon), t2m, rain from {e} e {kind} join {p} r on {on} order by t", rows(both, "time", "lon", "t", "r"), why=f"{kind.capitalize()}: what has no partner.")
    inside = era.time.isin(rain.time).values[:, None, None] & era.lat.isin(rain.lat).values[:, None] & era.lon.isin(rain.lon).values
    slt.query("select count(*), avg(t2m) from era left semi join rain using (time, lat, lon)", [(int(inside.sum()), f64(era.t2m).where(inside).mean().item())])
    slt.query("select count(*), avg(t2m) from era left anti join rain using (time, lat, lon)", [(int((~inside).sum()), f64(era.t2m).where(~inside).mean().item())])
    slt.query("select count(*), count(rain), avg(t2m), avg(rain) from era left join rain using (time, lat, lon)", [(era.t2m.size, r.size, f64(era.t2m).mean().item(), r.mean().item())])
    warm = r.where((t > 298) & (r > 5))
    slt.query("select count(*), avg(rain) from era join rain using (time, lat, lon) where t2m > 298 and rain > 5", [(int(warm.count()), warm.mean().item())])
    total = f64(era.t2m) + f64(era.u10)
    slt.query("select avg(a.t2m + b.u10) from era a join era b using (time, lat, lon)", [(total.mean().item(),)], relative="1e-6", why="A dataset with itself.")
    north, south = era.t2m.sel(lat=slice(60, 5)), era.t2m.sel(lat=slice(-5, -60)).isel(lat=slice(None, None, -1))
    slope = (f64(north) - f64(south).assign_coords(lat=north.lat)).mean(["time", "lon"]).rename("d")
    slt.query("select a.lat, avg(a.t2m - cast(b.t2m as double)) from era a join era b on b.time = a.time and b.lat = -a.lat and b.lon = a.lon where a.lat between 5 and 60 group by a.lat order by a.lat desc",
              rows(slope, "lat", "d"), relative="1e-7", why="The other hemisphere.")


def shifted_cases(slt, era):
    t = f64(era.t2m).rename("t")
    for days, sql in [(1, "a.time + interval '1 day'"), (7, "a.time + interval '1 week'"), (-30, "a.time - interval '30 days'"), (45, "a.time + interval '45 days'")]:
        other = t.assign_coords(time=t.time - np.timedelta64(days, "D"))
        a, b = xr.align(t, other, join="inner")
        slt.query(f"select count(*), avg(abs(b.t2m - a.t2m)), max(b.t2m - a.t2m) from era a join era b on b.time = {sql} and b.lat = a.lat and b.lon = a.lon",
                  [(a.size, abs(b - a).mean().item(), (b - a).max().item())], relative="1e-6", why="W15" if days == 1 else None)
    month = {when: when + pd.DateOffset(months=1) for when in pd.DatetimeIndex(t.time.values)}
    pairs = [(a, b) for a, b in month.items() if b in t.indexes["time"]]
    change = [(b.date().isoformat() + "T00:00:00", (t.sel(time=b, lat=50) - t.sel(time=a, lat=50)).mean().item()) for a, b in pairs]
    slt.query("select b.time, avg(b.t2m - cast(a.t2m as double)) from era a join era b on b.time = a.time + interval '1 month' and b.lat = a.lat and b.lon = a.lon where b.lat = 50 group by b.time order by b.time limit 30",
              pd.DataFrame(change).groupby(0, sort=True)[1].mean().reset_index().values.tolist()[:30], relative="1e-6", why="Months differ in length: two days may become one.")
    east = t - t.roll(lon=-1, roll_coords=False)
    slt.query("select a.lat, avg(abs(a.t2m - cast(b.t2m as double))) from era a join era b on b.time = a.time and b.lat = a.lat and b.lon = a.lon + 5 where a.lat >= 75 group by a.lat order by a.lat desc",
              rows(abs(east.isel(lon=slice(0, -1))).mean(["time", "lon"])[:4], "lat", "t"), relative="1e-6")
    moved = t.shift(time=2).sel(lat=-20.0, lon=[300.0]).isel(time=slice(0, 5)).rename("before")
    slt.query("select b.time, b.lon, a.t2m from era b left join era a on b.time = a.time + interval '2 days' and a.lat = b.lat and a.lon = b.lon where b.lat = -20 and b.lon = 300 order by b.time limit 5",
              [(w, x, None if np.isnan(v) else np.float32(v)) for w, x, v in rows(moved, "time", "lon", "before")], why="Where there is no day before, the left side stays.")


def forecast_cases(slt, era):
    ds = read("forecast.zarr")
    valid = ds.init + ds.lead
    known = f64(era.t2m).mean("lat").rename("t")
    seen = known.reindex(time=np.unique(valid.values)).sel(time=valid)
    error = (ds.f - seen).rename("e")
    there = error.notnull()
    means = error.mean(["init", "lon"])
    slt.query("with seen as (select time, lon, avg(t2m) as t from era group by time, lon) select f.lead, count(*), avg(f.f - s.t) from forecast f join seen s on s.time = f.init + f.lead and s.lon = f.lon group by f.lead order by f.lead",
              [(k, int(n), e) for k, n, e in zip(means.lead.values, there.sum(["init", "lon"]).values, means.values)], relative="1e-7", why="Valid time is a function of two dimensions; some lie past the last day.")
    point = f64(era.t2m).sel(lat=0).reindex(time=np.unique(valid.values)).sel(time=valid)
    square = ((ds.f - point) ** 2).mean(["init", "lon"])
    slt.query("select f.lead, sqrt(avg((f.f - e.t2m) * (f.f - e.t2m))) from forecast f join era e on e.time = f.init + f.lead and e.lon = f.lon where e.lat = 0 group by f.lead order by f.lead",
              rows(np.sqrt(square).rename("e"), "lead", "e"), relative="1e-7")


def broadcast_cases(slt, era):
    t = f64(era.t2m).rename("t")
    clim = t.groupby("time.month").mean()
    away = t.groupby("time.month") - clim
    slt.query("with clim as (select month(time) as m, lat, lon, avg(t2m) as c from era group by 1, 2, 3) select count(*), avg(abs(e.t2m - c.c)), max(e.t2m - c.c) from era e join clim c on month(e.time) = c.m and e.lat = c.lat and e.lon = c.lon",
              [(away.size, abs(away).mean().item(), away.max().item())], relative="1e-7", why="A climatology.")
    mask = f64(read("mask.zarr").land)
    land = t.where(mask == 1)
    slt.query("select count(*), avg(t2m) from era join mask using (lat, lon) where land = 1", [(int(land.count()), land.mean().item())], why="A mask.")
    by_land = [(k, int(part.count()), part.mean().item()) for k in (0.0, 1.0) for part in [t.where(mask == k)]] + [(None, int((t.where(mask.isnull())).count()), t.where(mask.isnull()).mean().item())]
    slt.query("select land, count(*), avg(t2m) from era join mask using (lat, lon) group by land order by land nulls last", by_land)
    weighted = t.weighted(mask.fillna(0)).mean(["lat", "lon"])
    slt.query("select time, weighted_avg(t2m, coalesce(land, 0)) from era join mask using (lat, lon) group by time order by time limit 4", rows(weighted[:4], "time", "t"), why="Weights.")
    zonal = (t - t.mean(["time", "lon"])).sel(lon=15).isel(time=0, lat=[0, 10, 36])
    slt.query("select e.lat, e.t2m - z.z from era e join (select lat, avg(t2m) as z from era group by lat) z on e.lat = z.lat where e.lon = 15 and dim_index(e.time) = 0 and e.lat in (90, 40, -90) order by e.lat desc",
              rows(zonal, "lat", "t"), relative="1e-7")
    months = {1: "January", 2: "February", 11: "November"}
    named = ", ".join(f"({m}, '{n}')" for m, n in months.items())
    slt.query(f"select n.name, count(*), avg(e.t2m) from era e join (values {named}) n(m, name) on month(e.time) = n.m group by n.name order by n.name",
              sorted((months[m], p.size, p.mean().item()) for m, p in t.groupby("time.month") if m in months), why="A table of names.")
    slt.query(f"select coalesce(n.name, 'other') as name, count(*) from era e left join (values {named}) n(m, name) on month(e.time) = n.m group by 1 order by 1",
              sorted((months.get(m, "other"), p.size) for m, p in t.groupby("time.month")))
    slt.query("select w.f, count(*), avg(e.t2m) from era e join (values (90, 'a'), (90, 'b'), (45, 'c'), (44, 'd'), (null, 'e')) w(lat, f) on e.lat = w.lat group by w.f order by w.f",
              [(f, t.sel(lat=y).size, t.sel(lat=y).mean().item()) for f, y in [("a", 90), ("b", 90), ("c", 45)]], why="A label twice multiplies rows; one that is no label, and NULL, have none.")


def buoys():
    """Off the grid in every way: between labels, past the last longitude, halfway, and one that knows nothing."""
    rng = np.random.default_rng(11)
    time = pd.to_datetime("1999-12-18") + pd.to_timedelta(rng.integers(0, 55 * 24 * 60, 12), unit="min")
    lat, lon = np.round(rng.uniform(-88, 88, 12), 2), np.round(rng.uniform(1, 354, 12), 2)
    return pd.DataFrame({"id": np.arange(12), "time": time, "lat": lat, "lon": lon})


def as_values(table):
    return ", ".join(f"({r.id}, timestamp '{r.time.isoformat()}', {r.lat}, {r.lon})" for r in table.itertuples())


def point_cases(slt, era):
    table = buoys()
    # On a descending coordinate, too, `pad` is the label below; xarray speaks of the order of the index instead.
    t = era.t2m.sortby("lat")
    at = {name: xr.DataArray(table[name].values, dims="id") for name in ("time", "lat", "lon")}
    points = f"(values {as_values(table)}, (99, null, 1, 1)) b(id, time, lat, lon)"
    for method in ["nearest", "pad", "backfill"]:
        found = t.sel(at, method=method).assign_coords(id=table.id.values)
        slt.query(f"select b.id, e.time, e.lat, e.lon, e.t2m from {points} join era e on e.time = {method}(e.time, b.time) and e.lat = {method}(e.lat, b.lat) and e.lon = {method}(e.lon, b.lon) order by b.id",
                  rows(found, "id", "time", "lat", "lon", "t2m"), why=f"Buoys, by {method}; one has no time.")
    near = []
    for row in table.itertuples():
        try:
            cell = t.sel(time=row.time, method="nearest", tolerance="8h").sel(lat=row.lat, lon=row.lon, method="nearest", tolerance=2)
            near.append((row.id, cell.lat.values[()], cell.lon.values[()], cell.values[()]))
        except KeyError:
            near.append((row.id, None, None, None))
    on = "e.time = nearest(e.time, b.time, interval '8 hours') and e.lat = nearest(e.lat, b.lat, 2) and e.lon = nearest(e.lon, b.lon, 2)"
    slt.query(f"select b.id, e.lat, e.lon, e.t2m from {points} join era e on {on} order by b.id", [r for r in near if r[1] is not None], why="Within a tolerance.")
    slt.query(f"select b.id, e.lat, e.lon, e.t2m from {points} left join era e on {on} order by b.id", [*near, (99, None, None, None)])
    exact = t.sel({"time": xr.DataArray(pd.to_datetime(["2000-01-01", "1999-12-17", "2000-01-01"]), dims="id"), "lat": xr.DataArray([5.0, -90.0, 5.0], dims="id"), "lon": xr.DataArray([0.0, 355.0, 0.0], dims="id")}).assign_coords(id=[1, 2, 3])
    slt.query("select b.id, e.t2m from (values (1, timestamp '2000-01-01T00:00:00', 5, 0), (2, timestamp '1999-12-17T00:00:00', -90, 355), (3, timestamp '2000-01-01T00:00:00', 5, 0), (4, timestamp '2000-01-01T01:00:00', 5, 0)) b(id, time, lat, lon) join era e on e.time = b.time and e.lat = b.lat and e.lon = b.lon order by b.id",
              rows(exact, "id", "t2m"), why="By equality; a cell twice, and one that is not there.")
    wrapped = {"id": [1, 2, 3], "lat": [10.0, -33.0, 70.0], "lon": [-150.2, -0.4, 179.9]}
    found = t.sel(lat=xr.DataArray(wrapped["lat"], dims="id"), lon=xr.DataArray(np.mod(wrapped["lon"], 360), dims="id"), method="nearest").mean("time").assign_coords(id=wrapped["id"])
    series = [(i, float(f64(t).sel(lat=y, lon=np.mod(x, 360), method="nearest").mean())) for i, y, x in zip(*wrapped.values())]
    three = ", ".join(f"({i}, {y}, {x})" for i, y, x in zip(*wrapped.values()))
    slt.query(f"select b.id, count(*), avg(e.t2m) from (values {three}) b(id, lat, lon) join era e on e.lat = nearest(e.lat, b.lat) and e.lon = nearest(e.lon, case when b.lon < 0 then b.lon + 360 else b.lon end) group by b.id order by b.id",
              [(i, found.sizes["id"] * 20, v) for i, v in series], why="A series at each point.")
    sst = read("ostia.zarr").surface_temperature
    ship = sst.sel(latitude=xr.DataArray([0.1, 3.3, -4.9], dims="id"), longitude=xr.DataArray([10.2, 200.7, 290.0], dims="id"), time=xr.DataArray(pd.to_datetime(["2007-01-01", "2008-08-08", "2006-05-05"]), dims="id"), method="nearest").assign_coords(id=[1, 2, 3])
    slt.table("ostia", "ostia.zarr")
    slt.query("select b.id, e.time, e.surface_temperature from (values (1, 0.1, 10.2, timestamp '2007-01-01T00:00:00'), (2, 3.3, 200.7, timestamp '2008-08-08T00:00:00'), (3, -4.9, 290.0, timestamp '2006-05-05T00:00:00')) b(id, lat, lon, time) join ostia e on e.latitude = nearest(e.latitude, b.lat) and e.longitude = nearest(e.longitude, b.lon) and e.time = nearest(e.time, b.time) order by b.id",
              rows(ship, "id", "time", "surface_temperature"), why="On land there is nothing, and the row stays.")


def calendar_point_cases(slt):
    for calendar in ["noleap", "360_day"]:
        ds = read(f"calendar_{calendar}.zarr", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True))
        name = f"c_{calendar}"
        slt.table(name, f"calendar_{calendar}.zarr")
        middle = ds.time.values[60]
        wanted = [middle.replace(day=3, hour=0), middle.replace(month=2, day=28, hour=12), ds.time.values[17]]
        texts = [w.strftime("%Y-%m-%dT%H:%M:%S") for w in wanted]
        points = ", ".join(f"({i}, '{w}')" for i, w in enumerate(texts))
        for method in ["nearest", "pad", "backfill"]:
            found = ds.v.sel(time=xr.DataArray(np.array(wanted), dims="id"), method=method).isel(x=[0, 2]).assign_coords(id=range(3))
            slt.query(f"select b.id, e.time, e.x, e.v from (values {points}) b(id, time) join {name} e on e.time = {method}(e.time, b.time) where e.x in (0, 2) order by b.id, e.x", rows(found, "id", "time", "x", "v"),
                      why="A profile at each point, on a calendar of its own." if method == "nearest" else None)


def region_cases(slt, era):
    t = f64(era.t2m).rename("t")
    # south, north, west, east: two overlap, one is a point, one a line, one holds no label.
    boxes = {"atlantic": (-20.5, 40, 300, 345), "nino": (-5, 5, 190, 240), "pacific": (-30, 30, 150.2, 270.9), "point": (45, 45, 100, 100), "ring": (-61, -59, 0, 360), "nowhere": (1, 4, 0, 360), "turned": (10, -10, 0, 90)}
    table = ", ".join(f"('{n}', {a}, {b}, {c}, {d})" for n, (a, b, c, d) in boxes.items())
    regions = f"(values {table}, ('unknown', null, 5, 0, 9)) r(name, south, north, west, east)"
    on = "e.lat between r.south and r.north and e.lon between r.west and r.east"
    part = {n: t.sel(lat=slice(b, a), lon=slice(c, d)) for n, (a, b, c, d) in sorted(boxes.items())}
    slt.query(f"select r.name, count(*), avg(e.t2m), min(e.t2m), max(e.t2m) from era e join {regions} on {on} group by r.name order by r.name",
              [(n, p.size, p.mean().item(), np.float32(p.min()), np.float32(p.max())) for n, p in part.items() if p.size], why="Zonal statistics.")
    slt.query(f"select r.name, month(e.time) as m, avg(e.t2m) from era e join {regions} on {on} where r.name < 'o' group by r.name, m order by r.name, m",
              [(n, int(m), v) for n in ("atlantic", "nino") for m, v in rows(part[n].groupby("time.month").mean(...), "month", "t")])
    slt.query(f"select r.name, count(e.t2m), avg(e.t2m) from {regions} left join era e on {on} and e.time = '2000-01-01' group by r.name order by r.name",
              sorted([(n, p.sel(time="2000-01-01").size, p.sel(time="2000-01-01").mean().item() if p.size else None) for n, p in part.items()] + [("unknown", 0, None)]), why="Regions without cells stay on the left side.")
    hot = {n: p.where(p > 300) for n, p in part.items() if p.size}
    slt.query(f"select r.name, count(*), avg(e.t2m) from era e join {regions} on {on} where e.t2m > 300 group by r.name order by r.name",
              [(n, int(p.count()), p.mean().item()) for n, p in hot.items() if p.count()])
    bands = {"winter": ("1999-12-21", "2000-02-14"), "january": ("2000-01-01", "2000-01-31")}
    spans = ", ".join(f"('{n}', timestamp '{a}T00:00:00', timestamp '{b}T00:00:00')" for n, (a, b) in bands.items())
    slt.query(f"select r.name, count(*), avg(e.t2m) from era e join (values {spans}) r(name, first, last) on e.time between r.first and r.last group by r.name order by r.name",
              [(n, p.size, p.mean().item()) for n, (a, b) in sorted(bands.items()) for p in [t.sel(time=slice(a, b))]], why="Spans of time.")


def label_cases(slt):
    ds = read("unsorted.zarr")
    heights = {40: 1.5, 10: 2.5, 99: 3.5}
    table = ", ".join(f"({s}, {h})" for s, h in heights.items())
    slt.query(f"select u.station, u.level, u.v + h.h from unsorted u join (values {table}) h(station, h) on u.station = h.station order by 1, 2",
              sorted((s, p, v + heights[int(s)]) for s, p, v in rows(ds.sel(station=[10, 40]), "station", "level", "v")), why="Labels in no order.")
    other = ds.v.sel(station=ds.station - 10, method=None) if set(ds.station.values - 10) <= set(ds.station.values) else ds.v.reindex(station=ds.station - 10).assign_coords(station=ds.station)
    step = (ds.v - other).dropna("station").sel(level=850).sortby("station").rename("d")
    slt.query("select a.station, a.v - b.v from unsorted a join unsorted b on b.station = a.station - 10 and a.level = b.level where a.level = 850 order by a.station", rows(step, "station", "d"))
    x, v = read("repeated.zarr").x.values, read("repeated.zarr").v.values
    pairs = sorted((int(x[i]), v[i], v[j]) for i in range(12) for j in range(12) if x[i] == x[j])
    slt.query("select a.x, a.v, b.v from repeated a join repeated b using (x) order by a.x, a.v, b.v", pairs, why="A label that occurs more than once meets each of its own.")
    ds = read("holes.zarr")
    known = ds.v.isel(x=[0, 2, 3, 5], t=[0, 2, 3])
    slt.query("select count(*), sum(a.v + b.v) from holes a join holes b using (x, t)", [(known.size, 2 * known.sum().item())], why="A label that is missing meets none, itself neither.")
    slt.query("select count(*), count(b.v) from holes a left join holes b using (x, t)", [(ds.v.size, known.size)])


def float_cases(slt):
    single, double = read("tenths.zarr"), read("tenths_f64.zarr")
    slt.table("tenths", "tenths.zarr")
    slt.table("tenths_f64", "tenths_f64.zarr")
    met = double.assign_coords(lat=double.lat.astype("float32"), lon=double.lon.astype("float32"))
    v, w = xr.align(single.v, met.w, join="inner")
    slt.query("select count(*), sum(a.v * b.w) from tenths a join tenths_f64 b using (lat, lon)", [(v.size, (v * w).sum().item())], why="0.1 of float32 and 0.1 of float64 are one label.")
    slt.query("select count(*), sum(a.v * b.w) from tenths_f64 b join tenths a on a.lat = b.lat and b.lon = a.lon", [(v.size, (v * w).sum().item())])
    slt.query("select a.v, b.w from tenths a join tenths_f64 b using (lat, lon) where a.lat = 0.1 order by a.v", rows(xr.Dataset({"v": v, "w": w}).sel(lat=[np.float32(0.1)]), "v", "w"))
