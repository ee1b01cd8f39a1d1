"""Reductions that SQL has no function for: by position along a dimension, weighted, and where an extreme is."""

import numpy as np

from .slt import Slt, f64, rows
from .stores import read


def stores():
    pass


def cases():
    with Slt("reductions", "Positions along a dimension, weighted means, and where the greatest and the least value is.") as slt:
        position_cases(slt)
        coarsen_cases(slt)
        weighted_cases(slt)
        extreme_cases(slt)


def position_cases(slt):
    ds = read("era.zarr")
    slt.table("era", "era.zarr")
    t = f64(ds.t2m)
    for what, kept in [
        ("dim_index(lat) < 10", {"lat": slice(0, 10)}),
        ("dim_index(lat) % 4 = 0 and dim_index(lon) % 9 = 4", {"lat": slice(None, None, 4), "lon": slice(4, None, 9)}),
        ("dim_index(time) between 7 and 11 and dim_index(lon) >= 70", {"time": slice(7, 12), "lon": slice(70, None)}),
        ("dim_index(lat) in (36, 0, 18, 99)", {"lat": [0, 18, 36]}),
        ("37 - dim_index(lat) <= 2", {"lat": slice(-2, None)}),
        ("dim_index(time) = dim_index(lat)", {"time": ("diagonal", np.arange(37)), "lat": ("diagonal", np.arange(37))}),
    ]:
        part = t.isel(kept)
        slt.query(f"select count(*), min(lat), max(lon), min(time), avg(t2m) from era where {what}",
                  [(part.size, part.lat.values.min(), part.lon.values.max(), part.time.values.min(), part.mean().item())])
    slt.query("select distinct dim_index(lat) as i, lat from era where lat > 75 order by i", [(i, ds.lat.values[i]) for i in range(3)])
    ds = read("unsorted.zarr")
    slt.table("unsorted", "unsorted.zarr")
    slt.query("select dim_index(station), station, dim_index(level), level, v from unsorted where dim_index(station) < 2 order by v",
              [(i, s, j, p, v) for (s, p, v), (i, j) in zip(rows(ds.isel(station=[0, 1]), "station", "level", "v"), np.ndindex(2, 4))])
    slt.query("select sum(v) from unsorted where dim_index(level) % 2 = 1", [(ds.v.isel(level=slice(1, None, 2)).sum().item(),)])
    ds = read("curvilinear.zarr")
    slt.table("c", "curvilinear.zarr")
    slt.query("select count(*), sum(v), max(x), min(tlat) from c where dim_index(x) >= 7 and dim_index(y) % 5 = 1",
              [((p := ds.isel(x=slice(7, None), y=slice(1, None, 5))).v.size, p.v.sum().item(), 9, p.TLAT.min().item())],
              why="A dimension without labels is its positions.")
    ds = read("calendar_360_day.zarr")
    slt.table("days", "calendar_360_day.zarr")
    slt.query("select time, v from days where dim_index(time) > 119 and x = 1 order by time", rows(ds.isel(time=slice(120, None), x=1), "time", "v"))
    slt.table("repeated", "repeated.zarr")
    slt.error("select dim_index(x) from repeated", "a label of coordinate `x` occurs more than once")


def coarsen_cases(slt):
    t = f64(read("era.zarr").t2m).rename("t")
    blocks = t.coarsen(lat=4, lon=9, boundary="pad").mean().mean("time").isel(lat=slice(-3, None), lon=slice(0, 2))
    slt.query("select min(lat), max(lat), dim_index(lon) / 9 as j, avg(t2m) from era where dim_index(lat) >= 28 and dim_index(lon) < 18 group by dim_index(lat) / 4, j order by 1 desc, j",
              [(low, high, j, blocks.values[i, j]) for i, (low, high) in enumerate([(-65.0, -50.0), (-85.0, -70.0), (-90.0, -90.0)]) for j in range(2)],
              why="The last block is not whole.")
    weeks = t.coarsen(time=7, boundary="trim").max().max(["lat", "lon"])
    slt.query("select dim_index(time) / 7 as week, max(t2m) from era where dim_index(time) < 56 group by week order by week",
              [(i, np.float32(v)) for i, v in enumerate(weeks.values)])
    v = read("curvilinear.zarr").v
    pairs = v.coarsen(y=4, x=5).sum().sum("time")
    slt.query("select dim_index(y) / 4 as i, dim_index(x) / 5 as j, sum(v) from c group by i, j order by i, j",
              [(i, j, pairs.values[i, j]) for i, j in np.ndindex(pairs.shape)])


