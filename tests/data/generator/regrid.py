"""Regridding: `regrid(…)` against xarray's `interp`, and against areas on the sphere."""

import numpy as np
import pandas as pd
import xarray as xr

from .labels import values
from .slt import Slt, f64, rows
from .stores import read, write


def stores():
    # Latitudes descend in uneven steps and stop before the poles, longitudes go round the globe; packed, single, whole
    # numbers; what is missing lies inside and at the edges. Chunks cut both dimensions.
    lat = np.array([80, 55, 40, 10, 0, -20, -35, -70], dtype="float32")
    lon = np.arange(0, 360, 30, dtype="float64")
    time = pd.date_range("2001-01-01", periods=5, freq="MS")
    shape = (5, 8, 12)
    packed = values(*shape, scale=0.5) + 20.0
    packed[:, 2, 3] = np.nan
    packed[1, :, 11] = np.nan
    packed[2, 0, :] = np.nan
    single = (values(*shape, scale=0.37) + 273).astype("float32")
    single[3, 4:6, 5:8] = np.nan
    ds = xr.Dataset(
        {
            "packed": (("time", "lat", "lon"), packed, {"units": "degC", "long_name": "packed temperature"}),
            "single": (("lat", "lon", "time"), single.transpose(1, 2, 0), {"units": "K", "cell_methods": "time: mean"}),
            "whole": (("lat", "lon"), values(8, 12).astype("int32")),
            "line": (("lon",), np.where(np.arange(12) == 4, np.nan, np.arange(12) ** 2.0)),
            "series": (("time",), np.arange(5.0)),
        },
        {
            "time": time,
            "lat": ("lat", lat, {"units": "degrees_north", "standard_name": "latitude"}),
            "lon": ("lon", lon, {"units": "degrees_east", "standard_name": "longitude"}),
            "weight": (("lat",), np.arange(8) * 1.5),
            "band": (("lat",), np.array(list("abcdefgh"))),
            "height": (("lat", "lon"), values(8, 12, scale=2.0)),
        },
    )
    encoding = {"packed": {"dtype": "int16", "scale_factor": 0.5, "add_offset": -100.0, "_FillValue": -32768, "chunks": (2, 3, 5)}}
    write(ds, "uneven.zarr", chunks={"time": 2, "lat": 5, "lon": 7}, encoding=encoding)

    # The whole globe, ascending, in other cells: these have bounds, which are not half way between labels.
    south = np.array([-90, -60, -50, -10, 0, 30, 75], dtype="float64")
    west = np.array([-10, 20, 60, 100, 170, 250, 300], dtype="float64")
    bounds = {"lat_bnds": (("lat", "bnds"), np.stack([south, np.append(south[1:], 90)], 1)), "lon_bnds": (("lon", "bnds"), np.stack([west, np.append(west[1:], 350)], 1))}
    globe = xr.Dataset(
        {"rain": (("time", "lat", "lon"), values(3, 7, 7, scale=0.25)), **bounds},
        {
            "time": time[:3],
            "lat": ("lat", (south + np.append(south[1:], 90)) / 2 + 1, {"units": "degrees_north", "bounds": "lat_bnds"}),
            "lon": ("lon", (west + np.append(west[1:], 350)) / 2 - 1, {"units": "degrees_east", "bounds": "lon_bnds"}),
        },
    )
    write(globe, "bounded.zarr", chunks={"time": 1, "lat": 3, "lon": 4})

    # Pressure descends; its values are whole numbers.
    level = np.array([1000, 925, 850, 700, 500, 250], dtype="int32")
    write(xr.Dataset({"t": (("time", "level"), values(5, 6, scale=0.1) + 1)}, {"time": time, "level": ("level", level, {"units": "hPa"})}), "levels.zarr", chunks={"time": 2, "level": 4})


def cases():
    with Slt("regrid", "Regridding: linear and nearest as xarray's interp, conservative as areas on the sphere.") as slt:
        for name in ["uneven", "bounded", "levels", "era", "mask", "rain", "curvilinear", "orca2"]:
            slt.table(name, f"{name}.zarr")
        interp_cases(slt)
        type_cases(slt)
        longitude_cases(slt)
        other_cases(slt)
        conservative_cases(slt)
        curvilinear_cases(slt)
        error_cases(slt)


