"""The questions that Hyperslab is measured on, asked of a small reanalysis (`era.zarr`, which `labels.py` writes)."""

import numpy as np
import pandas as pd

from .slt import Slt, f64, rows
from .stores import read


def stores():
    pass


def cases():
    ds = read("era.zarr")
    t, u = f64(ds.t2m).rename("t"), f64(ds.u10)
    with Slt("workloads", "Reductions, climatologies, anomalies, windows and joins of a small reanalysis.") as slt:
        slt.table("era", "era.zarr")
        reductions(slt, t, u)
        windows(slt, t)
        joins(slt, ds, t)
        orders(slt, ds)


def reductions(slt, t, u):
    by_month = t.groupby("time.month")
    slt.query("select month(time) as m, lat, avg(t2m) from era where abs(lat) > 80 group by m, lat order by m, lat",
              sorted(rows(by_month.mean(["time", "lon"]).sel(lat=[90, 85, -85, -90]), "month", "lat", "t")), why="W4")
    maps = by_month.mean("time").sel(lat=[45.0], lon=[0.0, 180.0])
    slt.query("select month(time) as m, lat, lon, avg(t2m) as t from era group by month(time), lat, lon having lat = 45 and lon in (0, 180) order by m, lon",
              rows(maps.transpose("month", "lat", "lon"), "month", "lat", "lon", "t"), why="W3")
    box = t.sel(lat=slice(5, -5), lon=slice(190, 240)).mean(["lat", "lon"])
    slt.query("select time, avg(t2m) from era where lat between -5 and 5 and lon between 190 and 240 group by time order by time limit 10", rows(box[:10], "time", "t"), why="W5")
    years = t.sel(lon=10.0).groupby("time.year").mean("time").sel(lat=slice(90, 80))
    slt.query("select date_trunc('year', time) as y, lat, avg(t2m) from era where lon = 10 and lat >= 80 group by y, lat order by y, lat",
              sorted((np.datetime64(f"{y}-01-01"), lat, v) for y, lat, v in rows(years, "year", "lat", "t")), why="W8")
    slt.query("select count(*) from era where t2m > 300 and u10 < 0", [(int(((t > 300) & (u < 0)).sum()),)], why="W9")
    speed = np.sqrt(t * t + u * u).rename("s")
    slt.query("select lat, avg(sqrt(cast(t2m as double) * t2m + cast(u10 as double) * u10)) from era group by lat order by lat limit 3",
              sorted(rows(speed.mean(["time", "lon"]), "lat", "s"))[:3], why="W10")
    slt.query("select lon, min(t2m), max(t2m), stddev_pop(t2m), median(t2m), count(distinct u10) from era where lat = 0 and lon < 20 group by lon order by lon",
              [(x, np.float32(a.min()), np.float32(a.max()), a.std().item(), np.float32(a.median()), np.unique(u.sel(lat=0, lon=x)).size)
               for x in [0.0, 5.0, 10.0, 15.0] for a in [t.sel(lat=0, lon=x)]], relative="1e-6")
    slt.query("select corr(t2m, u10), covar_pop(t2m, u10) from era where lat = 30",
              [(np.corrcoef(t.sel(lat=30).values.ravel(), u.sel(lat=30).values.ravel())[0, 1], np.cov(t.sel(lat=30).values.ravel(), u.sel(lat=30).values.ravel(), bias=True)[0, 1])],
              relative="1e-6")
    bins = t.groupby((np.floor(t.lat / 30)).rename("band")).mean(...)
    slt.query("select floor(lat / 30) as band, avg(t2m) from era group by band order by band", rows(bins, "band", "t"))
    slt.query("select grouping(lat), avg(t2m) from era where lat in (0, 90) group by rollup(lat) order by 1, 2",
              [*((0, v) for v in sorted(t.sel(lat=[0, 90]).mean(["time", "lon"]).values)), (1, t.sel(lat=[0, 90]).mean().item())])


