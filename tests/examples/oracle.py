"""Writes what xarray answers to the questions of `sql-examples`, a CSV file for each in this folder.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install -r ../data/requirements.txt
    hyperslab sample /tmp/sample
    /tmp/oracle/bin/python oracle.py /tmp/sample

Each function computes what the `-- xarray:` lines of its example say, without the rounding of the example; these lines are run
too. The answers are checked in, so that the tests need no Python; `repl/tests/it/examples_oracle.rs` compares them with those of
the queries.
"""

import contextlib
import csv
import math
import re
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

HERE = Path(__file__).parent.resolve()
DATA = (Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")).resolve()
MAP = ("lat", "lon")
STATIONS = xr.Dataset(
    {"lat": ("name", [21.3, 37.7, -18.1]), "lon": ("name", [202.1, 334.3, 178.4])}, {"name": ["Honolulu", "Ponta Delgada", "Suva"]}
)


def read(name):
    """A dataset with all of its numbers in float64: xarray adds up float32 in float32."""
    ds = xr.open_zarr(DATA / f"{name}.zarr", chunks=None).load()
    narrow = [v for v in ds.variables if ds[v].dtype == "float32"]
    return ds.assign({v: (ds[v].dims, ds[v].values.astype("float64"), ds[v].attrs) for v in narrow})


def table(name):
    found = pd.read_csv(DATA / f"{name}.csv")
    return found.assign(time=pd.to_datetime(found.time)) if "time" in found else found


def text(value):
    if isinstance(value, xr.DataArray):
        value = value.values[()]
    if isinstance(value, (np.datetime64, pd.Timestamp)):
        return str(np.datetime64(value, "s"))
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def pacific(sst):
    return sst.sel(lat=slice(-5, 5), lon=slice(190, 240))


def anomaly(values):
    return values.groupby("time.month") - values.groupby("time.month").mean(dim="time")


def zonal_mean():
    mean = read("ersst").sst.mean(dim=("time", "lon"))
    return {"lat": mean.lat[::-1], "sst": mean[::-1]}


def nearest_map():
    cells = read("ersst").sst.sel(time="1982-08-07", lon=239.3, method="nearest").sel(lat=slice(-4, 4))[::-1]
    return {"time": [cells.time] * 5, "lat": cells.lat, "lon": [cells.lon] * 5, "sst": cells}


def climatology():
    sst = read("ersst").sst.groupby("time.month").mean(dim="time").sel(lat=40, lon=320)
    return {"month": sst.month, "sst": sst}


def nino34():
    index = pacific(anomaly(read("ersst").sst)).mean(dim=MAP).rolling(time=3).mean().sel(time=slice("2015", None))
    return {"time": index.time, "nino34": index}


def box_series():
    box = read("ersst").sst.sel(lat=slice(30, 60), lon=slice(300, 350))
    sst = box.weighted(np.cos(np.deg2rad(box.lat))).mean(dim=MAP)[:12]
    return {"time": sst.time, "sst": sst}


def seasons_at_a_point():
    seasons = read("ersst").sst.sel(lat=-41.3, lon=179.8, method="nearest").groupby("time.season")
    mean = seasons.mean().sortby(seasons.mean())
    return {"season": mean.season, "coldest": seasons.min().sel(season=mean.season), "mean": mean, "warmest": seasons.max().sel(season=mean.season)}


def yearly():
    sst = read("ersst").sst.sel(lat=slice(-20, 20)).sel(time=slice("2005", None))
    years = sst.groupby("time.year").mean(dim=...)
    return {"year": [np.datetime64(f"{y}-01-01") for y in years.year.values], "sst": years}


def anomaly_to_a_baseline():
    box = pacific(read("ersst").sst)
    usual = box.sel(time=slice("1961", "1990")).groupby("time.month").mean(dim=...)
    year = box.sel(time="2015").mean(dim=MAP).groupby("time.month").mean()
    return {"month": usual.month, "sst": year, "usual": usual, "anomaly": year - usual}


def join_parquet():
    sst = read("ersst").sst.sel(time="2000-07-15").sel(lat=STATIONS.lat, lon=STATIONS.lon, method="nearest")
    return {"name": STATIONS.name, "lat": sst.lat, "lon": sst.lon, "sst": sst.squeeze()}


def resample():
    point = read("daily").tmax.sel(lat=48.1, lon=11.6, method="nearest").sel(time="2015")
    mean = point.resample(time="MS").mean()
    return {"month": mean.time, "mean": mean, "warmest": point.resample(time="MS").max()}


def coarsen():
    red = read("scene").red
    blocks = red.coarsen(y=50, x=60)
    mean = blocks.mean().stack(block=("y", "x"))
    return {"y": mean.y, "x": mean.x, "red": mean, "clear": blocks.count().stack(block=("y", "x"))}


def weighted_global_mean():
    ds = read("ersst")
    sst = ds.sst.weighted(np.cos(np.deg2rad(ds.lat))).mean(dim=MAP).resample(time="YS").mean().sel(time=slice("2000", None))
    return {"year": sst.time.dt.year, "sst": sst}


def hot_days():
    tmax = read("daily").tmax
    anywhere = (tmax > 30).any(dim=MAP).groupby("time.year").sum()
    return {"year": anywhere.year, "anywhere": anywhere, "here": (tmax.sel(lat=45, lon=16) > 30).groupby("time.year").sum()}


def heat_waves():
    tmax = read("daily").tmax
    summer = tmax.sel(lat=49, lon=8, time=tmax["time.month"].isin([6, 7, 8]))
    hot = summer[summer > summer.quantile(0.9)]
    run = (hot.time.diff("time") > np.timedelta64(1, "D")).cumsum().reindex(time=hot.time, fill_value=0).rename("run")
    waves = pd.DataFrame({
        "first_day": hot.time.groupby(run).min().values,
        "days": hot.groupby(run).count().values,
        "warmest": hot.groupby(run).max().values,
    })
    return waves[waves.days >= 3].sort_values(["days", "first_day"], ascending=[False, True])[:10].to_dict("list")


def wind_speed():
    ds = read("atmosphere")
    speed = np.sqrt(ds.u**2 + ds.v**2).sel(lat=slice(60, 30))[:, ::-1]
    over = ("time", "lat", "lon")
    return {"level": speed.level, "speed": speed.mean(dim=over), "strongest": speed.max(dim=over)}


def days(lead):
    return (lead / np.timedelta64(1, "D")).astype(int)


def happened(forecast):
    return read("analysis").t2m.sel(time=forecast.init + forecast.lead)


def forecast_skill():
    forecast = read("forecast")
    error = forecast.t2m - happened(forecast)
    over = ("init", "member", "lat", "lon")
    return {"day": days(forecast.lead), "rmse": np.sqrt((error**2).mean(dim=over)), "bias": error.mean(dim=over)}


def ensemble_spread():
    forecast = read("forecast")
    over = ("init", "lat", "lon")
    spread = np.sqrt(forecast.t2m.var(dim="member", ddof=1).mean(dim=over))
    error = forecast.t2m.mean(dim="member") - happened(forecast)
    return {"day": days(forecast.lead), "spread": spread, "error": np.sqrt((error**2).mean(dim=over))}


def regions_from_a_csv():
    ds = read("ersst")
    out = []
    for r in table("regions").sort_values("name").itertuples():
        box = ds.sst.sel(time="2016", lat=slice(r.south, r.north), lon=slice(r.west, r.east))
        out.append((r.name, box.mean(), box.min(), box.max(), box.count()))
    return dict(zip(["name", "mean", "coldest", "warmest", "cells"], zip(*out)))


def buoy_matchup():
    buoys = table("buoys").to_xarray()
    there = read("ersst").sst.sel(time=buoys.time, lat=buoys.lat, lon=buoys.lon % 360, method="nearest")
    difference = (buoys.sst - there).drop_vars(["time", "lat", "lon"]).groupby(buoys.id)
    mean = difference.mean()
    return {"id": mean.id, "measured": difference.count(), "bias": mean, "spread": difference.std(ddof=1)}


def ndvi():
    ds = read("scene")
    index = ((ds.nir - ds.red) / (ds.nir + ds.red)).rename("ndvi")
    cover = index.groupby_bins(index, [-1, 0, 0.25, 0.6, 1], right=False)
    return {"cover": ["water", "bare", "sparse", "green"], "cells": cover.count(), "ndvi": cover.mean(), "km2": cover.count() * 900 / 1e6}


def trend():
    ds = read("ersst")
    years = (ds.time.dt.year + (ds.time.dt.month - 0.5) / 12).values
    equator = ds.sst.sel(lat=0)[:, ::10].assign_coords(time=years)
    slope = 10 * equator.polyfit(dim="time", deg=1).polyfit_coefficients.sel(degree=1)
    return {"lon": equator.lon, "trend": slope, "r2": xr.corr(equator, equator.time, dim="time") ** 2}


def percentile_by_day_of_year():
    percentiles = read("daily").tmax.groupby("time.dayofyear").quantile([0.1, 0.5, 0.9], dim=...)[::30]
    return {"day": percentiles.dayofyear, "p10": percentiles[:, 0], "p50": percentiles[:, 1], "p90": percentiles[:, 2]}


def vertical_integral():
    water = -100 / 9.80665 * read("atmosphere").q.integrate("level")
    mm = water.mean(dim=("time", "lon"))[::3]
    return {"lat": mm.lat, "mm": mm}


def hovmoller():
    band = read("ersst").sst.sel(lat=slice(-5, 5), lon=slice(160, 278))
    blocks = anomaly(band).sel(time=slice("2015", "2016")).groupby_bins("lon", range(160, 281, 20), right=False).mean(dim=MAP)
    blocks = blocks.transpose("time", ...)
    names = ["160E", "180", "160W", "140W", "120W", "100W"]
    return {"time": blocks.time} | {name: blocks[:, i] for i, name in enumerate(names)}


def plan():
    sst = read("ersst").sst
    return {"sst": [sst.mean()], "cells": [sst.count()]}


def composite_of_events():
    sst = read("ersst").sst
    december = sst.sel(lat=slice(-5, 5), time=sst["time.month"] == 12)
    phases = table("events").set_index("year").phase.to_xarray()
    phase = phases.sel(year=december["time.year"])
    east, west = (december.sel(lon=box).groupby(phase).mean(dim=...) for box in (slice(190, 240), slice(130, 150)))
    order = ["warm", "neutral", "cold"]
    years = phases.groupby(phases).count()
    return {"phase": order, "years": years.sel(phase=order), "east": east.sel(phase=order), "west": west.sel(phase=order)}


def curvilinear():
    ds = read("ocean").sel(time=slice("2016", None))
    north = ds.sst.where(ds.nav_lat > 60)
    sst = north.weighted(ds.area).mean(dim=("y", "x"))
    return {"time": sst.time, "sst": sst, "cells": north.count(dim=("y", "x"))}


def rolling_mean():
    tmax = read("daily").tmax.sel(lat=51, lon=6)
    return {"time": tmax.time[:10], "tmax": tmax[:10], "week": tmax.rolling(time=7, center=True).mean()[:10]}


def teleconnection():
    sst = anomaly(read("ersst").sst)
    index = pacific(sst).mean(dim=MAP)
    correlation = xr.corr(sst.sel(lon=140), index, dim="time").sel(lat=slice(-20, 20))[::-1]
    return {"lat": correlation.lat, "correlation": correlation}


def warm_pool():
    ds = read("ersst").sel(time=slice("2016", None))
    area = 6371**2 * np.deg2rad(2) ** 2 * np.cos(np.deg2rad(ds.lat)) / 1e6
    return {"time": ds.time, "area": area.where(ds.sst > 28).sum(dim=MAP)}


def change():
    mean = read("ersst").sst.sel(lat=slice(20, 60)).diff("time").groupby("time.month").mean(dim=...)
    return {"month": mean.month, "change": mean}


def growing_degree_days():
    tmax = read("daily").tmax.sel(lat=53, lon=10)
    sums = (tmax - 5).clip(min=0).groupby("time.year").cumsum().assign_coords(time=tmax.time)
    passed = sums.time[sums > 500].groupby("time.year").first()
    return {"year": passed.year, "passed": passed, "whole_year": sums.groupby("time.year").max()}


def warmest_month():
    sst = read("ersst").sst.sel(lon=220, lat=[lat for lat in range(56, -57, -8)])
    return {"lat": sst.lat, "warmest": sst.idxmax("time"), "sst": sst.max("time")}


def hottest_cells():
    cells = read("ersst").sst.stack(cell=("time", "lat", "lon")).dropna("cell")
    first = cells.sortby(-cells)[:5]
    return {"time": first.time, "lat": first.lat, "lon": first.lon, "sst": first}


def august_map():
    sst = read("ersst").sst.sel(time=["1982-08-07"], method="nearest")
    return {"time": sst.time, "cells": sst.count(dim=MAP), "coldest": sst.min(dim=MAP), "warmest": sst.max(dim=MAP)}


def zonal_line():
    mean = read("ersst").sst.mean(dim=("time", "lon")).sel(lat=[-60, -30, 0, 30, 60])
    return {"lat": mean.lat, "sst": mean}


def nino34_line():
    index = anomaly(pacific(read("ersst").sst)).mean(dim=MAP).rolling(time=3, min_periods=1).mean()
    highest = index.sel(time=slice("1990", None)).groupby("time.year").max()
    highest = highest.sortby(-highest)[:5]
    return {"year": highest.year, "highest": highest}


def ocean_movie():
    ds = read("ocean").sel(time=slice("2015-01", "2015-06"))
    return {"time": ds.time, "sst": ds.sst.where(ds.nav_lat > 60).mean(dim=("y", "x"))}


def hovmoller_picture():
    band = anomaly(read("ersst").sst.sel(lat=slice(-5, 5), lon=slice(140, 270))).mean(dim="lat").sel(time=slice("2016", None))
    return {"time": band.time, "lon": band.idxmax("lon"), "anomaly": band.max("lon")}


def zarr_and_back():
    clim = read("ersst").sst.groupby("time.month").mean(dim="time").to_dataset(name="sst")
    with tempfile.TemporaryDirectory() as folder:
        clim.to_zarr(f"{folder}/climatology.zarr")
        sst = xr.open_zarr(f"{folder}/climatology.zarr").sst.sel(lat=0, lon=220).load()
    return {"month": sst.month, "sst": sst}


def netcdf_and_back():
    box = pacific(read("ersst").sel(time=slice("2015", "2016")))
    with tempfile.TemporaryDirectory() as folder:
        box.to_netcdf(f"{folder}/box.nc")
        sst = xr.open_dataset(f"{folder}/box.nc").sst.mean(dim=MAP)[:6].load()
    return {"time": sst.time, "sst": sst}


def packed():
    july = read("ersst").sst.sel(time="2000-07-15").expand_dims("time").to_dataset()
    with tempfile.TemporaryDirectory() as folder:
        july.to_zarr(f"{folder}/packed.zarr", encoding={"sst": {"dtype": "int16", "scale_factor": 0.01, "_FillValue": -32768}})
        # xarray unpacks 16 bits to float32.
        stored = xr.open_zarr(f"{folder}/packed.zarr", mask_and_scale=False).sst.isel(time=0).sel(lon=220, lat=slice(-4, 4)).load()
    return {"lat": stored.lat.astype("float64"), "sst": stored * 0.01}


def climatology_used_again():
    sst = read("ersst").sst
    clim = sst.sel(time=slice("1961", "1990")).groupby("time.month").mean(dim="time")
    mean = (sst.groupby("time.month") - clim).sel(lat=slice(-20, 20), time=slice("2010", None)).groupby("time.year").mean(dim=...)
    return {"year": mean.year, "anomaly": mean}


def overlaps(sources, targets, turns=(0,)):
    """How much of each source cell lies in each target cell; cells are pairs of ends."""
    found = 0
    for turn in turns:
        low = np.maximum(sources[0][None, :] + turn, targets[0][:, None])
        high = np.minimum(sources[1][None, :] + turn, targets[1][:, None])
        found = found + np.maximum(high - low, 0)
    return found


def regrid():
    sst = read("ersst").sst.sel(time=slice("2016-01", "2016-03"))
    lat, lon = np.arange(-80, 81, 20.0), np.arange(0, 360, 40.0)
    sines = lambda middle, half: np.sin(np.radians(np.clip([middle - half, middle + half], -90, 90)))
    degrees = lambda middle, half: np.array([middle - half, middle + half])
    rows = overlaps(sines(sst.lat.values, 1), sines(lat, 10))
    columns = overlaps(degrees(sst.lon.values, 1), degrees(lon, 20), (-360, 0, 360))
    sea = ~np.isnan(sst.values)
    spread = lambda values: np.einsum("ya,xb,tab->tyx", rows, columns, values)
    covered = spread(sea.astype("float64"))
    whole = (np.diff(sines(lat, 10), axis=0)[0][:, None] * 40.0)[None]
    mean = np.where(covered / whole >= 0.5, spread(np.where(sea, sst.values, 0)) / np.where(covered > 0, covered, 1), np.nan)
    return {"lat": lat, "sst": np.nanmean(mean, axis=(0, 2)), "cells": (~np.isnan(mean)).sum(axis=(0, 2))}


def regrid_to_another():
    other = read("analysis")
    on = read("ersst").sst.interp(lat=other.lat, lon=other.lon).sel(time=slice("2016-01", "2016-03")).sortby("lat")
    return {"lat": on.lat, "sst": on.mean(dim=("time", "lon")), "cells": on.notnull().sum(dim=("time", "lon"))}


def run_header(sql):
    """Runs the lines of xarray that an example starts with: they are to be copied, so they are to run."""
    comments = [line[3:] for line in sql.splitlines() if line.startswith("-- ")]
    # xesmf stands on a library in Fortran, which no package of PyPI brings along.
    if "xesmf" in sql:
        return
    first = next(i for i, line in enumerate(comments) if line.startswith("xarray: "))
    asked = next(name for name in re.findall(r"\w+", sql.split("\n\n", 1)[1]) if (DATA / f"{name}.zarr").exists())
    names = {name: read(name) for name in ("forecast", "analysis")} | {name: table(name) for name in ("regions", "events")}
    names |= {"ds": xr.open_zarr(DATA / f"{asked}.zarr", chunks=None).load(), "buoys": table("buoys").to_xarray(), "stations": STATIONS, "np": np, "xr": xr}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        exec("\n".join(line[8:] for line in comments[first:]), names)


def main():
    warnings.simplefilter("ignore")
    for old in HERE.glob("*.csv"):
        old.unlink()
    for example in sorted((HERE / "../../sql-examples").glob("*.sql")):
        run_header(example.read_text())
        # What metadata says is not a number.
        if example.stem in ("01_summary", "10_metadata"):
            continue
        columns = globals()[example.stem.split("_", 1)[1]]()
        with open(HERE / f"{example.stem}.csv", "w", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(columns)
            out.writerows(map(text, row) for row in zip(*(list(c) for c in columns.values()), strict=True))


if __name__ == "__main__":
    main()
