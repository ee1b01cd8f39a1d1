"""Real files of the package iris-sample-data (Met Office, NEMO, EUMETSAT, reanalyses), rewritten as Zarr."""

from pathlib import Path

import cftime
import iris_sample_data
import numpy as np
import xarray as xr

from . import netcdf
from .slt import Slt, f64, rows
from .stores import forget_encoding, read, write

SOURCE = Path(iris_sample_data.__file__).parent / "sample_data"


def source(name):
    return forget_encoding(xr.open_dataset(SOURCE / name).load())


def stores():
    ostia = source("ostia_monthly.nc")
    cut = {"time": 12, "latitude": 9, "longitude": 144}
    write(ostia, "ostia.zarr", chunks=cut)
    write(ostia, "ostia_v2.zarr", chunks=cut, zarr_format=2)
    shards = {"time": 60, "latitude": 18, "longitude": 432}
    write(ostia, "ostia_sharded.zarr", chunks=cut, shards=shards)
    netcdf.write(ostia, "ostia.nc", unlimited_dims=["time"])

    # A projection of 240 years of 360 days; every second year is enough.
    write(source("E1_north_america.nc").isel(time=slice(None, None, 2)), "e1.zarr", chunks={"time": 60})

    # A rotated grid, hybrid levels, altitudes of the surface: one data variable, and much that explains it.
    hybrid = source("hybrid_height.nc").isel(grid_latitude=slice(0, 40), grid_longitude=slice(0, 30))
    write(hybrid, "hybrid_height.zarr", chunks={"model_level_number": 5, "grid_latitude": 20, "grid_longitude": 30})
    write(source("rotated_pole.nc"), "rotated_pole.zarr", zarr_format=2)

    # Curvilinear: the ORCA grid of NEMO. The corners of its cells are left out.
    orca = source("orca2_votemper.nc").drop_vars(["nav_lat_bnds", "nav_lon_bnds"])
    for name in ["nav_lat", "nav_lon"]:
        del orca[name].attrs["bounds"]
    write(orca, "orca2.zarr", chunks={"dim0": 37, "dim1": 45})

    # 2-D coordinates that are missing where a satellite looks into space, and a descending projection coordinate.
    toa = source("toa_brightness_stereographic.nc").isel(y=slice(None, None, 4), x=slice(None, None, 4))
    write(toa, "toa.zarr", chunks={"y": 20, "x": 32}, zarr_format=2)

    write(source("SOI_Darwin.nc"), "soi.zarr", chunks={"time": 500}, zarr_format=2)
    write(source("atlantic_profiles.nc"), "profiles.zarr", chunks={"depth": 16, "lat": 3, "lon": 8})
    write(source("vlstr_type.nc"), "vlstr.zarr", chunks={"time": 64}, zarr_format=2)
    write(source("space_weather.nc").isel(height=slice(0, 5)), "space_weather.zarr", zarr_format=2)


def cases():
    with Slt("ostia_netcdf", "Real sea surface temperatures (OSTIA), NetCDF classic.") as slt:
        slt.format = "NETCDF"
        slt.table("ostia", "ostia.nc")
        ostia_cases(slt, netcdf.read("ostia.nc"))
    for name, about in [
        ("ostia", "Real sea surface temperatures (OSTIA), Zarr v3."),
        ("ostia_v2", "Real sea surface temperatures (OSTIA), Zarr v2."),
        ("ostia_sharded", "Real sea surface temperatures (OSTIA), Zarr v3 in shards."),
    ]:
        with Slt(name, about) as slt:
            slt.table("ostia", f"{name}.zarr")
            ostia_cases(slt, read(f"{name}.zarr"))
    with Slt("real", "Other real files: calendars of 360 days, rotated, curvilinear and stereographic grids, profiles.") as slt:
        e1_cases(slt)
        hybrid_cases(slt)
        orca_cases(slt)
        toa_cases(slt)
        series_cases(slt)


