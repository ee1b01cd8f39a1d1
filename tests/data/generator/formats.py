"""What Zarr itself can say: data types, codecs, shards, chunks that stick out or differ between variables."""

import numcodecs
import numcodecs.zarr3
import numpy as np
import xarray as xr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

from .slt import Slt, f64, rows
from .stores import array, consolidate, group, read, write

N = ("n",)
NUMBERS = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]


def extremes(dtype):
    """Six values of a type, its least and greatest among them."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([True, False, False, True, True, False])
    if dtype.kind == "f":
        return np.array([0.5, -1.25, np.finfo(dtype).max, np.finfo(dtype).min, 0.1, 3], dtype)
    return np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1, 100, 7], dtype)


TIMES = np.array(["1970-01-01", "2262-01-01T12:30", "1680-02-29T23:59:59", "NaT", "2000-01-01T00:00:01", "1999-12-31"], "datetime64[ns]")
SPANS = np.array([0, 1, -90, "NaT", 86_400 * 400, 7], "timedelta64[s]")
WORDS = ["", "a", "ångström", "two words", "zarr", "NULL?"]


def stores():
    types_v3()
    types_v2()
    codecs_v3()
    codecs_v2()
    chunks()


def types_v3():
    g = group("types.zarr")
    array(g, "n", np.arange(6), N)
    for dtype in NUMBERS:
        array(g, dtype, extremes(dtype), N, chunks=(4,))
        if dtype not in ("bool", "int8", "uint8"):
            array(g, f"{dtype}_big", extremes(dtype), N, chunks=(4,), serializer=BytesCodec(endian="big"))
    for unit in ["s", "ms", "us", "ns"]:
        array(g, f"time_{unit}", TIMES.astype(f"datetime64[{unit}]"), N, chunks=(4,))
        array(g, f"span_{unit}", SPANS.astype(f"timedelta64[{unit}]"), N, chunks=(4,))
    array(g, "day", TIMES.astype("datetime64[D]"), N, chunks=(4,))
    array(g, "fixed", np.array(WORDS, "U9"), N, chunks=(4,))
    array(g, "bytes", np.array([w.encode("ascii", "ignore") for w in WORDS], "S9"), N, chunks=(4,))
    text = g.create_array("text", shape=(6,), chunks=(4,), dtype="string", dimension_names=N)
    text[...] = np.array(WORDS, dtype=object)
    consolidate("types.zarr")


def types_v2():
    g = group("types_v2.zarr", 2)
    array(g, "n", np.arange(6), N, fill_value=None)
    for dtype in NUMBERS:
        array(g, dtype, extremes(dtype), N, chunks=(4,), fill_value=None)
        if dtype not in ("bool", "int8", "uint8"):
            array(g, f"{dtype}_big", extremes(np.dtype(dtype)).astype(np.dtype(dtype).newbyteorder(">")), N, chunks=(4,), fill_value=None)
    for unit in ["s", "ns"]:
        array(g, f"time_{unit}", TIMES.astype(f"datetime64[{unit}]"), N, chunks=(4,), fill_value=None)
        array(g, f"span_{unit}", SPANS.astype(f"timedelta64[{unit}]"), N, chunks=(4,), fill_value=None)
    array(g, "fixed", np.array(WORDS, "U9"), N, chunks=(4,), fill_value=None)
    array(g, "bytes", np.array([w.encode("ascii", "ignore") for w in WORDS], "S9"), N, chunks=(4,), fill_value=None)
    text = g.create_array("text", shape=(6,), chunks=(4,), dtype=str, filters=[numcodecs.VLenUTF8()], fill_value=None, attributes={"_ARRAY_DIMENSIONS": ["n"]})
    text[...] = np.array(WORDS, dtype=object)
    consolidate("types_v2.zarr")


SHAPE, CUT = (6, 5), (4, 3)
YX = ("y", "x")
GRID = (np.arange(30).reshape(SHAPE) * 0.5 - 3).astype("float32")


def codecs_v3():
    g = group("codecs.zarr")
    array(g, "y", np.arange(6) * 10, YX[:1])
    array(g, "x", np.arange(5) / 4, YX[1:])

    def one(name, compressors=None, values=GRID, **how):
        array(g, name, values, YX, chunks=CUT, compressors=compressors, **how)

    one("none")
    for cname in ["lz4", "lz4hc", "blosclz", "zstd", "zlib"]:
        for shuffle in ["noshuffle", "shuffle", "bitshuffle"]:
            one(f"blosc_{cname}_{shuffle}", BloscCodec(cname=cname, clevel=5, shuffle=shuffle, typesize=4))
    one("zstd", ZstdCodec(level=3))
    one("zstd_checksum", ZstdCodec(level=3, checksum=True))
    one("gzip", GzipCodec(level=5))
    one("crc32c", [ZstdCodec(level=1), Crc32cCodec()])
    one("transposed", ZstdCodec(level=1), filters=[TransposeCodec(order=(1, 0))])
    one("big_endian", ZstdCodec(level=1), serializer=BytesCodec(endian="big"))
    one("bz2", numcodecs.zarr3.BZ2(level=5))
    one("zlib", numcodecs.zarr3.Zlib(level=5))
    one("shuffled", [numcodecs.zarr3.Shuffle(elementsize=4), ZstdCodec(level=1)])
    one("pcodec", serializer=numcodecs.zarr3.PCodec(level=8))
    one("adler32", [numcodecs.zarr3.Adler32()])
    one("fletcher32", [numcodecs.zarr3.Fletcher32()])
    one("fixed_scale_offset", ZstdCodec(level=1), values=GRID.astype("float64"),
        filters=[numcodecs.zarr3.FixedScaleOffset(offset=-3, scale=2, dtype="<f8", astype="<f8")])
    one("bitround", ZstdCodec(level=1), filters=[numcodecs.zarr3.BitRound(keepbits=23)])
    one("sharded", ZstdCodec(level=1), shards=(8, 6))
    one("sharded_crc32c", [GzipCodec(level=1), Crc32cCodec()], shards=(4, 6))
    consolidate("codecs.zarr")


def codecs_v2():
    g = group("codecs_v2.zarr", 2)
    array(g, "y", np.arange(6) * 10, YX[:1], fill_value=None)
    array(g, "x", np.arange(5) / 4, YX[1:], fill_value=None)

    def one(name, compressor=None, values=GRID, **how):
        array(g, name, values, YX, chunks=CUT, compressors=compressor, fill_value=None, **how)

    one("none")
    for cname in ["lz4", "lz4hc", "blosclz", "zstd", "zlib"]:
        for shuffle, name in enumerate(["noshuffle", "shuffle", "bitshuffle"]):
            one(f"blosc_{cname}_{name}", numcodecs.Blosc(cname=cname, clevel=5, shuffle=shuffle))
    one("zstd", numcodecs.Zstd(level=3))
    one("gzip", numcodecs.GZip(level=5))
    one("zlib", numcodecs.Zlib(level=5))
    one("bz2", numcodecs.BZ2(level=5))
    one("lz4", numcodecs.LZ4())
    one("shuffled", numcodecs.Zlib(level=5), filters=[numcodecs.Shuffle(elementsize=4)])
    one("adler32", None, filters=[numcodecs.Adler32()])
    one("crc32c", None, filters=[numcodecs.CRC32C()])
    one("fletcher32", None, filters=[numcodecs.Fletcher32()])
    one("fixed_scale_offset", numcodecs.Zlib(level=5), values=GRID.astype("float64"),
        filters=[numcodecs.FixedScaleOffset(offset=-3, scale=2, dtype="<f8", astype="<i2")])
    one("delta", numcodecs.Zlib(level=5), values=(GRID * 2).astype("int32"), filters=[numcodecs.Delta(dtype="<i4")])
    one("bitround", numcodecs.Zlib(level=5), filters=[numcodecs.BitRound(keepbits=23)])
    one("fortran", numcodecs.Zlib(level=5), order="F")
    one("fortran_big", None, values=GRID.astype(">f4"), order="F")
    nested = g.create_array("nested", shape=SHAPE, chunks=CUT, dtype="<f4", fill_value=None, attributes={"_ARRAY_DIMENSIONS": list(YX)},
                            chunk_key_encoding={"name": "v2", "separator": "/"})
    nested[...] = GRID
    consolidate("codecs_v2.zarr")


def chunks():
    # One grid whose variables are cut in different ways; nothing divides anything.
    rng = np.random.default_rng(7)
    dims = ("t", "y", "x")
    data = {name: (dims, rng.integers(-1000, 1000, (7, 11, 13)).astype("float64") / 8) for name in "abcd"}
    cut = {"a": (2, 3, 4), "b": (5, 11, 2), "c": (3, 4, 5), "d": (7, 11, 13)}
    shards = {"c": (6, 8, 10)}
    ds = xr.Dataset(
        {**data, "row": (("t", "x"), rng.integers(0, 99, (7, 13)).astype("int16"))},
        {"t": np.arange(7) + 1990, "y": np.linspace(50, 40, 11), "x": np.linspace(-3, 3, 13)},
    )
    encoding = {n: {"chunks": cut[n], **({"shards": shards[n]} if n in shards else {})} for n in cut}
    encoding["row"] = {"chunks": (3, 13)}
    write(ds, "mixed_chunks.zarr", encoding=encoding)
    # Without consolidated metadata: the groups are listed.
    write(ds[["a", "b"]], "listed.zarr", encoding={n: {"chunks": cut[n]} for n in "ab"}, consolidated=False)
    write(ds[["a", "b"]], "listed_v2.zarr", encoding={n: {"chunks": cut[n]} for n in "ab"}, consolidated=False, zarr_format=2)

    # Chunks longer than the array, of one cell, and as long as the array.
    edge = xr.Dataset({"one": (("y", "x"), np.arange(12.0).reshape(3, 4)), "long": (("y", "x"), np.arange(12.0).reshape(3, 4) * 2)})
    write(edge, "edge.zarr", encoding={"one": {"chunks": (1, 1)}, "long": {"chunks": (3, 4)}})

    empty = group("empty.zarr")
    array(empty, "t", np.zeros(0, "int64"), ("t",))
    array(empty, "x", np.arange(3), ("x",))
    array(empty, "v", np.zeros((0, 3)), ("t", "x"))
    array(empty, "w", np.arange(3.0), ("x",))
    consolidate("empty.zarr")

    scalar = xr.Dataset({"answer": 42.5, "name": "point"}, {"height": 2.0, "time": np.datetime64("2001-02-03T04:05:06", "ns")})
    write(scalar, "scalar.zarr")


def cases():
    with Slt("formats", "Data types, codecs, shards and chunks.") as slt:
        for store in ["types", "types_v2"]:
            types_cases(slt, store)
        for store in ["codecs", "codecs_v2"]:
            codecs_cases(slt, store)
        mixed_cases(slt)
        for store in ["listed", "listed_v2"]:
            ds = read(f"{store}.zarr")
            slt.table(store, f"{store}.zarr")
            slt.query(f"select t, sum(a), sum(b) from {store} where y > 44.5 group by t order by t", rows(ds.isel(y=ds.y.values > 44.5).sum(["y", "x"]), "t", "a", "b"))
        edge_cases(slt)


def names_of(ds):
    return [n for n in ds.data_vars]


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value


def types_cases(slt, store):
    ds = read(f"{store}.zarr")
    slt.table(store, f"{store}.zarr")
    for name in names_of(ds):
        values = [text_of(v) for v in ds[name].values]
        slt.query(f'select "{name}" from {store} order by n', [(v,) for v in values])
        picked = values[4]
        if isinstance(picked, str):
            slt.query(f"select n from {store} where \"{name}\" = '{picked}'", [(4,)])
        elif ds[name].dtype.kind in "iu":
            slt.query(f'select min("{name}"), max("{name}") from {store}', [(ds[name].values.min(), ds[name].values.max())])
    there = {name: ds[name].dropna("n").values for name in ["time_s", "time_ns", "span_ns"]}
    slt.query(f"select count(*), count(time_s), min(time_s), max(time_ns), count(span_s), max(span_ns) from {store}",
              [(6, 5, there["time_s"].min(), there["time_ns"].max(), 5, there["span_ns"].max())])
    slt.query(f"select bool, count(*), sum(int32) from {store} where bool group by bool", [(True, 3, int(ds.int32.values[ds.bool.values].astype('int64').sum()))])


def codecs_cases(slt, store):
    ds = read(f"{store}.zarr")
    slt.table(store, f"{store}.zarr")
    for name in names_of(ds):
        v = f64(ds[name])
        part = v.isel(y=[3, 4], x=[2, 3])
        slt.query(f'select sum("{name}"), min("{name}"), max("{name}"), sum("{name}" * x * y) from {store}',
                  [(v.sum().item(), v.min().item(), v.max().item(), (v * ds.x * ds.y).sum().item())])
        slt.query(f'select y, x, "{name}" from {store} where y in (30, 40) and x between 0.5 and 0.75 order by y, x', rows(part.rename("v"), "y", "x", "v"))


def mixed_cases(slt):
    ds = read("mixed_chunks.zarr")
    slt.table("mixed", "mixed_chunks.zarr")
    slt.query("select sum(a), sum(b), sum(c), sum(d), sum(row), count(*) from mixed",
              [(*(ds[n].sum().item() for n in "abcd"), int(ds.row.sum()) * 11, ds.a.size)], why="Variables of one grid that are cut in different ways.")
    slt.query("select t, y, sum(a * b + c * d) from mixed group by t, y order by t, y", sorted(rows((ds.a * ds.b + ds.c * ds.d).sum("x").rename("v"), "t", "y", "v")))
    part = ds.isel(t=[2, 3], y=slice(5, 8), x=[0, 12])
    slt.query("select t, y, x, a, b, c, d, row from mixed where t in (1992, 1993) and y between 43 and 45 and abs(x) = 3 order by t, y desc, x",
              rows(part, "t", "y", "x", "a", "b", "c", "d", "row"))
    for a, b in ["ab", "bc", "cd", "da"]:
        both = ds.where((ds[a] > 0) & (ds[b] < 0))
        slt.query(f"select count(*), sum({a}), sum({b}) from mixed where {a} > 0 and {b} < 0", [(int(both[a].count()), both[a].sum().item(), both[b].sum().item())])
    slt.query("select t, x, sum(c), max(row) from mixed where y = 41 and x > 0 group by t, x order by t, x", rows(ds.sel(y=41).isel(x=ds.x.values > 0), "t", "x", "c", "row"))
    slt.query("select t, y, x, c from mixed order by c desc, t, y, x limit 4", sorted(rows(ds, "t", "y", "x", "c"), key=lambda r: (-r[3], *r[:3]))[:4])
    slt.query("select x, sum(d) from mixed where c > 100 group by x order by x",
              [(v, s) for v, s, n in zip(ds.x.values, ds.d.where(ds.c > 100).sum(["t", "y"]).values, (ds.c > 100).sum(["t", "y"]).values) if n])


def edge_cases(slt):
    ds = read("edge.zarr")
    slt.table("edge", "edge.zarr")
    slt.query("select y, x, one, long from edge order by y, x", rows(ds, "y", "x", "one", "long"), why="Dimensions without labels count from 0.")
    slt.query("select sum(one), sum(long) from edge where y = 1 and x >= 2", [(ds.one[1, 2:].sum().item(), ds.long[1, 2:].sum().item())])
    slt.query("select count(*) from edge where y = 3 or x = -1", [(0,)])
    slt.table("empty", "empty.zarr")
    slt.query("select * from empty", [], why="An array of no cells.")
    slt.query("select count(*), sum(v), min(t), max(x) from empty", [(0, None, None, None)])
    slt.query("select x, count(*) from empty group by x", [])
    slt.query("select x, w from empty.x order by x", [(0, 0.0), (1, 1.0), (2, 2.0)])
    slt.query("select sum(v) from empty where t > 3 and x = 1", [(None,)])
    ds = read("scalar.zarr")
    slt.table("scalar", "scalar.zarr")
    slt.query("select answer, name, height, time from scalar", [(ds.answer.item(), "point", ds.height.item(), ds.time.values)], why="Arrays without dimensions.")
    slt.query("select count(*), sum(answer) from scalar where height > 1", [(1, 42.5)])
    slt.query("select count(*), sum(answer) from scalar where height > 2", [(0, None)])
