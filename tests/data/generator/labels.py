"""Coordinates whose labels set traps: descending, unsorted, repeated, missing, of float32, of text."""

import numpy as np
import pandas as pd
import xarray as xr

from .slt import Slt, f64, rows
from .stores import read, write


def values(*shape, dtype="float64", scale=1.0):
    """Numbers that are all different and add without rounding."""
    return (np.arange(np.prod(shape)).reshape(shape) * scale).astype(dtype)


def stores():
    # A reanalysis: latitudes descend, longitudes go from 0 to 360, chunks cover a map in four pieces.
    rng = np.random.default_rng(20)
    time = pd.date_range("1999-12-17", periods=60)
    lat, lon = np.arange(90, -91, -5, dtype="float32"), np.arange(0, 360, 5, dtype="float32")
    warm = 260 + 40 * np.cos(np.radians(lat))[None, :, None] + 10 * np.sin(np.arange(60) / 9)[:, None, None]
    t2m = (warm + rng.integers(-30, 30, (60, 37, 72)) / 10).astype("float32")
    u10 = (rng.integers(-150, 150, (60, 37, 72)) / 10).astype("float32")
    dims = ("time", "lat", "lon")
    era = xr.Dataset(
        {"t2m": (dims, t2m, {"units": "K"}), "u10": (dims, u10, {"units": "m s-1"})},
        {"time": time, "lat": lat, "lon": lon},
    )
    write(era, "era.zarr", chunks={"time": 30, "lat": 19, "lon": 36})

    # Steps of 0.1 that float32 cannot hold: 0.1f32 is not 0.1f64.
    steps = (np.arange(-10, 11) / 10).astype("float32")
    tenths = xr.Dataset(
        {"v": (("lat", "lon"), values(21, 8))},
        {"lat": steps, "lon": (np.arange(8) * 0.7 + 0.3).astype("float32")},
    )
    write(tenths, "tenths.zarr", chunks={"lat": 8, "lon": 8})

    unsorted = xr.Dataset(
        {"v": (("station", "level"), values(7, 4))},
        {
            "station": np.array([30, 10, 70, 20, 60, 50, 40], "int32"),
            "level": np.array([1000.0, 500.0, 850.0, 10.0]),
            "height": ("station", np.array([5.5, np.nan, 3.5, 9.5, np.nan, 1.5, 2.5])),
        },
    )
    write(unsorted, "unsorted.zarr", chunks={"station": 3, "level": 4})

    # The same label twice, and twice again far from there.
    repeated = xr.Dataset({"v": ("x", values(12))}, {"x": [1, 2, 2, 3, 4, 4, 4, 5, 2, 6, 6, 1]})
    write(repeated, "repeated.zarr", chunks={"x": 4})
    steady = xr.Dataset({"v": ("x", values(8))}, {"x": [1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0]})
    write(steady, "steady.zarr", chunks={"x": 3})

    # Labels that are missing.
    holes = xr.Dataset(
        {"v": (("x", "t"), values(6, 4))},
        {
            "x": [0.5, np.nan, 2.5, 3.5, np.nan, 5.5],
            "t": np.array(["2000-01-01", "NaT", "2000-03-01", "2000-04-01"], "datetime64[ns]"),
        },
    )
    write(holes, "holes.zarr", chunks={"x": 2, "t": 4})

    text = xr.Dataset(
        {"v": (("city", "year"), values(5, 3)), "area": ("city", np.array([3.5, 1.5, 4.5, 2.5, 5.5]))},
        {
            "city": np.array(["Oslo", "Århus", "New York", "", "Oslo-2"], dtype=object),
            "year": np.array([2001, 2003, 2002], "uint16"),
            "country": ("city", np.array(["NO", "DK", "US", "??", "NO"])),
        },
    )
    write(text, "text.zarr", chunks={"city": 2, "year": 3})
    write(text, "text_v2.zarr", zarr_format=2, chunks={"city": 2, "year": 3})


