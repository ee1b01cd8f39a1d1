"""How variables hang together: grids, broadcast variables, coordinates of two dimensions, bounds, groups."""

import numpy as np
import pandas as pd
import xarray as xr

from .slt import Slt, rows
from .stores import DATA, read, write


def stores():
    time = pd.date_range("2001-01-15", periods=24, freq="MS") + pd.Timedelta(days=14)
    lat, lon = np.linspace(-80, 80, 9), np.arange(0.0, 360, 45)
    rng = np.random.default_rng(3)
    dims = ("time", "lat", "lon")
    ds = xr.Dataset(
        {
            "sst": (dims, rng.integers(0, 3000, (24, 9, 8)) / 100, {"units": "degC"}),
            "ice": (dims, rng.random((24, 9, 8)).round(3).astype("float32")),
            "mask": (("lat", "lon"), (rng.random((9, 8)) > 0.3)),
            "weights": ("lat", np.cos(np.radians(lat))),
            "steps": ("time", np.arange(24, dtype="int16")),
            "offset": ((), 273.15),
            # The same dimensions in another order.
            "turned": (("lon", "time", "lat"), rng.integers(0, 50, (8, 24, 9))),
        },
        {
            "time": time, "lat": lat, "lon": lon,
            "month": ("time", time.month.to_numpy()),
            "zone": ("lat", np.array(["polar", "polar", "south", "tropic", "tropic", "tropic", "north", "polar", "polar"])),
            "height": 10.0,
            "area": (("lat", "lon"), np.outer(np.cos(np.radians(lat)), np.ones(8)).round(6)),
        },
    )
    write(ds, "broadcast.zarr", chunks={"time": 10, "lat": 5, "lon": 4})

    # Grids of which none holds the others.
    apart = xr.Dataset(
        {"profile": (("time", "depth"), np.arange(12.0).reshape(3, 4)), "surface": (("time", "x"), np.arange(6.0).reshape(3, 2)), "mean": ("time", np.arange(3.0))},
        {"time": [2001, 2002, 2003], "depth": [0.0, 10.0, 50.0, 100.0]},
    )
    write(apart, "apart.zarr")

    # A curvilinear grid in chunks, bounds, a grid mapping, a coordinate of three dimensions.
    y, x = np.mgrid[0:12, 0:10]
    curve = xr.Dataset(
        {"v": (("time", "y", "x"), np.arange(240.0).reshape(2, 12, 10)), "depth": (("y", "x"), (y * 10.0 + x))},
        {
            "time": [0.5, 1.5],
            "TLAT": (("y", "x"), 40 + y * 2.0 + x * 0.25, {"units": "degrees_north", "bounds": "TLAT_bounds"}),
            "TLONG": (("y", "x"), (350 + x * 2.0 + y * 0.5) % 360, {"units": "degrees_east"}),
            "level": (("time", "y", "x"), np.arange(240.0).reshape(2, 12, 10) / 7),
        },
    )
    curve["TLAT_bounds"] = (("y", "x", "corner"), np.stack([curve.TLAT.values + d for d in (-1, -1, 1, 1)], -1))
    curve["time_bnds"] = (("time", "nv"), [[0.0, 1.0], [1.0, 2.0]])
    curve.time.attrs["bounds"] = "time_bnds"
    curve["crs"] = ((), np.int32(0), {"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": 25.0})
    curve["v"].attrs["grid_mapping"] = "crs"
    curve["v"].attrs["ancillary_variables"] = "depth"
    curve["TLAT"].values[3, 4] = np.nan
    write(curve, "curvilinear.zarr", chunks={"time": 1, "y": 5, "x": 4})

    # A tree; `lat` and `lon` of the root hold for the groups below it.
    coarse = xr.Dataset({"t": (("lat", "lon"), np.arange(6.0).reshape(2, 3))})
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset({"root": ("lat", [1.0, 2.0])}, {"lat": [-10.0, 10.0], "lon": [0.0, 1.0, 2.0]}),
            "/coarse": coarse,
            "/fine": xr.Dataset({"t": ("z", np.arange(4.0))}, {"z": [1, 2, 3, 4]}),
            "/fine/sub": xr.Dataset({"u": (("z", "k"), np.arange(8.0).reshape(4, 2))}),
        }
    )
    tree.to_zarr(DATA / "tree.zarr", zarr_format=3, mode="w", consolidated=True)
    tree.to_zarr(DATA / "tree_v2.zarr", zarr_format=2, mode="w", consolidated=True)


