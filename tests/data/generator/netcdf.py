"""NetCDF classic: the three versions, every type, texts, records between each other and alone."""

import netCDF4
import numpy as np
import xarray as xr

from .slt import Slt, f64, rows
from .stores import DATA

CDF1, CDF2, CDF5 = "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"
TLL = ("time", "lat", "lon")


def stores():
    temperatures()
    records()
    one_record()
    types()
    texts()


def create(name, version, **sizes):
    nc = netCDF4.Dataset(DATA / name, "w", format=version)
    # What is written is what stands there, nothing packed and nothing masked.
    nc.set_auto_maskandscale(False)
    for dimension, size in sizes.items():
        nc.createDimension(dimension, size)
    return nc


def variable(nc, name, kind, dims, values, **attributes):
    fill = attributes.pop("_FillValue", None)
    made = nc.createVariable(name, kind, dims, fill_value=fill)
    made.set_auto_maskandscale(False)
    made.setncatts(attributes)
    made[...] = values


def write(ds, name, version="NETCDF3_64BIT", **how):
    """Writes `ds` as xarray does."""
    ds.to_netcdf(DATA / name, engine="netcdf4", format=version, **how)


def read(name, **how):
    return xr.open_dataset(DATA / name, engine="netcdf4", **how).load()


def temperatures():
    """As climate models write: CDF-1, an unlimited time, packed numbers, a calendar, bounds."""
    nc = create("tas.nc", CDF1, time=None, lat=6, lon=8, bnds=2)
    nc.title = "made up"
    nc.Conventions = "CF-1.8"
    nc.version_number = np.int32(3)
    nc.levels = np.array([1.5, 2.5])
    days = np.arange(14) + 45.5
    variable(nc, "time", "f8", ("time",), days, units="days since 1999-01-01", calendar="noleap", bounds="time_bnds")
    variable(nc, "time_bnds", "f8", ("time", "bnds"), np.stack([days - 0.5, days + 0.5], 1))
    variable(nc, "lat", "f4", ("lat",), np.linspace(75, -75, 6), units="degrees_north")
    variable(nc, "lon", "f4", ("lon",), np.arange(8) * 45, units="degrees_east")
    packed = (np.arange(14 * 48).reshape(14, 6, 8) * 37 % 4001 - 2000).astype("i2")
    packed[::3, 1, 2:5] = -32768
    variable(nc, "tas", "i2", TLL, packed, _FillValue=np.int16(-32768), scale_factor=0.01, add_offset=273.15, units="K", cell_methods="time: mean")
    rain = (np.arange(14 * 48).reshape(14, 6, 8) % 11 * 0.25).astype("f4")
    rain[:, 0, 0] = 1e20
    rain[2, 3] = np.nan
    variable(nc, "pr", "f4", TLL, rain, _FillValue=np.float32(1e20), missing_value=np.float32(1e20))
    variable(nc, "height", "f8", (), 2.0, units="m")
    nc.close()


def records():
    """Records of odd sizes: each variable's is padded."""
    nc = create("records.nc", CDF2, t=None, x=3, y=5)
    variable(nc, "t", "i4", ("t",), np.arange(7) * 10)
    variable(nc, "x", "i2", ("x",), [3, 1, 2])
    variable(nc, "b", "i1", ("t", "x"), np.arange(21).reshape(7, 3) - 10)
    variable(nc, "s", "i2", ("t", "x"), np.arange(21).reshape(7, 3) * 1000)
    variable(nc, "d", "f8", ("t", "y", "x"), np.arange(105).reshape(7, 5, 3) / 8)
    variable(nc, "u", "i1", ("t", "y"), (np.arange(35) * 7).reshape(7, 5).astype("u1").view("i1"), _FillValue=np.int8(-25), _Unsigned="true")
    variable(nc, "flag", "S1", ("t",), list("abcdefg"))
    nc.close()


def one_record():
    """One variable of records alone is not padded."""
    nc = create("one_record.nc", CDF1, t=None, x=3)
    variable(nc, "s", "i2", ("t", "x"), np.arange(33).reshape(11, 3) * 100)
    variable(nc, "x", "f4", ("x",), [0.5, 1.5, 2.5])
    nc.close()


NUMBERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def extremes(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return np.array([0.5, -1.25, np.finfo(dtype).max, np.finfo(dtype).min, 0.1, 3], dtype)
    return np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1, 100, 7], dtype)


def types():
    """All types of CDF-5, as they are and with a fill value of their type."""
    nc = create("types.nc", CDF5, n=6)
    variable(nc, "n", "i4", ("n",), np.arange(6))
    for dtype in NUMBERS:
        values = extremes(dtype)
        kind = np.dtype(dtype).type
        variable(nc, dtype, dtype, ("n",), values, least=kind(values.min()), list=values[3:])
        variable(nc, f"{dtype}_filled", dtype, ("n",), values, _FillValue=values[4])
    nc.createVariable("unwritten", "f4", ("n",))
    variable(nc, "span", "i8", ("n",), np.arange(6) * 3, units="hours", dtype="timedelta64[ns]")
    variable(nc, "truth", "i1", ("n",), [1, 0, 0, 1, 1, 0], dtype="bool")
    variable(nc, "when", "i8", ("n",), np.arange(6) * 86_400, units="seconds since 1970-01-01")
    nc.close()


