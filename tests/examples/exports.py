"""Copies every sample dataset to Zarr v3 and v2, NetCDF CDF-2 and CDF-5, and says what xarray finds different.

    hyperslab sample /tmp/sample
    /tmp/oracle/bin/python exports.py hyperslab /tmp/sample

Labels, values, attributes and encodings are to be the same. CDF-2 has no 64-bit integers, so that times become shorter ones or
floats there; a fill value is said of floats that had none, as xarray does itself.
"""

import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import xarray as xr

TARGETS = [
    ("v3.zarr", ""),
    ("v2.zarr", "OPTIONS ('zarr_format' '2')"),
    ("cdf2.nc", ""),
    ("cdf5.nc", "OPTIONS ('netcdf_version' '64bit_data')"),
]
ENCODINGS = ("_FillValue", "scale_factor", "add_offset", "units", "calendar", "dtype")


def read(path):
    return (xr.open_zarr(path) if path.suffix == ".zarr" else xr.open_dataset(path)).load()


def encoding(variable):
    return {key: str(variable.encoding[key]) for key in ENCODINGS if key in variable.encoding}


def main(binary, sample):
    warnings.simplefilter("ignore")
    for store in sorted(Path(sample).glob("*.zarr")):
        source = read(store)
        for name, options in TARGETS:
            with tempfile.TemporaryDirectory() as folder:
                target = Path(folder) / name
                statement = f"COPY {store.stem} TO '{target}' {options}"
                subprocess.run([binary, "-q", store, "-c", statement], check=True, stdout=subprocess.DEVNULL)
                copy = read(target)
            xr.testing.assert_identical(source, copy)
            changed = [
                f"{v}: {encoding(source[v])} → {encoding(copy[v])}"
                for v in source.variables
                if encoding(source[v]) != encoding(copy[v])
            ]
            print(store.stem, name, "identical", *changed, sep="\n    " if changed else " ")


if __name__ == "__main__":
    main(*sys.argv[1:])