def new(**labels):
    """Labels of a result are float64, whole numbers too."""
    return {dimension: np.asarray(values, dtype="float64") for dimension, values in labels.items()}


def listed(labels):
    return f"[{', '.join(map(str, labels))}]"


def null(array):
    """NaN is NULL."""
    return [tuple(None if isinstance(v, (float, np.floating)) and np.isnan(v) else v for v in row) for row in array]


def interp_cases(slt):
    ds = read("uneven.zarr")
    targets = {
        "inside": ([45, 5.5, -10, -34.5], [10, 75.25, 90, 200]),
        "on labels, at the ends and outside": ([90, 80, 40, 0, -70, -70.5], [0, 30, 60, 330]),
        "in any order, and twice": ([0.5, 60, 0.5], [300.1, 15, 120]),
    }
    for why, (lat, lon) in targets.items():
        for method in ("linear", "nearest"):
            for name in ("packed", "single", "whole"):
                # Linear of float32 is float64, but xarray subtracts neighbours in float32.
                source = f64(ds[name]) if method == "linear" else ds[name]
                expected = source.interp(new(lat=lat, lon=lon), method=method).rename("v")
                dims = [d for d in ("time", "lat", "lon") if d in expected.dims]
                if len(set(lat)) < len(lat):
                    # Rows of equal labels are equal.
                    expected = expected.isel(lat=slice(0, 2))
                # A map of the first times is enough to see each cell.
                if "time" in dims:
                    expected = expected.isel(time=slice(1, 4)).transpose(*dims)
                where = " where time between '2001-02-01' and '2001-04-01'" if "time" in dims else ""
                table = "uneven" if "time" in dims else "uneven.lat_lon"
                distinct = "distinct " if len(set(lat)) < len(lat) else ""
                slt.query(f"select {distinct}{', '.join(dims)}, {name} from regrid({table}, lat => {listed(lat)}, lon => {listed(lon)}, method => '{method}'){where} order by {', '.join(dims)}",
                          sorted(null(rows(expected, *dims, "v")), key=lambda row: row[:-1]), why=f"{name}, {method}: {why}.")
    # One dimension alone; the default is linear.
    for sql, how in [("lat => range(-70, 81, 25)", {"lat": np.arange(-70, 81, 25.0)}), ("lon => range(0, 330, 12.5)", {"lon": np.arange(0, 330, 12.5)})]:
        found = f64(ds.packed).interp(how).rename("v")
        slt.query(f"select count(*), count(packed), avg(packed), min(packed), max(packed) from regrid(uneven, {sql})", [(found.size, int(found.count()), found.mean().item(), found.min().item(), found.max().item())])
        by_time = found.mean(["lat", "lon"])
        slt.query(f"select time, avg(packed) from regrid(uneven, {sql}) group by time order by time", rows(by_time, "time", "v"))
    t = f64(read("era.zarr").t2m)
    found = t.interp(lat=np.arange(88, -89, -3.3), lon=np.arange(0.5, 355, 2.5)).rename("v")
    regridded = "regrid(era, lat => range(88, -89, -3.3), lon => range(0.5, 355, 2.5))"
    slt.query(f"select count(*), avg(t2m), min(t2m), max(t2m) from {regridded}", [(found.size, found.mean().item(), found.min().item(), found.max().item())], why="Finer.")
    zonal = found.mean(["time", "lon"])
    slt.query(f"select lat, avg(t2m) from {regridded} where lat between -30 and 30 group by lat order by lat desc", rows(zonal.where(abs(zonal.lat) <= 30, drop=True), "lat", "v"))
    month = found.groupby("time.month").mean().mean(["lat", "lon"])
    slt.query(f"select month(time) as m, avg(t2m) from {regridded} group by m order by m", rows(month, "month", "v"))
    box = found.sel(time="2000-01-20").isel(lat=[3, 30], lon=[7, 100])
    slt.query(f"select lat, lon, t2m from {regridded} where time = '2000-01-20' and dim_index(lat) in (3, 30) and dim_index(lon) in (7, 100) order by lat desc, lon", rows(box, "lat", "lon", "v"))
    other = read("rain.zarr")
    like = t.interp(lat=other.lat, lon=other.lon, method="nearest").rename("v")
    slt.query("select count(*), avg(t2m), sum(t2m * dim_index(lat)) from regrid(era, like => 'rain', method => 'nearest')",
              [(like.size, like.mean().item(), (like * xr.DataArray(np.arange(other.lat.size), dims="lat")).sum().item())], why="Like another dataset.")
    half = t.interp(lat=other.lat).rename("v")
    slt.query("select count(*), avg(t2m) from regrid(era, like => (select lat, rain from rain))", [(half.size, half.mean().item())], why="Only what the query names.")
    product = (like * f64(other.rain)).mean().item()
    slt.query("select count(*), avg(t2m * rain) from regrid(era, like => rain, method => 'nearest') join rain using (time, lat, lon)", [(int((like * f64(other.rain)).size), product)], relative="1e-6", why="So that the two can be joined.")