def cases():
    with Slt("structure", "Grids, broadcast variables, 2-D coordinates, bounds, groups.") as slt:
        broadcast_cases(slt)
        apart_cases(slt)
        curvilinear_cases(slt)
        for store in ["tree", "tree_v2"]:
            tree_cases(slt, store)


def broadcast_cases(slt):
    ds = read("broadcast.zarr")
    slt.table("b", "broadcast.zarr")
    slt.query("select count(*), sum(sst), sum(weights), sum(steps), sum(offset), count(*) filter (where mask) from b",
              [(ds.sst.size, ds.sst.sum().item(), ds.weights.sum().item() * 24 * 8, int(ds.steps.sum()) * 72, 273.15 * ds.sst.size, int(ds["mask"].sum()) * 24)])
    slt.query("select lat, sum(sst * weights) / sum(weights) from b where mask group by lat order by lat", rows((ds.sst.where(ds["mask"]).mean(["time", "lon"])).rename("v"), "lat", "v"))
    weighted = ds.sst.weighted(ds.weights).mean(["lat", "lon"])
    slt.query("select time, sum(sst * weights) / sum(weights) as m from b group by time order by time limit 5", rows(weighted.rename("m"), "time", "m")[:5])
    slt.query("select zone, avg(sst), count(distinct lat) from b group by zone order by zone",
              [(z, ds.sst.isel(lat=ds.zone.values == z).mean().item(), int((ds.zone.values == z).sum())) for z in sorted(set(ds.zone.values))])
    slt.query("select count(*), sum(sst) from b where zone = 'tropic' and month in (1, 2)", [selection(ds.sst.isel(lat=ds.zone.values == "tropic", time=np.isin(ds.month.values, [1, 2])))])
    slt.query("select count(*), sum(sst) from b where zone like 'p%' or lat = 0", [selection(ds.sst.isel(lat=np.isin(ds.zone.values, ["polar"]) | (ds.lat.values == 0)))])
    slt.query("select count(*), sum(sst) from b where height = 10 and offset < 0", [(0, None)])
    slt.query("select count(*), sum(sst) from b where height > 5", [selection(ds.sst)])
    slt.query("select count(*), sum(sst) from b where height <> 10", [(0, None)])
    big = ds.sst.where(ds.area > 0.9)
    slt.query("select count(*), sum(sst) from b where area > 0.9", [(int(big.count()), big.sum().item())])
    slt.query("select month, avg(sst), sum(turned) from b group by month order by month",
              [(int(m), p.sst.mean().item(), int(p.turned.sum())) for m, p in ds.groupby("month")])
    part = ds.isel(time=[3], lat=[0, 4], lon=[7])
    slt.query('''select time, lat, lon, month, zone, height, area, sst, ice, mask, weights, steps, "offset", turned from b where time = '2001-05-15' and lat in (-80, 0) and lon = 315 order by lat''',
              rows(part, "time", "lat", "lon", "month", "zone", "height", "area", "sst", "ice", "mask", "weights", "steps", "offset", "turned"))
    slt.query("select lat, weights from b.lat order by lat", rows(ds.weights, "lat", "weights"), why="The grid of one dimension is a table of its own.")
    slt.query("select count(*), sum(turned) from b.time_lat_lon", [(ds.sst.size, int(ds.turned.sum()))])
    slt.query("select count(*) from b.lat_lon where mask", [(int(ds["mask"].sum()),)])
    slt.query('select "offset" from b.scalar', [(273.15,)])
    slt.query("select a.lat, count(*), sum(a.sst * m.weights) from b a join b.lat m on a.lat = m.lat where a.lon = 0 group by a.lat order by a.lat",
              rows((ds.sst.sel(lon=0) * ds.weights).sum("time").rename("v").to_dataset().assign(n=("lat", np.full(9, 24))), "lat", "n", "v"))


def selection(a):
    return a.size, a.sum().item()


