"""Missing and packed values: fill values, valid ranges, scales and offsets, chunks that were never written."""

import numpy as np
import xarray as xr

from .slt import Slt, f64, rows
from .stores import array, consolidate, group, read, write

X = np.arange(10)


def stores():
    x = ("x",)
    kelvin = 273.15 + np.array([0.0, 1.5, np.nan, 3.25, -4.5, 10.0, np.nan, 20.5, 30.0, 7.75])
    ds = xr.Dataset(
        {
            # Packed as most archives do it.
            "temperature": (x, kelvin, {"units": "K"}),
            # Packed into so few bits that xarray gives float32.
            "small": (x, (kelvin - 273.15).astype("float32")),
            "scale_only": (x, X * 0.25),
            "offset_only": (x, X + 1000.0),
            "filled_int": (x, np.where(X % 3 == 0, np.nan, X * 7.0)),
            "filled_float": (x, np.where(X % 4 == 0, np.nan, X / 8).astype("float32")),
            "nan": (x, np.where(X == 5, np.nan, X / 2)),
            "whole": (x, X.astype("int32")),
        },
        {"x": X * 10},
    )
    encoding = {
        "temperature": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 300.0, "_FillValue": -32768},
        "small": {"dtype": "int8", "scale_factor": 0.25, "_FillValue": -128},
        "scale_only": {"dtype": "int32", "scale_factor": 0.25},
        "offset_only": {"dtype": "int16", "add_offset": 1000.0},
        "filled_int": {"dtype": "int32", "_FillValue": -999},
        "filled_float": {"dtype": "float32", "_FillValue": np.float32(-9999.0)},
    }
    for name, zarr_format in [("packed.zarr", 3), ("packed_v2.zarr", 2)]:
        write(ds, name, zarr_format=zarr_format, chunks={"x": 4}, encoding=encoding)

    # What xarray does not write but reads: attributes as they come from netCDF.
    def attributes(g):
        array(g, "x", X.astype("int64") * 10, x, fill_value=-7)
        stored = np.array([0, 1, 127, 128, 200, 254, 255, 3, 4, 5], "uint8")
        array(g, "unsigned", stored.astype("int8"), x, attributes={"_Unsigned": "true", "_FillValue": -1, "scale_factor": 0.5})
        array(g, "unsigned_plain", stored.astype("int8"), x, attributes={"_Unsigned": "true"})
        array(g, "signed", stored, x, attributes={"_Unsigned": "false", "scale_factor": 2.0, "add_offset": 1.0})
        array(g, "missing_value", np.array([1, 2, -1, 4, 5, 6, -1, 8, 9, 10], "int16"), x, attributes={"missing_value": -1})
        array(
            g,
            "both",
            np.array([1.5, -1.0, 3.5, -2.0, 5.5, np.nan, 7.5, 8.5, -1.0, 10.5], "float32"),
            x,
            attributes={"missing_value": -1.0, "_FillValue": -2.0} if g.metadata.zarr_format == 2 else {"missing_value": -1.0},
        )
        array(g, "range", np.arange(-2, 8, dtype="int16"), x, attributes={"valid_range": [0, 5]})
        array(g, "minmax", np.arange(10) / 2, x, attributes={"valid_min": 1.0, "valid_max": 3.5})
        array(
            g, "packed_range", np.arange(10, dtype="int16"), x,
            attributes={"valid_min": 2, "valid_max": 7, "scale_factor": 0.5, "add_offset": 100.0},
        )

    for name, zarr_format in [("attributes.zarr", 3), ("attributes_v2.zarr", 2)]:
        attributes(group(name, zarr_format))
        consolidate(name)

    # Chunks that were never written.
    g = group("unwritten.zarr")
    array(g, "x", np.arange(12), x)
    for name, fill, attrs in [
        ("means_missing", np.nan, {}),
        ("means_five", 5.0, {}),
    ]:
        a = g.create_array(name, shape=(12,), chunks=(4,), dtype="float64", fill_value=fill, dimension_names=x, attributes=attrs)
        a[4:8] = np.arange(4.0)
    a = g.create_array("masked", shape=(12,), chunks=(4,), dtype="int32", fill_value=-9, dimension_names=x, attributes={"_FillValue": -9})
    a[0:4] = np.arange(4)
    a = g.create_array("zero", shape=(12,), chunks=(4,), dtype="int32", fill_value=0, dimension_names=x)
    a[0:4] = np.arange(4)
    a = g.create_array("sharded", shape=(12,), chunks=(2,), shards=(6,), dtype="float32", fill_value=np.nan, dimension_names=x)
    a[2:5] = np.arange(3) + 0.5
    a = g.create_array("never", shape=(12,), chunks=(12,), dtype="float64", fill_value=np.nan, dimension_names=x)
    consolidate("unwritten.zarr")

    # In Zarr v2 xarray takes the fill value of an array as the value that means missing.
    g = group("unwritten_v2.zarr", 2)
    array(g, "x", np.arange(12), x, fill_value=None)
    for name, dtype, fill in [("zero_float", "float64", 0.0), ("zero_int", "int16", 0), ("none", "int32", None), ("nan", "float32", np.nan)]:
        a = g.create_array(name, shape=(12,), chunks=(4,), dtype=dtype, fill_value=fill, attributes={"_ARRAY_DIMENSIONS": ["x"]})
        a[0:4] = np.arange(4)
        if name == "none":
            a[4:] = np.arange(8)
    consolidate("unwritten_v2.zarr")