def type_cases(slt):
    """The types and attributes of xarray's results; linear makes float64 of all."""
    ds = read("uneven.zarr")
    arrow = {"float64": "Float64", "float32": "Float32"}
    for method in ("linear", "nearest"):
        found = ds.interp(lat=[1.0], lon=[2.0], method=method)
        names = ("packed", "single", "whole")
        slt.query(f"select {', '.join(f'arrow_typeof({n})' for n in names)} from regrid(uneven, lat => [1], lon => [2], method => '{method}') limit 1",
                  [tuple(arrow["float64" if method == "linear" else str(found[n].dtype)] for n in names)])


def longitude_cases(slt):
    """xarray knows no globe: the source is continued by hand."""
    ds = f64(read("uneven.zarr").packed)
    around = xr.concat([ds.assign_coords(lon=ds.lon - 360), ds, ds.assign_coords(lon=ds.lon + 360)], "lon")
    lon = [-180, -15, 0, 340, 359.5, 360, 400]
    for method in ("linear", "nearest"):
        found = around.interp(new(lat=[20, -30], lon=lon), method=method).isel(time=[0, 1]).rename("v")
        # The first label is between the same two as without the globe; a whole turn is the same place.
        first = ds.interp(new(lat=[20, -30], lon=[0]), method=method).isel(time=[0, 1])
        found = found.where(found.lon % 360 != 0, first.isel(lon=0, drop=True))
        slt.query(f"select time, lat, lon, packed from regrid(uneven, lat => [20, -30], lon => {listed(lon)}, method => '{method}') where time < '2001-03-01' order by time, lat, lon",
                  sorted(null(rows(found, "time", "lat", "lon", "v")), key=lambda row: row[:-1]), why=f"{method}: across the meridian where longitudes start again.")
    west = ds.sel(lon=slice(0, 180))
    found = west.interp(new(lat=[20], lon=[-90, 90, 170, 190, 270])).isel(time=0).rename("v")
    slt.query("select lon, packed from regrid((select * from uneven where lon <= 180), lat => [20], lon => [-90, 90, 170, 190, 270]) where time = '2001-01-01' order by lon", null(rows(found, "lon", "v")), why="A part of the globe has ends.")


def other_cases(slt):
    ds = read("uneven.zarr")
    found = ds.interp(lat=[60.0, 5.0], lon=[100.0, 130.0])
    slt.query("select lon, line from regrid(uneven.lon, lon => [100, 120, 130, 150, 180]) order by lon", null(rows(ds.line.interp(lon=[100.0, 120, 130, 150, 180]), "lon", "line")), why="An array of one dimension takes a label that is met as it is.")
    slt.query("select time, series from regrid(uneven, lat => [1], lon => [2, 3]) where lon = 2 order by time", rows(ds.series, "time", "series"), why="What has none of the dimensions stays as it is.")
    slt.query("select lat, lon, weight, height from regrid(uneven, lat => [60, 5], lon => [100, 130]) where time = '2001-01-01' order by lat desc, lon", rows(found, "lat", "lon", "weight", "height"), why="Other coordinates.")
    level = read("levels.zarr").t
    for method in ("linear", "nearest"):
        between = level.interp(new(level=[1013, 1000, 800, 333, 250, 100]), method=method)
        slt.query(f"select time, level, t from regrid(levels, level => [1013, 1000, 800, 333, 250, 100], method => '{method}') order by time, level desc", null(rows(between, "time", "level", "t")), why="Along pressure, which descends.")
    part = f64(ds.packed).sel(lat=slice(40, -20), time=ds.time.dt.month <= 2).interp(new(lat=[50, 30, -19, -21]))
    slt.query("select time, lat, avg(packed) from regrid((select time, lat, lon, packed from uneven where lat between -20 and 40.0 and month(time) <= 2), lat => [50, 30, -19, -21]) group by time, lat order by time, lat desc",
              null(rows(part.mean("lon").rename("v"), "time", "lat", "v")), why="A part of the source: labels outside of it are not known.")
    twice = f64(ds.packed).interp(new(lat=[30, 10, -10])).interp(new(lat=[20, 0])).rename("v").isel(time=0)
    slt.query("select lat, lon, packed from regrid((select * from regrid(uneven, lat => [30, 10, -10])), lat => [20, 0]) where time = '2001-01-01' order by lat desc, lon", null(rows(twice, "lat", "lon", "v")), why="Twice.")
    slt.query("select lat, lon, packed from regrid(regrid(uneven, lat => [30, 10, -10]), lat => [20, 0]) where time = '2001-01-01' order by lat desc, lon", null(rows(twice, "lat", "lon", "v")))
    slt.query("with u as (select lat, lon, time, packed from uneven) select a.lat, count(*), avg(a.packed - b.packed) from regrid(U, LAT => [20, 0], lon => range(0, 360, 45)) a join regrid(u, lat => [20, 0], lon => range(0, 360, 45), method => 'nearest') b using (time, lat, lon) group by a.lat order by a.lat",
              rows(joined(ds), "lat", "n", "d"), why="Names in any case, aliases, a common table expression, a join.")