def cases():
    with Slt("labels", "Labels: descending, unsorted, repeated, missing, of float32, of text.") as slt:
        era_cases(slt)
        tenths_cases(slt)
        unsorted_cases(slt)
        repeated_cases(slt)
        holes_cases(slt)
        for store in ["text", "text_v2"]:
            text_cases(slt, store)


def era_cases(slt):
    ds = read("era.zarr")
    t, u = f64(ds.t2m).rename("t"), f64(ds.u10)
    slt.table("era", "era.zarr")
    slt.query("select avg(t2m), avg(u10), count(*) from era", [(t.mean().item(), u.mean().item(), t.size)])
    slt.query("select lat, avg(t2m) from era group by lat order by lat desc", rows(t.mean(["time", "lon"]), "lat", "t"))
    slt.query(
        "select lat, lon, t2m from era where time = '2000-01-01' and lat between -5 and 5 and lon >= 350 order by lat desc, lon",
        rows(ds.sel(time="2000-01-01", lat=slice(5, -5), lon=slice(350, None)), "lat", "lon", "t2m"),
        why="Latitudes descend.",
    )
    slt.query(
        "select lat, lon, t2m from era where lat = nearest(lat, 41.1) and lon = nearest(lon, 250.2) and time >= '2000-02-10' order by time",
        rows(ds.sel(lat=41.1, lon=250.2, method="nearest").sel(time=slice("2000-02-10", None)), "lat", "lon", "t2m"),
    )
    for method in ["pad", "backfill"]:
        # On a descending coordinate, too, `pad` is the label below; xarray speaks of the order of the index instead.
        found = ds.sortby("lat").sel(lat=[12.0], lon=[7.0], method=method).isel(time=[0])
        slt.query(
            f"select lat, lon, t2m from era where lat = {method}(lat, 12) and lon = {method}(lon, 7) and time = '1999-12-17'",
            rows(found, "lat", "lon", "t2m"),
        )
    slt.query(
        "select distinct lat from era where lat = nearest(lat, 42.5)",
        [(ds.sortby("lat").sel(lat=42.5, method="nearest").lat.values[()],)],
        why="Of two labels at the same distance the larger, on a descending coordinate too.",
    )
    slt.query("select count(*) from era where lat = nearest(lat, 42.4, 1)", [(0,)], why="Nothing within the tolerance.")
    slt.query(
        "select distinct lat, lon from era where lat = nearest(lat, 44.5, 1) and lon = nearest(lon, 100.5, 0.5)",
        [tuple(ds.sel(lat=44.5, method="nearest", tolerance=1).sel(lon=100.5, method="nearest", tolerance=0.5)[c].values[()] for c in ("lat", "lon"))],
    )
    for what, kept in [
        ("lat < -60 or lat > 60", np.abs(ds.lat.values) > 60),
        ("not (lat >= -60)", ds.lat.values < -60),
        ("lat in (90, 0, -90, 33)", np.isin(ds.lat.values, [90, 0, -90])),
        ("lat not in (90, 0, -90)", ~np.isin(ds.lat.values, [90, 0, -90])),
        ("lat <> 0 and abs(lat) <= 10", (ds.lat.values != 0) & (np.abs(ds.lat.values) <= 10)),
        ("lat = 0 or lat = 2", ds.lat.values == 0),
        ("cast(lat as int) % 20 = 0", ds.lat.values.astype(int) % 20 == 0),
        ("floor(lat / 10) = 3", np.floor(ds.lat.values / 10) == 3),
        ("lat between 5 and -5", np.zeros(37, bool)),
        ("lat > 1e300", np.zeros(37, bool)),
        ("-lat >= 85", ds.lat.values <= -85),
        ("lat is null", np.zeros(37, bool)),
        ("lat is not null", np.ones(37, bool)),
        ("sin(radians(lat)) > 0.9", np.sin(np.radians(ds.lat.values)) > 0.9),
        ("case when lat > 0 then lat else -lat end > 80", np.abs(ds.lat.values) > 80),
    ]:
        part = t.isel(lat=kept)
        slt.query(
            f"select count(*), min(lat), max(lat), avg(t2m) from era where {what}",
            [(part.size, *((part.lat.min().values[()], part.lat.max().values[()], part.mean().item()) if part.size else (None,) * 3))],
        )
    for what, kept in [
        ("time > '2000-02-10'", ds.time.values > np.datetime64("2000-02-10")),
        ("time = '2000'", ds.time.values == np.datetime64("2000-01-01")),
        ("time >= timestamp '2000-02-01 00:00:00'", ds.time.values >= np.datetime64("2000-02-01")),
        ("time < date '1999-12-20'", ds.time.values < np.datetime64("1999-12-20")),
        ("time between '2000-01' and '2000-01-03'", (ds.time.values >= np.datetime64("2000-01-01")) & (ds.time.values <= np.datetime64("2000-01-03"))),
        ("month(time) = 2", ds.time.dt.month.values == 2),
        ("extract(day from time) = 31", ds.time.dt.day.values == 31),
        ("season(time) = 'DJF' and year(time) = 1999", ds.time.dt.year.values == 1999),
        ("date_trunc('month', time) = '2000-01-01'", (ds.time.dt.month.values == 1)),
        ("dayofyear(time) in (1, 366, 365)", np.isin(ds.time.dt.dayofyear.values, [1, 365, 366])),
        ("time + interval '1 day' = '2000-01-01'", ds.time.values == np.datetime64("1999-12-31")),
        ("cast(time as varchar) like '2000-02-0%'", (ds.time.dt.month.values == 2) & (ds.time.dt.day.values < 10)),
        ("time = nearest(time, '2000-01-10T13:00:00')", ds.time.values == ds.time.sel(time="2000-01-10T13:00:00", method="nearest").values),
        ("time in ('1999-12-17', '2000-02-14', '2001-01-01')", np.isin(ds.time.values, np.array(["1999-12-17", "2000-02-14"], "datetime64[ns]"))),
    ]:
        part = t.isel(time=kept)
        slt.query(
            f"select count(*), min(time), max(time), avg(t2m) from era where {what}",
            [(part.size, part.time.values.min(), part.time.values.max(), part.mean().item())],
        )
    slt.query(
        "select avg(sqrt(t2m * t2m + u10 * u10)) from era where lon < 90 group by lat having lat = 45",
        [(np.sqrt(t**2 + u**2).isel(lon=ds.lon.values < 90).sel(lat=45).mean().item(),)],
        relative="1e-6",
    )
    weights = np.cos(np.radians(f64(ds.lat)))
    slt.query(
        "select time, sum(t2m * cos(radians(lat))) / sum(cos(radians(lat))) as m from era where time < '1999-12-20' group by time order by time",
        rows(t.sel(time=slice(None, "1999-12-19")).weighted(weights).mean(["lat", "lon"]), "time", "t"),
        relative="1e-6",
    )
    slt.query("select count(*) from era where t2m > 300", [(int((ds.t2m > 300).sum()),)])
    hot = ds.t2m.where(ds.t2m > 300)
    slt.query(
        "select lat, count(*) filter (where t2m > 300), max(t2m) filter (where lon < 180) from era where lat > -20 and lat < 20 group by lat order by lat",
        [
            (y, int(hot.sel(lat=y).count()), ds.t2m.sel(lat=y).isel(lon=ds.lon.values < 180).max().values[()])
            for y in ds.lat.values[::-1]
            if -20 < y < 20
        ],
    )
    order = ds.isel(time=slice(0, 1))
    slt.query("select time, lat, lon, t2m, u10 from era order by time, lat desc, lon limit 5", rows(order, "time", "lat", "lon", "t2m", "u10")[:5])
    slt.query("select lat, lon, u10 from era where lon in (0, 355) and lat > 80 and time = '2000-02-14' order by lat, lon offset 1 limit 2",
              sorted(rows(ds.isel(time=[-1], lat=[0, 1], lon=[0, 71]), "lat", "lon", "u10"))[1:3])