def ostia_cases(slt, ds):
    sst = f64(ds.surface_temperature).rename("sst")
    slt.query(
        "select latitude, avg(surface_temperature) from ostia group by latitude order by latitude",
        rows(sst.mean(["time", "longitude"]), "latitude", "sst"),
    )
    slt.query("select count(*), count(surface_temperature) from ostia", [(sst.size, int(sst.count()))])
    slt.query(
        "select min(time), max(time), min(latitude), max(latitude), min(longitude), max(longitude) from ostia",
        [tuple(f(ds[c].values) for c in ["time", "latitude", "longitude"] for f in (np.min, np.max))],
    )
    slt.query(
        "select avg(surface_temperature), min(surface_temperature), max(surface_temperature) from ostia",
        [(sst.mean().item(), ds.surface_temperature.min().values[()], ds.surface_temperature.max().values[()])],
    )
    slt.query(
        "select stddev_pop(surface_temperature), sum(surface_temperature) from ostia",
        [(sst.std().item(), sst.sum().item())],
        relative="1e-8",
    )
    slt.query(
        "select month(time) as m, avg(surface_temperature) from ostia group by month(time) order by m",
        rows(sst.groupby("time.month").mean(...), "month", "sst"),
    )
    slt.query(
        "select date_part('year', time) as y, count(surface_temperature), max(surface_temperature) from ostia group by 1 order by 1",
        [
            (int(y), int(a.count()), a.max().astype("float32").values[()])
            for y, a in sst.groupby("time.year")
        ],
    )
    slt.query(
        "select date_trunc('year', time) as y, avg(surface_temperature) from ostia group by y order by y",
        rows(sst.resample(time="YS").mean(...), "time", "sst"),
    )
    seasons = sst.groupby("time.season").mean(...)
    slt.query(
        "select season(time) as s, avg(surface_temperature) from ostia group by s order by s",
        sorted(rows(seasons, "season", "sst")),
    )
    box = sst.sel(latitude=slice(-5, 5), longitude=slice(190, 240))
    slt.query(
        "select time, avg(surface_temperature) from ostia where latitude between -5 and 5 and longitude between 190 and 240 group by time order by time",
        rows(box.mean(["latitude", "longitude"]), "time", "sst"),
        why="The box of the Niño 3.4 index.",
    )
    point = ds.surface_temperature.sel(latitude=0.4, longitude=250.2, method="nearest")
    slt.query(
        "select time, latitude, longitude, surface_temperature from ostia where latitude = nearest(latitude, 0.4) and longitude = nearest(longitude, 250.2) order by time",
        rows(point, "time", "latitude", "longitude", "surface_temperature"),
    )
    for method in ["pad", "backfill"]:
        found = ds.surface_temperature.sel(latitude=[1.5], longitude=[200.1], time=np.array(["2007-08-07"], "datetime64[ns]"), method=method)
        slt.query(
            f"select time, latitude, longitude, surface_temperature from ostia where time = {method}(time, '2007-08-07') and latitude = {method}(latitude, 1.5) and longitude = {method}(longitude, 200.1)",
            rows(found, "time", "latitude", "longitude", "surface_temperature"),
        )
    one = ds.surface_temperature.sel(time="2008-02-15T12:00").isel(longitude=[0, 120, 431])
    labels = ", ".join(str(v) for v in one.longitude.values)
    slt.query(
        f"select latitude, longitude, surface_temperature from ostia where time = '2008-02-15T12:00:00' and longitude in ({labels}) order by latitude, longitude",
        rows(one, "latitude", "longitude", "surface_temperature"),
        why="Labels of float32 found by their own text.",
    )
    slt.query(
        "select count(*), count(surface_temperature), avg(surface_temperature) from ostia where time >= '2009' and time < '2010-03'",
        [summary(sst.sel(time=slice("2009", "2010-02")))],
    )
    slt.query(
        "select count(*), count(surface_temperature), avg(surface_temperature) from ostia where month(time) in (6, 7, 8) and abs(latitude) < 2 and (longitude < 30 or longitude > 330)",
        [summary(sst.isel(
            time=np.isin(ds.time.dt.month, [6, 7, 8]),
            latitude=np.abs(ds.latitude.values) < 2,
            longitude=(ds.longitude.values < 30) | (ds.longitude.values > 330),
        ))],
    )
    slt.query(
        "select count(*), count(surface_temperature), avg(surface_temperature) from ostia where not (latitude between -3 and 3) and time <> '2006-04-16'",
        [summary(sst.isel(time=slice(1, None), latitude=np.abs(ds.latitude.values) > 3))],
    )
    warm = sst.where(sst > 303)
    slt.query(
        "select count(*), avg(surface_temperature) from ostia where surface_temperature > 303",
        [(int(warm.count()), warm.mean().item())],
    )
    slt.query(
        "select latitude, count(*) as n from ostia where surface_temperature is null group by latitude order by latitude",
        rows(ds.surface_temperature.isnull().sum(["time", "longitude"]).rename("n"), "latitude", "n"),
    )
    hottest = ds.surface_temperature.max(["latitude", "longitude"]).to_series().sort_values(ascending=False, kind="stable")[:5]
    slt.query(
        "select time, max(surface_temperature) as hottest from ostia group by time order by hottest desc limit 5",
        [(t, np.float32(v)) for t, v in hottest.items()],
    )
    slt.query("select count(*), avg(surface_temperature), min(time) from ostia where latitude > 90", [(0, None, None)])
    slt.query("select surface_temperature from ostia where time < '1900' and latitude = 0", [])
    slt.query(
        "select count(distinct longitude), count(distinct time), count(distinct forecast_period) from ostia",
        [(ds.sizes["longitude"], ds.sizes["time"], 1)],
    )
    reference = ds.forecast_reference_time.values
    slt.query(
        f"select time, count(*), avg(surface_temperature) from ostia where forecast_reference_time > '{np.datetime_as_string(reference[50], unit='s')}' group by time order by time",
        [(t, *summary(sst.sel(time=t))[::2]) for t in ds.time.values[reference > reference[50]]],
        why="A coordinate along time that is not its dimension's.",
    )
    north = sst.isel(latitude=slice(-1, None))
    anomaly = north.groupby("time.month") - north.groupby("time.month").mean("time")
    slt.query(
        "select avg(abs(a)), max(a) from (select surface_temperature - avg(surface_temperature) over (partition by month(time), latitude, longitude) as a from ostia where latitude > 4)",
        [(abs(anomaly).mean().item(), anomaly.max().item())],
        relative="1e-7",
    )
    small = sst.isel(latitude=slice(8, 11), longitude=slice(240, 243))
    rolled = small.mean(["latitude", "longitude"]).rolling(time=3, center=True, min_periods=1).mean()
    low, high = small.longitude.values[[0, -1]]
    slt.query(
        f"select time, avg(m) over (order by time rows between 1 preceding and 1 following) from (select time, avg(surface_temperature) as m from ostia where latitude between {small.latitude.values[0]} and {small.latitude.values[-1]} and longitude between {low} and {high} group by time) order by time",
        rows(rolled.rename("sst"), "time", "sst"),
    )
    diff = small.diff("time").isel(time=slice(0, 2))
    slt.query(
        f"select b.time, b.latitude, b.longitude, cast(b.surface_temperature as double) - cast(a.surface_temperature as double) as d from ostia a join ostia b on a.latitude = b.latitude and a.longitude = b.longitude where ((a.time = '2006-04-16' and b.time = '2006-05-16T12:00') or (a.time = '2006-05-16T12:00' and b.time = '2006-06-16')) and a.latitude between {small.latitude.values[0]} and {small.latitude.values[-1]} and a.longitude between {low} and {high} order by 1, 2, 3",
        rows(diff, "time", "latitude", "longitude", "sst"),
        relative="1e-7",
    )