def joined(ds):
    around = xr.concat([ds.packed, ds.packed.assign_coords(lon=ds.lon + 360)], "lon")
    how = {"lat": [0.0, 20.0], "lon": np.arange(0, 360, 45.0)}
    difference = around.interp(how) - around.interp(how, method="nearest")
    n = xr.full_like(difference.isel(time=0, lon=0, drop=True), difference.isel(lat=0).size).astype("int64")
    return xr.Dataset({"n": n, "d": difference.mean(["time", "lon"])})


def cells(labels, latitude=False):
    """Cells that end half way between labels."""
    labels = np.asarray(labels, dtype="float64")
    middle = (labels[:-1] + labels[1:]) / 2
    edges = np.concatenate([[labels[0] - (middle[0] - labels[0])], middle, [labels[-1] + (labels[-1] - middle[-1])]])
    edges = np.stack([edges[:-1], edges[1:]], 1)
    edges.sort(axis=1)
    return np.clip(edges, -90, 90) if latitude else edges


def shared(source, target, wrap=False):
    """How long a part the cells share, a row for each target: every pair is looked at."""
    out = np.zeros((len(target), len(source)))
    for turn in (-720, -360, 0, 360, 720) if wrap else (0,):
        low = np.maximum(source[None, :, 0] + turn, target[:, None, 0])
        high = np.minimum(source[None, :, 1] + turn, target[:, None, 1])
        out += np.maximum(high - low, 0)
    return out


def sphere(edges):
    return np.sin(np.radians(edges))


def conserved(v, lat, lon, new_lat, new_lon, min_coverage=0.0):
    """The mean over each target cell of what is there. Cells are pairs of edges; `v` ends with lat and lon."""
    by_lat, by_lon = shared(sphere(lat), sphere(new_lat)), shared(lon, new_lon, wrap=True)
    there = ~np.isnan(v)
    total = np.einsum("ai,bj,...ij->...ab", by_lat, by_lon, np.where(there, v, 0.0))
    area = np.einsum("ai,bj,...ij->...ab", by_lat, by_lon, there.astype("float64"))
    whole = np.diff(sphere(new_lat), axis=1) * np.diff(new_lon, axis=1).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((area > 0) & (area / whole >= min_coverage - 1e-9), total / area, np.nan)