def tenths_cases(slt):
    ds = read("tenths.zarr")
    slt.table("tenths", "tenths.zarr")
    for text in ["0.1", "-0.7", "0.3", "1", "0"]:
        slt.query(
            f"select lat, sum(v) from tenths where lat = {text} group by lat",
            rows(ds.sel(lat=np.float32(text)).sum("lon").expand_dims("lat"), "lat", "v"),
            why="A label of float32 is found by its own text." if text == "0.1" else None,
        )
    for what, kept in [
        ("lat >= 0.1 and lat <= 0.3", [11, 12, 13]),
        ("lat > 0.1 and lat < 0.3", [12]),
        ("lat between -0.3 and -0.1", [7, 8, 9]),
        ("lat in (0.1, 0.7, -0.9, 0.15)", [1, 11, 17]),
        ("lat <> 0.1 and lat > 0", [12, 13, 14, 15, 16, 17, 18, 19, 20]),
        ("0.8 <= lat", [18, 19, 20]),
        ("lat = cast(0.6 as float)", [16]),
        ("lat * 2 = 0.2", [11]),
    ]:
        slt.query(f"select count(distinct lat), sum(v) from tenths where {what}", [(len(kept), ds.v.isel(lat=kept).sum().item())])
    slt.query("select count(*) from tenths where v = 0.1", [(0,)])
    slt.query(
        "select distinct lat, lon from tenths where lat = nearest(lat, 0.1499) and lon = nearest(lon, 1.0)",
        rows(ds.sel(lat=[0.1499], lon=[1.0], method="nearest"), "lat", "lon"),
    )
    slt.query("select a.lat, sum(a.v - b.v) from tenths a join tenths b using (lat, lon) where a.lat = 0.1 group by a.lat", [(np.float32(0.1), 0.0)])


