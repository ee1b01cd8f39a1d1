"""Writes a dataset as a Zarr store, and opens it again as xarray does."""

from pathlib import Path

import numpy as np
import xarray as xr
import zarr

DATA = Path(__file__).resolve().parents[1]


def write(ds, name, *, zarr_format=3, chunks=None, shards=None, encoding=None, consolidated=True):
    """Writes `ds`; `chunks` and `shards` map dimensions to lengths and hold for every data variable."""
    ds = ds.copy()
    for key, variable in ds.variables.items():
        # What is told in the call instead would make xarray forget what the variable remembers.
        own = variable.encoding
        own.update((encoding or {}).get(key, {}))
        if not variable.dims or key in ds.coords:
            continue
        if chunks and "chunks" not in own:
            own["chunks"] = tuple(min(chunks.get(d, ds.sizes[d]), ds.sizes[d]) for d in variable.dims)
        if shards and "shards" not in own:
            own["shards"] = tuple(shards.get(d, ds.sizes[d]) for d in variable.dims)
    ds.to_zarr(DATA / name, zarr_format=zarr_format, consolidated=consolidated, mode="w")


def forget_encoding(ds):
    """Drops what xarray remembers of the file that `ds` came from, but for what says how its values are stored."""
    kept = {"dtype", "_FillValue", "scale_factor", "add_offset", "units", "calendar", "coordinates", "grid_mapping"}
    for variable in ds.variables.values():
        variable.encoding = {k: v for k, v in variable.encoding.items() if k in kept}
    ds.encoding = {}
    return ds


def group(name, zarr_format=3, attributes=None):
    """An empty group, for arrays that xarray would not write."""
    return zarr.create_group(DATA / name, zarr_format=zarr_format, attributes=attributes or {}, overwrite=True)


def array(parent, name, values, dims, *, attributes=None, **how):
    """An array of a group, with the names of its dimensions in the way of the group's format."""
    values = np.asarray(values)
    attributes = dict(attributes or {})
    if parent.metadata.zarr_format == 2:
        attributes["_ARRAY_DIMENSIONS"] = list(dims)
    else:
        how["dimension_names"] = list(dims)
    how.setdefault("chunks", tuple(max(n, 1) for n in values.shape))
    how.setdefault("dtype", values.dtype)
    made = parent.create_array(name, shape=values.shape, attributes=attributes, **how)
    if values.size:
        made[...] = values
    return made


def consolidate(name):
    """Puts the metadata of all arrays of a store into one file."""
    zarr.consolidate_metadata(DATA / name)


def read(name, group=None, **how):
    """The store as xarray opens it, all of it in memory."""
    how.setdefault("consolidated", None)
    return xr.open_zarr(DATA / name, group=group, chunks=None, **how).load()