def conservative_cases(slt):
    bounded = read("bounded.zarr")
    rain = bounded.rain.values
    lat, lon = bounded.lat_bnds.values, bounded.lon_bnds.values
    new_lat, new_lon = np.arange(-75, 90, 30.0), np.arange(0, 360, 45.0)
    to = (cells(new_lat, latitude=True), cells(new_lon))
    found = xr.DataArray(conserved(rain, lat, lon, *to), dims=("time", "lat", "lon"), coords={"time": bounded.time, "lat": new_lat, "lon": new_lon}, name="v")
    regridded = "regrid(bounded, lat => range(-75, 90, 30), lon => range(0, 360, 45), method => 'conservative')"
    slt.query(f"select lat, lon, rain from {regridded} where time = '2001-02-01' order by lat, lon", rows(found.isel(time=1), "lat", "lon", "v"), why="Cells with bounds.")
    area = np.diff(sphere(lat), axis=1) * np.diff(lon, axis=1).T
    mean = (rain * area).sum((1, 2)) / area.sum()
    slt.query(f"select time, sum(rain * (sin(radians(lat + 15)) - sin(radians(lat - 15)))) / 16 from {regridded} group by time order by time", zip(bounded.time.values, mean), relative="1e-12", why="The mean over the globe stays.")

    ds = read("uneven.zarr")
    packed = f64(ds.packed)
    source = (cells(ds.lat.values, latitude=True), cells(ds.lon.values))
    new_lat, new_lon = np.array([60.0, 20.0, -20.0, -60.0]), np.array([-150.0, -60.0, 30.0, 120.0])
    to = (cells(new_lat, latitude=True), cells(new_lon))
    for least in (0, 0.9, 1):
        means = conserved(packed.values, *source, *to, min_coverage=least)
        found = xr.DataArray(means, dims=("time", "lat", "lon"), coords={"time": ds.time, "lat": new_lat, "lon": new_lon}, name="v")
        slt.query(f"select time, lat, lon, packed from regrid(uneven, lat => {listed(new_lat)}, lon => {listed(new_lon)}, method => 'conservative', min_coverage => {least}) where time < '2001-04-01' order by time, lat desc, lon",
                  null(rows(found.isel(time=slice(0, 3)), "time", "lat", "lon", "v")), why=f"What is missing is left out; at least {least} of a cell must be there.")
    single = conserved(f64(ds.single).transpose("time", "lat", "lon").values, *source, source[0], to[1])
    slt.query(f"select count(single), avg(single) from regrid(uneven, lon => {listed(new_lon)}, method => 'conservative')", [(int(np.isfinite(single).sum()), np.nanmean(single))], why="One dimension alone.")

    whole = conserved(f64(ds.whole).values, *source, lat, lon)
    like = xr.DataArray(whole, dims=("lat", "lon"), coords={"lat": bounded.lat, "lon": bounded.lon}, name="v")
    slt.query("select lat, lon, whole from regrid(uneven.lat_lon, like => bounded, method => 'conservative') order by lat, lon", null(rows(like, "lat", "lon", "v")), why="Like a dataset whose cells have bounds.")

    level = read("levels.zarr").t
    parts = shared(cells(level.level.values), cells([900, 600, 300]))
    means = xr.DataArray(level.values @ parts.T / parts.sum(1), dims=("time", "level"), coords={"time": level.time, "level": [900.0, 600.0, 300.0]}, name="v")
    slt.query("select time, level, t from regrid(levels, level => [900, 600, 300], method => 'conservative') order by time, level desc", rows(means, "time", "level", "v"), why="Along pressure, lengths are shared.")


RADIUS = 6371008.8


def nearest_cells(lat, lon, new_lat, new_lon):
    """The number of the nearest cell of each pair of labels, and its distance in metres: every cell is looked at."""

    def vectors(lat, lon):
        lat, lon = np.radians(lat), np.radians(lon)
        return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)

    cells = vectors(lat.reshape(-1), lon.reshape(-1))
    wanted = vectors(*np.meshgrid(new_lat, new_lon, indexing="ij"))
    square = ((wanted[:, :, None] - cells) ** 2).sum(-1)
    # A cell whose place is missing is nowhere.
    square = np.where(np.isnan(square), np.inf, square)
    return square.argmin(-1), 2 * RADIUS * np.arcsin(np.sqrt(square.min(-1)) / 2)