def apart_cases(slt):
    ds = read("apart.zarr")
    slt.table("apart", "apart.zarr")
    slt.error("select * from apart", "time_depth", why="No grid holds all others; the message names those there are.")
    slt.query("select time, depth, profile from apart.time_depth where depth >= 50 order by 1, 2", rows(ds.profile.isel(depth=[2, 3]), "time", "depth", "profile"))
    slt.query("select time, x, surface from apart.time_x where x = 1 order by time", rows(ds.assign_coords(x=ds.x).surface.isel(x=[1]), "time", "x", "surface"))
    slt.query("select avg(mean) from apart.time", [(1.0,)])
    slt.query("select s.time, sum(s.surface * p.profile) from apart.time_x s join apart.time_depth p on s.time = p.time group by s.time order by s.time",
              rows((ds.surface * ds.profile).sum(["x", "depth"]).rename("v"), "time", "v"))


def curvilinear_cases(slt):
    ds = read("curvilinear.zarr")
    slt.table("curve", "curvilinear.zarr")
    for what, mask in [
        ('"TLAT" > 60', ds.TLAT > 60),
        ('"TLAT" between 50 and 52', (ds.TLAT >= 50) & (ds.TLAT <= 52)),
        ('"TLAT" > 55 and "TLONG" < 10', (ds.TLAT > 55) & (ds.TLONG < 10)),
        ('"TLAT" > 62 or "TLONG" > 359', (ds.TLAT > 62) | (ds.TLONG > 359)),
        ('not ("TLAT" > 42)', ds.TLAT <= 42),
        ('"TLAT" is null', ds.TLAT.isnull()),
        ('"TLAT" = 46.75', ds.TLAT == 46.75),
        ('"TLAT" + "TLONG" > 400 and y < 6', (ds.TLAT + ds.TLONG > 400) & (ds.y < 6)),
        ('"TLAT" > 100', ds.TLAT > 100),
        ("abs(TLAT - 50) < 1 and time = 1.5", (abs(ds.TLAT - 50) < 1) & (ds.time == 1.5)),
        ("level > 30 and tlat < 60", (ds.level > 30) & (ds.TLAT < 60)),
    ]:
        v = ds.v.where(mask, drop=False)
        n = int(v.count())
        slt.query(f"select count(*), sum(v), sum(depth) from curve where {what}", [(n, v.sum().item() if n else None, ds.depth.where(v.notnull()).sum().item() if n else None)])
    slt.query("select floor(TLAT / 10) as band, count(*), avg(v) from curve where TLAT is not null group by band order by band",
              [(b, int(p.count()), p.mean().item()) for b, p in ds.v.groupby(np.floor(ds.TLAT / 10).rename("band"))])
    some = ds.assign_coords(y=ds.y, x=ds.x).isel(time=[1], y=[3], x=[3, 4, 5])
    slt.query('select y, x, "TLAT", "TLONG", level, v, depth from curve where y = 3 and x between 3 and 5 and time = 1.5 order by x', rows(some, "y", "x", "TLAT", "TLONG", "level", "v", "depth"))
    slt.query("select column_name from information_schema.columns where table_name = 'curve' and table_schema = 'public' order by 1", [(n,) for n in sorted(["time", "y", "x", "TLAT", "TLONG", "level", "v", "depth"])],
              why="Bounds and grid mappings are not columns.")


def tree_cases(slt, store):
    slt.table(store, f"{store}.zarr")
    slt.query(f"select lat, root from {store} where lat > 0", [(10.0, 2.0)])
    ds = xr.open_datatree(DATA / f"{store}.zarr", engine="zarr").load()
    slt.query(f"select lat, lon, t from {store}.coarse where lat > 0 and lon >= 1 order by lon", rows(ds["coarse"].to_dataset().isel(lat=[1], lon=[1, 2]), "lat", "lon", "t"),
              why="A group sees the coordinates of the groups above it.")
    slt.query(f"select z, t from {store}.fine order by z", rows(ds["fine"].to_dataset(), "z", "t"))
    slt.query(f'select sum(u), count(*) from {store}."fine/sub" where z > 2 and k = 0', [(ds["fine/sub"].to_dataset().u.isel(z=[2, 3], k=0).sum().item(), 2)])
