"""Writes the stores of this folder, and the answers that xarray gives to the questions of `../slt/oracle_*.slt`.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install -r requirements.txt
    /tmp/oracle/bin/python generate.py

The stores are checked in, so that the tests need no Python. Writing them again changes no byte.
"""

import gzip
import shutil
import types
import warnings

from generator import (
    calendars,
    formats,
    joins,
    labels,
    missing,
    netcdf,
    real,
    reductions,
    regrid,
    structure,
    windows,
    workloads,
)
from generator.stores import DATA

MODULES = [
    real, labels, missing, formats, calendars, structure, workloads, reductions, windows, joins, netcdf, regrid
]


def main():
    # zarr-python warns that some data types and codecs are not yet in the specification; connectors read them all the same.
    warnings.simplefilter("ignore")
    # A gzip header holds the time of writing.
    gzip.time = types.SimpleNamespace(time=lambda: 0)
    for old in DATA.glob("*.zarr"):
        shutil.rmtree(old)
    for old in DATA.glob("*.nc"):
        old.unlink()
    for module in MODULES:
        module.stores()
    for module in MODULES:
        module.cases()


if __name__ == "__main__":
    main()