def curvilinear_cases(slt):
    ds = read("curvilinear.zarr")
    lat, lon = np.array([61.3, 52.2, 47.1, 70.0]), np.array([-20.0, 7.3, 181.1, 355.0])
    cell, distance = nearest_cells(ds.TLAT.values, ds.TLONG.values, lat, lon)
    coords = {"TLAT": lat, "TLONG": lon}
    take = lambda v: v.values.reshape(*v.shape[:-2], -1)[..., cell]
    found = xr.DataArray(take(ds.v), dims=("time", "TLAT", "TLONG"), coords={"time": ds.time, **coords}, name="v")
    regridded = f"regrid(curvilinear, \"TLAT\" => {listed(lat)}, tlong => {listed(lon)}, method => 'nearest'"
    slt.query(f'select time, "TLAT", tlong, v from {regridded}) order by time, tlat, tlong', sorted(null(rows(found, "time", "TLAT", "TLONG", "v")), key=lambda row: row[:-1]), why="The nearest cell of a curvilinear grid.")
    most = float(np.median(distance)) + 1
    near = found.where(xr.DataArray(distance <= most, dims=("TLAT", "TLONG")))
    slt.query(f'select time, "TLAT", "TLONG", v from {regridded}, max_distance => {most}) where time = 1.5 order by "TLAT", "TLONG"', sorted(null(rows(near.sel(time=[1.5]), "time", "TLAT", "TLONG", "v")), key=lambda row: row[:-1]), why="None is near enough.")

    orca = read("orca2.zarr")
    lat, lon = np.arange(-77.3, 90, 5.1), np.arange(-179.2, 180, 7.7)
    cell, distance = nearest_cells(f64(orca.nav_lat).values, f64(orca.nav_lon).values, lat, lon)
    t = f64(orca.votemper).values.reshape(-1)[cell]
    slt.query("select count(*), count(votemper), avg(votemper), min(votemper), max(votemper) from regrid(orca2, nav_lon => range(-179.2, 180, 7.7), nav_lat => range(-77.3, 90, 5.1), method => 'nearest')",
              [(t.size, int(np.isfinite(t).sum()), np.nanmean(t), np.float32(np.nanmin(t)), np.float32(np.nanmax(t)))], why="An ocean with three poles.")
    zonal = xr.DataArray(np.where(distance <= 150000, t, np.nan), dims=("nav_lat", "nav_lon"), coords={"nav_lat": np.arange(lat.size) * 5.1 - 77.3, "nav_lon": lon}, name="t").mean("nav_lon")
    slt.query("select nav_lat, avg(votemper) from regrid(orca2, nav_lat => range(-77.3, 90, 5.1), nav_lon => range(-179.2, 180, 7.7), method => 'nearest', max_distance => 150000) group by nav_lat order by nav_lat",
              null(rows(zonal, "nav_lat", "t")))


def error_cases(slt):
    for arguments, pattern in [
        ("uneven, foo => [1]", "no dimension `foo`.*`lat`"),
        ("uneven, time => [1]", "expected numbers"),
        ("uneven, lat => []", "no labels"),
        ("uneven, lat => range(0, 10, -1)", "no labels"),
        ("uneven, lat => range(0, 10, 0)", "no end"),
        ("uneven, lat => [1], method => 'cubic'", "unknown method `cubic`.*`linear`"),
        ("uneven, like => levels", "no labels of numbers"),
        ("uneven, lat => [1], method => 'conservative'", "expected two or more"),
        ("uneven, lat => [1, 2], method => 'conservative', min_coverage => 1.5", "expected 0 to 1"),
        ("uneven, lat => [1], lat => [2]", "given twice"),
        ("(select avg(packed) from uneven), lat => [1]", "not supported.*COPY"),
        ("(select packed + 1 from uneven), lat => [1]", "not supported.*COPY"),
        ("(select * from uneven where packed > 0), lat => [1]", "depends on `packed`"),
        ("(select * from uneven where lat < 0 or lat > 50), lat => [1]", "selects labels of dimension `lat`"),
        ("(select * from uneven where lat > 85), lat => [1]", "no label of dimension `lat`"),
        ("curvilinear, \"TLAT\" => [1], \"TLONG\" => [2]", "method `linear` on a curvilinear grid.*nearest"),
        ("curvilinear, \"TLAT\" => [1], method => 'nearest'", "1 coordinate.*expected two"),
        ("curvilinear, \"TLAT\" => [1], \"TLONG\" => [1], method => 'nearest', max_distance => -1", "no distance"),
        ("(select * from curvilinear where \"TLAT\" > 0), \"TLAT\" => [1], \"TLONG\" => [1], method => 'nearest'", "depends on `TLAT`"),
        ("uneven, lat => [1], max_distance => 5", "curvilinear"),
        ("uneven, lat => [1], height => [1]", "coordinate `height` has two dimensions"),
        ("uneven", "no new labels"),
        ("nothing, lat => [1]", "no table `nothing`"),
    ]:
        slt.error(f"select * from regrid({arguments})", pattern)