def windows(slt, t):
    anomaly = t.groupby("time.month") - t.groupby("time.month").mean("time")
    slt.query("select avg(abs(a)), max(a) from (select t2m - avg(t2m) over (partition by month(time), lat, lon) as a from era where lat > 60)",
              [(abs(anomaly).isel(lat=t.lat.values > 60).mean().item(), anomaly.isel(lat=t.lat.values > 60).max().item())], relative="1e-7", why="W12")
    point = t.sel(lat=[0.0], lon=[0.0, 5.0])
    rolled = point.rolling(time=3, center=True, min_periods=1).mean()
    slt.query("select time, lat, lon, avg(t2m) over (partition by lat, lon order by time rows between 1 preceding and 1 following) from era where lat = 0 and lon <= 5 order by time, lat, lon limit 12",
              rows(rolled, "time", "lat", "lon", "t")[:12], why="W14")
    slt.query("select lon, sum(d) from (select lon, cast(t2m as double) - lag(t2m) over (partition by lat, lon order by time) as d from era where lat = 0 and lon < 15) group by lon order by lon",
              rows(t.sel(lat=0, lon=[0.0, 5.0, 10.0]).diff("time").sum("time").rename("d"), "lon", "d"))
    slt.query("select time, sum(t2m) over (order by time) from era where lat = 85 and lon = 355 order by time desc limit 3",
              rows(t.sel(lat=85, lon=355).cumsum("time").assign_coords(time=t.time), "time", "t")[::-1][:3])


def joins(slt, ds, t):
    lagged = (t - t.shift(time=1).rename("t")).isel(lat=[9], lon=[0, 1]).isel(time=slice(1, 6))
    slt.query("select b.time, b.lat, b.lon, cast(b.t2m as double) - a.t2m from era a join era b on b.time = a.time + interval '1 day' and a.lat = b.lat and a.lon = b.lon where b.lat = 45 and b.lon <= 5 order by 1, 2, 3 limit 10",
              rows(lagged, "time", "lat", "lon", "t"), why="W15")
    boxes = {"north": (60, 90, 0, 90), "tropics": (-20, 20, 100, 200), "line": (45, 45, 0, 355), "nowhere": (91, 95, 0, 10)}
    values = ", ".join(f"('{n}', {a}, {b}, {c}, {d})" for n, (a, b, c, d) in boxes.items())
    means = [(n, t.sel(lat=slice(b, a), lon=slice(c, d)).size, t.sel(lat=slice(b, a), lon=slice(c, d)).mean().item()) for n, (a, b, c, d) in sorted(boxes.items()) if n != "nowhere"]
    slt.query(f"select r.name, count(*), avg(e.t2m) from era e join (values {values}) r(name, south, north, west, east) on e.lat between r.south and r.north and e.lon between r.west and r.east group by r.name order by r.name",
              means, why="W17")
    clim = t.groupby("time.month").mean("time")
    departure = (t.groupby("time.month") - clim).sel(lat=0, lon=0).isel(time=slice(0, 4))
    slt.query("with clim as (select month(time) as m, lat, lon, avg(t2m) as c from era group by 1, 2, 3) select e.time, e.t2m - c.c from era e join clim c on month(e.time) = c.m and e.lat = c.lat and e.lon = c.lon where e.lat = 0 and e.lon = 0 order by e.time limit 4",
              rows(departure, "time", "t"), why="A climatology joined to what it was made of.")
    slt.query("select count(*) from era join (select distinct lat, lon from era where t2m > 309.5) hot on era.lat = hot.lat and era.lon = hot.lon",
              [(int((ds.t2m > 309.5).any("time").sum()) * 60,)])


def orders(slt, ds):
    series = ds.t2m.to_series().sort_values(ascending=False)
    top = series[series >= series.iloc[9]]
    slt.query("select t2m from era order by t2m desc limit 10", [(np.float32(v),) for v in series.iloc[:10]], why="W18")
    slt.query(f"select count(*) from era where t2m >= {np.format_float_positional(top.iloc[-1], trim='-')}::float", [(len(top),)])
    part = ds.isel(lat=[36, 0], lon=[71], time=[0, 59])
    slt.query("select time, lat, t2m from era where abs(lat) = 90 and lon = 355 and (time = '1999-12-17' or time = '2000-02-14') order by lat, time",
              [(t, y, v) for y in [-90.0, 90.0] for t, v in rows(part.t2m.sel(lat=y, lon=355), "time", "t2m")])
    slt.query("select distinct date_trunc('month', time) as m from era order by m", [(m,) for m in pd.to_datetime(["1999-12-01", "2000-01-01", "2000-02-01"])])
    slt.query("select lat from era group by lat order by lat desc limit 2 offset 1", [(85.0,), (80.0,)])
    slt.query("select count(*) from (select * from era limit 1000)", [(1000,)])
    slt.query("select count(*) from (select lat, lon from era where lat = 0 limit 7)", [(7,)])
    slt.query("select max(time) from (select time from era where lon = 0 union all select time from era where lon = 5)", [(ds.time.values[-1],)])