def unsorted_cases(slt):
    ds = read("unsorted.zarr")
    slt.table("unsorted", "unsorted.zarr")
    slt.query("select station, level, v from unsorted where station > 45 and level < 900 order by station, level",
              sorted(rows(ds.isel(station=[2, 4, 5], level=[1, 2, 3]), "station", "level", "v")))
    slt.query("select min(station), max(station), min(level), max(level) from unsorted", [(10, 70, 10.0, 1000.0)])
    slt.query("select station, sum(v) from unsorted where station in (40, 10, 99) group by station order by station",
              sorted(rows(ds.sel(station=[40, 10]).sum("level"), "station", "v")))
    slt.query("select distinct level from unsorted where level = nearest(level, 700)", [(850.0,)])
    slt.query("select station, height, sum(v) from unsorted where height > 3 group by 1, 2 order by 1",
              sorted(rows(ds.isel(station=np.array([0, 2, 3])).sum("level"), "station", "height", "v")))
    slt.query("select count(*), count(height), min(height), max(height) from unsorted", [(28, 20, 1.5, 9.5)])
    slt.query("select station, count(*) from unsorted where height is null group by station order by station", [(10, 4), (60, 4)])
    slt.query("select station, v from unsorted where not (height > 3) and level = 10 order by station",
              sorted(rows(ds.isel(station=[5, 6], level=3), "station", "v")))


