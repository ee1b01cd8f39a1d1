"""Writes `expected.json`, what every client has to read, from the sample data as xarray opens it.

    expected.py SAMPLE TEXT

SAMPLE is the folder of `hyperslab sample`, TEXT is `tests/data/text.zarr`, which is served as `cities`. Run it in the
Python of `tests/data/requirements.txt`; it is needed again only when the sample changes.

Every `sst` is a multiple of 1/32 or the float32 nearest to -1.8, and there are few of them: sums in float64 differ
between orders of adding by less than 1e-9 of their size, which is the tolerance of the checks.
"""

import json
import pathlib
import sys

import numpy as np
import xarray as xr

MANY = "1965-07-01"
DAY = "1997-12-15"
MERIDIAN = 10.0
SOUTH, NORTH = 60.0, 88.0


def number(value):
    """A float32 as the shortest decimal that reads back as it; NaN as NULL."""
    return None if np.isnan(value) else float(str(np.float32(value)))


def time(value):
    return str(np.datetime64(value, "s")).replace("T", " ")


def main(sample, text):
    ersst = xr.open_zarr(f"{sample}/ersst.zarr")
    cities = xr.open_zarr(text)

    many = ersst.sel(time=ersst.time < np.datetime64(MANY))
    sst = many.sst.values.astype("float64")
    months, rows, columns = sst.shape
    sea = many.sst.values[~np.isnan(sst)]
    lat, lon = many.lat.values.astype("float64"), many.lon.values.astype("float64")
    epoch = (many.time.values.astype("datetime64[s]") - np.datetime64("1960-01-01", "s")).astype("int64")

    line = ersst.sst.sel(time=DAY, lon=MERIDIAN).sel(lat=slice(SOUTH, NORTH)).squeeze()
    warm = ersst.sst.sel(time=DAY, lat=0.0, lon=240.0).squeeze()

    attributes = [[None, name, str(value)] for name, value in ersst.attrs.items() if name == "title"]
    raw = xr.open_zarr(f"{sample}/ersst.zarr", decode_times=False)
    attributes += sorted([name, "units", raw[name].attrs["units"]] for name in raw.variables)

    year = ersst.sst.sel(time=slice("1962-01-01", "1964-12-31"), lat=slice(-4, 4), lon=slice(210, 240))
    means = year.groupby("time.year").mean(..., dtype="float64")

    expected = {
        "tables": [["ersst", "attributes"], ["public", "cities"], ["public", "ersst"]],
        "columns": {
            "ersst": [
                ["time", "timestamp without time zone"],
                ["lat", "real"],
                ["lon", "real"],
                ["sst", "real"],
            ],
            "cities": [
                ["city", "text"],
                ["year", "integer"],
                ["country", "text"],
                ["area", "double precision"],
                ["v", "double precision"],
            ],
        },
        "many": {
            "sql": f"SELECT time, lat, lon, sst FROM ersst WHERE time < '{MANY}'",
            "rows": sst.size,
            "nulls": int(np.isnan(sst).sum()),
            "sum_sst": float(np.nansum(sst)),
            "sum_sst_as_decimals": float(sum(float(str(v)) * n for v, n in zip(*np.unique(sea, return_counts=True)))),
            "sum_lat_squared": float((lat**2).sum() * months * columns),
            "sum_lon": float(lon.sum() * months * rows),
            "sum_seconds_since_1960": int(epoch.sum() * rows * columns),
        },
        "point": {
            "sql": "SELECT sst FROM ersst WHERE time = {} AND lat = {} AND lon = {}",
            "values": [time(warm.time.values), float(warm.lat), float(warm.lon)],
            "sst": number(warm.values),
        },
        "city": {
            "sql": "SELECT DISTINCT country FROM cities WHERE city = {}",
            "values": ["Århus"],
            "country": str(cities.country.sel(city="Århus").values),
        },
        "line": {
            "sql": f"SELECT time, lat, sst FROM ersst WHERE time = '{DAY}' AND lon = {MERIDIAN:g}"
            f" AND lat BETWEEN {SOUTH:g} AND {NORTH:g} ORDER BY lat",
            "rows": [
                [time(line.time.values), float(lat), number(sst)] for lat, sst in zip(line.lat.values, line.values)
            ],
        },
        "words": {
            "sql": "SELECT city, country, area FROM cities WHERE year = 2002 ORDER BY area",
            "rows": sorted(
                ([str(c), str(n), float(a)] for c, n, a in zip(cities.city.values, cities.country.values, cities.area.values)),
                key=lambda row: row[2],
            ),
        },
        "attributes": {
            "sql": "SELECT variable, name, value FROM ersst.attributes WHERE name IN ('title', 'units')"
            " ORDER BY variable NULLS FIRST",
            "rows": attributes,
        },
        "chart": {
            "south": -4, "north": 4, "west": 210, "east": 240,
            "from": "1962-01-01T00:00:00", "to": "1965-01-01T00:00:00",
            "means": [[f"{int(y)}-01-01 00:00:00", float(m)] for y, m in zip(means.year.values, means.values)],
        },
    }
    folder = pathlib.Path(__file__).parent
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