def cases():
    with Slt("missing", "Missing and packed values.") as slt:
        for store in ["packed", "packed_v2"]:
            packed_cases(slt, store)
        for store in ["attributes", "attributes_v2"]:
            attribute_cases(slt, store)
        unwritten_cases(slt)


def packed_cases(slt, store):
    ds = read(f"{store}.zarr")
    names = ["temperature", "small", "scale_only", "offset_only", "filled_int", "filled_float", "nan", "whole"]
    slt.table(store, f"{store}.zarr")
    for name in names:
        slt.query(f'select x, "{name}" from {store} order by x', rows(ds, "x", name))
    counts = ", ".join(f'count("{n}")' for n in names)
    slt.query(f"select count(*), {counts} from {store}", [(10, *(int(ds[n].count()) for n in names))])
    for name in ["temperature", "filled_int", "nan"]:
        v = f64(ds[name])
        slt.query(
            f'select min("{name}"), max("{name}"), avg("{name}"), sum("{name}") from {store}',
            [(v.min().item(), v.max().item(), v.mean().item(), v.sum().item())],
        )
    warm = ds.temperature > 280
    slt.query(f"select x, temperature from {store} where temperature > 280 order by x", rows(ds.isel(x=warm.values), "x", "temperature"),
              why="A condition holds for unpacked values.")
    slt.query(f"select x from {store} where temperature is null order by x", rows(ds.isel(x=ds.temperature.isnull().values), "x"))
    slt.query(f"select x from {store} where not (nan > 1) order by x", rows(ds.isel(x=(ds["nan"] <= 1).values), "x"))
    slt.query(f"select x, nan from {store} order by nan desc nulls last, x limit 3", sorted(rows(ds, "x", "nan"), key=lambda r: -np.nan_to_num(r[1], nan=-1))[:3])
    slt.query(f"select count(*) from {store} where isnan(nan)", [(0,)], why="NaN never comes out.")


def attribute_cases(slt, store):
    ds = read(f"{store}.zarr")
    slt.table(store, f"{store}.zarr")
    for name in ["unsigned", "unsigned_plain", "signed", "missing_value", "both"]:
        slt.query(f'select x, "{name}" from {store} order by x', rows(ds, "x", name))
    # xarray leaves valid ranges to the reader; CF says that values outside of them are missing.
    valid = {
        "range": ds["range"].where((ds["range"] >= 0) & (ds["range"] <= 5)),
        "minmax": ds["minmax"].where((ds["minmax"] >= 1) & (ds["minmax"] <= 3.5)),
        "packed_range": ds["packed_range"].where((ds["packed_range"] >= 101) & (ds["packed_range"] <= 103.5)),
    }
    for name, v in valid.items():
        slt.query(f'select x, "{name}" from {store} order by x', rows(v.rename("v"), "x", "v"))
    slt.query(f'select count("range"), avg("minmax"), sum("packed_range") from {store}',
              [(int(valid["range"].count()), valid["minmax"].mean().item(), valid["packed_range"].sum().item())])


def unwritten_cases(slt):
    for store in ["unwritten", "unwritten_v2"]:
        ds = read(f"{store}.zarr")
        slt.table(store, f"{store}.zarr")
        names = [n for n in ds.data_vars]
        for name in names:
            slt.query(f'select x, "{name}" from {store} order by x', rows(ds, "x", name))
        counts = ", ".join(f'count("{n}"), sum("{n}")' for n in names)
        sums = [v for n in names for v in (int(ds[n].count()), ds[n].sum().item() if ds[n].count() else None)]
        slt.query(f"select count(*), {counts} from {store}", [(12, *sums)])