def summary(a):
    """count(*), count(a), avg(a)."""
    return a.size, int(a.count()), a.mean().item()


def e1_cases(slt):
    ds = read("e1.zarr")
    t = f64(ds.air_temperature).rename("t")
    slt.table("e1", "e1.zarr")
    slt.query(
        "select min(time), max(time), count(*), avg(air_temperature), height from e1 group by height",
        [(ds.time.values[0], ds.time.values[-1], t.size, t.mean().item(), ds.height.item())],
        why="A calendar of 360 days: labels are text, and their order is the order of time.",
    )
    slt.query(
        "select year(time) as y, avg(air_temperature) from e1 where time >= '1990' and time < '2000' group by y order by y",
        rows(t.sel(time=slice("1990", "1999")).groupby("time.year").mean(...), "year", "t"),
    )
    slt.query(
        "select date_part('month', time) as m, date_part('day', time) as d, count(*) from e1 group by m, d order by m, d",
        [(int(m), int(ds.time.dt.day[0]), a.size) for m, a in t.groupby("time.month")],
    )
    picked = t.sel(time=ds.time.values[60:63], latitude=[15.0, 60.0], longitude=225.0)
    slt.query(
        f"select time, forecast_period, latitude, air_temperature from e1 where time between '{picked.time.values[0].strftime('%Y-%m-%d')}' and '{picked.time.values[-1].strftime('%Y-%m-%dT%H:%M:%S')}' and latitude in (15, 60) and longitude = 225 order by time, latitude",
        [(a, int(b), c, np.float32(d)) for a, b, c, d in rows(picked, "time", "forecast_period", "latitude", "t")],
    )
    leap = cftime.datetime(2001, 2, 30, calendar="360_day")
    near = t.sel(latitude=41.1, longitude=280.0, time=leap, method="nearest")
    slt.query(
        "select time, latitude, longitude, air_temperature from e1 where time = nearest(time, '2001-02-30') and latitude = nearest(latitude, 41.1) and longitude = nearest(longitude, 280)",
        [(near.time.item(), near.latitude.values[()], near.longitude.values[()], np.float32(near.item()))],
        why="The thirtieth of February.",
    )
    decades = t.groupby((ds.time.dt.year // 10 * 10).rename("decade")).mean(...)
    slt.query(
        "select year(time) / 10 * 10 as decade, avg(air_temperature) from e1 group by decade order by decade",
        rows(decades, "decade", "t"),
    )


def hybrid_cases(slt):
    ds = read("hybrid_height.zarr")
    theta = f64(ds.air_potential_temperature).rename("theta")
    slt.table("hybrid", "hybrid_height.zarr")
    slt.query(
        "select model_level_number, level_height, sigma, avg(air_potential_temperature) from hybrid group by 1, 2, 3 order by 1",
        rows(theta.mean(["grid_latitude", "grid_longitude"]), "model_level_number", "level_height", "sigma", "theta"),
        why="Coordinates beside the dimension's own.",
    )
    high = theta.where(ds.surface_altitude > 400)
    slt.query(
        "select count(*), avg(air_potential_temperature) from hybrid where surface_altitude > 400",
        [(int(high.count()), high.mean().item())],
        why="A 2-D coordinate.",
    )
    low = theta.isel(model_level_number=(ds.level_height.values < 200)).where(ds.surface_altitude < 250)
    slt.query(
        "select model_level_number, count(*), avg(air_potential_temperature), max(surface_altitude) from hybrid where surface_altitude < 250 and level_height < 200 group by 1 order by 1",
        [
            (int(k), int(a.count()), a.mean().item(), ds.surface_altitude.where(ds.surface_altitude < 250).max().values[()])
            for k, a in zip(low.model_level_number.values, low)
        ],
    )
    slt.query(
        "select forecast_period, forecast_reference_time, time, count(*) from hybrid group by 1, 2, 3",
        [(ds.forecast_period.item(), ds.forecast_reference_time.values, ds.time.values, theta.size)],
        why="Scalar coordinates.",
    )
    ds = read("rotated_pole.zarr")
    p = f64(ds.air_pressure_at_sea_level).rename("p")
    slt.table("rotated", "rotated_pole.zarr")
    slt.query(
        "select grid_latitude, avg(air_pressure_at_sea_level) from rotated where grid_longitude > 360 group by 1 order by 1 desc",
        rows(p.isel(grid_longitude=ds.grid_longitude.values > 360).mean("grid_longitude")[::-1], "grid_latitude", "p"),
    )
    ds = read("space_weather.zarr")
    slt.table("space", "space_weather.zarr")
    polar = ds.where(ds.latitude > 60)
    slt.query(
        'select height, count("Ne"), avg("Ne"), avg("TEC") from space where latitude > 60 group by height order by height',
        [
            (h, int(polar.Ne.sel(height=h).count()), polar.Ne.sel(height=h).mean().item(), polar.TEC.mean().item())
            for h in ds.height.values
        ],
        relative="1e-8",
        why="A variable of fewer dimensions is broadcast.",
    )


def orca_cases(slt):
    ds = read("orca2.zarr")
    t = f64(ds.votemper).rename("t")
    slt.table("orca", "orca2.zarr")
    slt.query("select count(*), count(votemper), avg(votemper), min(dim0), max(dim1) from orca", [(*summary(t), 0, t.sizes["dim1"] - 1)])
    north = ds.nav_lat > 60
    slt.query(
        "select count(*), count(votemper), avg(votemper) from orca where nav_lat > 60",
        [(int(north.sum()), int(t.where(north).count()), t.where(north).mean().item())],
    )
    box = (ds.nav_lat >= -5) & (ds.nav_lat <= 5) & (ds.nav_lon >= -170) & (ds.nav_lon <= -120)
    slt.query(
        "select count(*), count(votemper), avg(votemper) from orca where nav_lat between -5 and 5 and nav_lon between -170 and -120",
        [(int(box.sum()), int(t.where(box).count()), t.where(box).mean().item())],
    )
    bands = t.groupby(np.floor(ds.nav_lat / 10).rename("band")).mean(...)
    slt.query(
        "select floor(nav_lat / 10) as band, avg(votemper) from orca group by band order by band",
        rows(bands, "band", "t"),
    )
    both = t.where(ds.nav_lat < -60).isel(dim0=slice(0, 10))
    slt.query(
        "select count(*), avg(votemper) from orca where nav_lat < -60 and dim0 < 10 and votemper is not null",
        [(int(both.count()), both.mean().item())],
        why="A 2-D coordinate and a dimension without labels.",
    )
    slt.query("select count(*), count(votemper), avg(votemper) from orca where nav_lat > 100", [(0, 0, None)])


def toa_cases(slt):
    ds = read("toa.zarr")
    d = f64(ds.data).rename("d")
    slt.table("toa", "toa.zarr")
    slt.query(
        "select count(*), count(lat), count(data), avg(data) from toa",
        [(d.size, int(ds.lat.count()), int(d.count()), d.mean().item())],
    )
    mask = (ds.lat < 40) & (ds.lon > 0)
    slt.query(
        "select count(*), avg(data) from toa where lat < 40 and lon > 0 and data is not null",
        [(int(d.where(mask).count()), d.where(mask).mean().item())],
    )
    some = ds.isel(y=slice(0, None, 13), x=slice(5, 7))
    labels = ", ".join(str(v) for v in some.y.values)
    xs = ", ".join(str(v) for v in some.x.values)
    slt.query(
        f"select y, x, lat, lon, data from toa where y in ({labels}) and x in ({xs}) order by y desc, x",
        rows(some, "y", "x", "lat", "lon", "data"),
        why="A projection coordinate that descends, of labels in millions.",
    )


def series_cases(slt):
    ds = read("soi.zarr")
    soi = f64(ds.SOI_Darwin).rename("soi")
    slt.table("soi", "soi.zarr")
    slt.query(
        'select count(*), count("SOI_Darwin"), min("SOI_Darwin"), min(time), max(time) from soi',
        [(*summary(soi)[:2], ds.SOI_Darwin.min().values[()], ds.time.values[0], ds.time.values[-1])],
    )
    slt.query(
        'select year(time) as y, avg("SOI_Darwin") from soi where year(time) between 1995 and 2000 group by y order by y',
        rows(soi.sel(time=slice("1995", "2000")).groupby("time.year").mean(), "year", "soi"),
    )
    slt.query(
        "select time, SOI_Darwin from soi where time = nearest(time, '1877-12-20')",
        rows(ds.SOI_Darwin.sel(time=["1877-12-20"], method="nearest"), "time", "SOI_Darwin"),
        why="An unquoted name is found whatever its case.",
    )
    ds = read("profiles.zarr")
    slt.table("profiles", "profiles.zarr")
    slt.query(
        "select depth, count(salinity), avg(salinity), avg(theta) from profiles where lon > 180 group by depth order by depth limit 8",
        [
            (z, int(a.salinity.count()), f64(a.salinity).mean().item(), f64(a.theta).mean().item())
            for z, a in ds.isel(lon=ds.lon.values > 180, depth=slice(0, 8)).groupby("depth")
        ],
    )
    slt.query("select distinct time from profiles", [(ds.time.values,)])
    near = ds.sel(depth=100, method="nearest").isel(lat=0)
    slt.query(
        "select lon, salinity, theta from profiles where depth = nearest(depth, 100) and lat = nearest(lat, -100) order by lon",
        sorted(rows(near, "lon", "salinity", "theta")),
        why="Longitudes that are not sorted.",
    )
    ds = read("vlstr.zarr")
    slt.table("vlstr", "vlstr.zarr")
    slt.query(
        "select expver, count(*), sum(wind), min(time) from vlstr group by expver order by expver",
        [
            (e, part.wind.size, int(part.wind.sum()), part.time.values.min())
            for e, part in ((str(e), ds.isel(time=ds.expver.values == e)) for e in sorted(set(ds.expver.values)))
        ],
        why="A coordinate of strings.",
    )
    slt.query(
        "select count(*), max(time) from vlstr where expver = '0005' and time >= '1970-01-02T06'",
        [last_experiment(ds)],
    )


def last_experiment(ds):
    part = ds.isel(time=(ds.expver.values == "0005") & (ds.time.values >= np.datetime64("1970-01-02T06")))
    return part.wind.size, part.time.values.max() if part.sizes["time"] else None