def repeated_cases(slt):
    ds = read("repeated.zarr")
    slt.table("repeated", "repeated.zarr")
    slt.query("select v from repeated where x = 2 order by v", rows(ds.isel(x=ds.x.values == 2), "v"))
    slt.query("select x, count(*), sum(v) from repeated group by x order by x",
              [(int(x), int((ds.x.values == x).sum()), ds.v.values[ds.x.values == x].sum()) for x in np.unique(ds.x.values)])
    slt.query("select count(*), sum(v) from repeated where x between 2 and 4", [(7, ds.v.values[(ds.x.values >= 2) & (ds.x.values <= 4)].sum())])
    ds = read("steady.zarr")
    slt.table("steady", "steady.zarr")
    slt.query("select v from steady where x = 2 order by v", rows(ds.isel(x=ds.x.values == 2), "v"))
    slt.query("select x, v from steady where x >= 3 and x < 5 order by v", rows(ds.isel(x=ds.x.values == 3), "x", "v"))
    slt.query("select x, v from steady where x = nearest(x, 4.9) order by v", rows(ds.isel(x=ds.x.values == 5), "x", "v"))


def holes_cases(slt):
    ds = read("holes.zarr")
    slt.table("holes", "holes.zarr")
    slt.query("select x, t, v from holes where v < 6 order by v", rows(ds, "x", "t", "v")[:6], why="A label that is missing is NULL, and its cells are there.")
    slt.query("select count(*), count(x), count(t), min(x), max(x), min(t), max(t) from holes",
              [(24, 16, 18, 0.5, 5.5, ds.t.values[0], ds.t.values[3])])
    slt.query("select count(*), sum(v) from holes where x is null", [(8, ds.v.isel(x=[1, 4]).sum().item())])
    slt.query("select count(*), sum(v) from holes where x > 1", [(12, ds.v.isel(x=[2, 3, 5]).sum().item())])
    slt.query("select count(*), sum(v) from holes where not (x > 1)", [(4, ds.v.isel(x=[0]).sum().item())])
    slt.query("select count(*), sum(v) from holes where x <> 2.5", [(12, ds.v.isel(x=[0, 3, 5]).sum().item())])
    slt.query("select count(*), sum(v) from holes where t >= '2000-02' or x = 0.5", [(14, ds.v.isel(t=[2, 3]).sum().item() + ds.v.isel(x=0, t=[0, 1]).sum().item())])
    slt.query("select count(*), sum(v) from holes where x = 'NaN'", [(0, None)])
    slt.query("select x, sum(v) from holes group by x order by x nulls first",
              [(None, ds.v.isel(x=[1, 4]).sum().item()), *rows(ds.v.isel(x=[0, 2, 3, 5]).sum("t").to_dataset(name="v"), "x", "v")])


def text_cases(slt, store):
    ds = read(f"{store}.zarr")
    slt.table(store, f"{store}.zarr")
    slt.query(f"select city, year, v, area, country from {store} where city >= 'O' and city < 'P' order by city, year",
              sorted(rows(ds.isel(city=[0, 4]), "city", "year", "v", "area", "country")))
    slt.query(f"select city, sum(v) from {store} where city in ('New York', 'Århus', 'Nowhere') group by city order by city",
              rows(ds.isel(city=[2, 1]).sum("year"), "city", "v"))
    slt.query(f"select count(*), sum(v) from {store} where city = ''", [(3, ds.v.isel(city=3).sum().item())])
    slt.query(f"select count(*), sum(v) from {store} where city like 'Oslo%' and year = 2002", [(2, ds.v.isel(city=[0, 4], year=2).sum().item())])
    slt.query(f"select country, sum(v), avg(area) from {store} group by country order by country",
              [(c, ds.v.isel(city=ds.country.values == c).sum().item(), ds.area.isel(city=ds.country.values == c).mean().item()) for c in ["??", "DK", "NO", "US"]])
    slt.query(f"select upper(city), length(city), year from {store} where upper(country) = 'NO' and year > 2001 order by city, year",
              [("OSLO", 4, 2002), ("OSLO", 4, 2003), ("OSLO-2", 6, 2002), ("OSLO-2", 6, 2003)])
    slt.query(f"select min(city), max(city), min(year), max(year) from {store}", [("", "Århus", 2001, 2003)])