NAMES = ["Reykjavík", "", "Oslo", "São Paulo  "]


def texts():
    """Texts are characters along a dimension of their own; a character alone is a text as well."""
    nc = create("texts.nc", CDF2, station=4, length=12, pair=2)
    encoded = np.array([n.encode() for n in NAMES], "S12")
    variable(nc, "name", "S1", ("station", "length"), encoded.view("S1").reshape(4, 12), _Encoding="utf-8")
    variable(nc, "grade", "S1", ("station",), list("ABCA"))
    variable(nc, "code", "S1", ("station", "pair", "length"), np.repeat(encoded[::-1], 2).view("S1").reshape(4, 2, 12), _Encoding="utf-8")
    variable(nc, "note", "S1", ("length",), np.array([b"all of them"], "S12").view("S1"), _Encoding="utf-8")
    variable(nc, "v", "f4", ("station",), [1.5, 2.5, 3.5, 4.5], coordinates="name")
    nc.close()


def cases():
    with Slt("netcdf", "NetCDF classic: versions, types, texts, records.") as slt:
        slt.format = "NETCDF"
        temperature_cases(slt)
        record_cases(slt)
        type_cases(slt)
        text_cases(slt)


def temperature_cases(slt):
    ds = read("tas.nc")
    slt.table("tas", "tas.nc")
    slt.query("select count(*), count(tas), min(time), max(time), min(lat), max(lon) from tas",
              [(ds.tas.size, ds.tas.count().item(), ds.time.values[0], ds.time.values[-1], ds.lat.min().item(), ds.lon.max().item())])
    slt.query("select avg(tas), min(tas), max(tas), sum(pr), count(pr) from tas",
              [(ds.tas.mean().item(), ds.tas.min().item(), ds.tas.max().item(), f64(ds.pr).sum().item(), ds.pr.count().item())])
    slt.query("select time, tas, pr from tas where lat = 45 and lon = 135 order by time",
              rows(ds.sel(lat=45, lon=135)[["tas", "pr"]], "time", "tas", "pr"), why="A point of each record.")
    one = ds.isel(time=3)
    slt.query("select lat, lon, tas from tas where time = '1999-02-18T12:00:00' order by lat desc, lon", rows(one, "lat", "lon", "tas"))
    mean = f64(ds.tas).mean(["time", "lon"]).rename("t")
    slt.query("select lat, avg(tas) from tas group by lat order by lat desc", rows(mean, "lat", "t"))
    slt.query("select month(time), count(tas) from tas group by 1 order by 1",
              [(m, n) for m, n in zip(*(lambda g: (g.month.values, g.values))(ds.tas.groupby("time.month").count(...)))])


def record_cases(slt):
    ds = read("records.nc")
    slt.table("records", "records.nc")
    slt.query("select t, x, b, s from records where y = 0 order by t, x", rows(ds[["b", "s"]].sortby("x").transpose("t", "x"), "t", "x", "b", "s"))
    slt.query("select t, u, flag from records where x = 3 and dim_index(y) = 3 order by t",
              [(t, int(u) if u == u else None, f.decode()) for t, u, f in zip(ds.t.values, ds.u.values[:, 3], ds.flag.values)],
              why="Bytes that stand for 0 to 255; a character of each record.")
    slt.query("select t, sum(d) from records group by t order by t", rows(ds.d.sum(["x", "y"]).rename("d"), "t", "d"))
    slt.query("select d from records where t = 40 and x = 2 order by y", rows(ds.d.sel(t=40, x=2), "d"))
    ds = read("one_record.nc")
    slt.table("one", "one_record.nc")
    slt.query("select t, x, s from one order by t, x", rows(ds, "t", "x", "s"))


def type_cases(slt):
    ds = read("types.nc")
    stored = read("types.nc", mask_and_scale=False, decode_timedelta=False, decode_times=False)
    slt.table("types", "types.nc")
    for dtype in NUMBERS:
        filled = [None if v == stored[dtype].values[4] else v for v in stored[dtype].values]
        slt.query(f"select n, {dtype}, {dtype}_filled from types order by n", list(zip(range(6), stored[dtype].values, filled)))
    slt.query('select n, unwritten, "truth", "when" from types order by n', list(zip(range(6), ds.unwritten.values, ds.truth.values, ds.when.values)),
              why="Without the attribute `_FillValue` the library's fill value is a number.")


def text_cases(slt):
    ds = read("texts.nc")
    slt.table("texts", "texts.nc")
    slt.query("select distinct v, name || '.', grade from texts order by v",
              [(v, n + ".", g.decode()) for v, n, g in zip(ds.v.values, ds.name.values, ds.grade.values)])
    slt.query("select v, dim_index(pair), code from texts where v > 2 and code <> '' order by v, pair",
              [(v, p, c) for v, codes in zip(ds.v.values, ds.code.values) for p, c in enumerate(codes) if v > 2 and c])
    slt.query("select distinct note from texts", [(ds.note.item(),)])