def weighted_cases(slt):
    t = f64(read("era.zarr").t2m).rename("t")
    weights = np.cos(np.radians(f64(t.lat)))
    series = t.weighted(weights).mean(["lat", "lon"])
    slt.query("select time, weighted_avg(t2m, cos(radians(lat))) from era group by time order by time limit 7", rows(series[:7], "time", "t"))
    slt.query("select weighted_avg(t2m, cos(radians(lat))) from era", [(t.weighted(weights).mean().item(),)])
    warm = t.where(t > 300).weighted(weights).mean(["time", "lon"]).isel(lat=slice(8, 20))
    slt.query("select lat, weighted_avg(case when t2m > 300 then t2m end, cos(radians(lat))) from era where lat between -5 and 50 group by lat order by lat desc",
              rows(warm, "lat", "t"), why="What is missing has no weight; where all is missing there is no mean.")
    both = t.weighted((t.lon >= 180) * 1.0).mean(["time", "lat"]).isel(lon=slice(34, 38))
    slt.query("select lon, weighted_avg(t2m, case when lon >= 180 then 1 else 0 end) from era where lon between 170 and 185 group by lon order by lon",
              rows(both, "lon", "t"), why="Weights that add up to 0.")
    ostia = read("ostia.zarr")
    sst = f64(ostia.surface_temperature).rename("t")
    mean = sst.weighted(np.cos(np.radians(f64(sst.latitude)))).mean(["latitude", "longitude"])
    slt.table("ostia", "ostia.zarr")
    slt.query("select time, weighted_avg(surface_temperature, cos(radians(latitude))) from ostia group by time order by time limit 5",
              rows(mean[:5], "time", "t"))


def extreme_cases(slt):
    ds = read("era.zarr")
    part = ds.isel(lat=[2, 18], lon=[0, 1, 2])
    found = ds.u10.idxmax("time").rename("high").to_dataset()
    found["low"] = ds.u10.idxmin("time")
    found["i"] = ds.u10.argmax("time")
    found["t"] = ds.t2m.isel(time=ds.u10.argmin("time"))
    found = found.sel(lat=part.lat, lon=part.lon)
    slt.query("select lat, lon, arg_max(time, u10), arg_min(time, u10), arg_max(dim_index(time), u10), arg_min(t2m, u10 * 1000 + dim_index(time)) from era where lat in (80, 0) and lon < 15 group by lat, lon order by lat desc, lon",
              rows(found, "lat", "lon", "high", "low", "i", "t"), why="Of several extremes the first time.")
    south_first = ds.sortby("lat").t2m.sel(lon=90.0).isel(time=slice(0, 4))
    slt.query("select time, arg_max(lat, t2m), arg_min(lat, t2m), max(t2m) from era where lon = 90 and dim_index(time) < 4 group by time order by time",
              [(t, hi, lo, m) for t, hi, lo, m in zip(south_first.time.values, south_first.idxmax("lat").values, south_first.idxmin("lat").values, south_first.max("lat").values)],
              why="Of several extremes the least label.")
    top = ds.t2m.isel(ds.t2m.argmax(...))
    slt.query("select arg_max(lat, t2m), arg_max(lon, t2m), max(t2m) from era where t2m >= (select max(t2m) from era)",
              [(ds.lat.values[(ds.t2m == top).any(["time", "lon"])].min(), ds.lon.values[(ds.t2m == top).any(["time", "lat"])].min(), top.values[()])])
    ostia = read("ostia.zarr").surface_temperature.isel(latitude=[0, 9], longitude=slice(0, 40, 8))
    when = ostia.idxmax("time").rename("t")
    slt.query("select latitude, longitude, arg_max(time, surface_temperature) from ostia where dim_index(latitude) in (0, 9) and dim_index(longitude) in (0, 8, 16, 24, 32) group by latitude, longitude order by latitude, longitude",
              rows(when, "latitude", "longitude", "t"), why="On land there is none.")
    days = read("calendar_360_day.zarr").v
    slt.query("select x, arg_max(time, v), arg_min(time, v) from days group by x order by x",
              [(x, days.idxmax("time").values[x], days.idxmin("time").values[x]) for x in range(3)])
