"""polars: `read_database_uri` by connectorx and by ADBC, `read_database` by an open connection."""

import datetime

import polars as pl
import psycopg
from common import EXPECTED, URL, Client, has_columns, has_tables, python_transcript, same_many_table, same_rows, sql

with Client("polars") as client:
    with client.check("connects"):
        connection = psycopg.connect(URL, autocommit=True)
    with client.check("lists tables"):
        query = "SELECT table_schema, table_name FROM information_schema.tables"
        has_tables(pl.read_database_uri(query, URL, engine="adbc").rows())
    with client.check("lists columns"):
        frame = pl.read_database_uri("SELECT * FROM ersst LIMIT 1", URL)
        has_columns(frame.columns)
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        values = [datetime.datetime.fromisoformat(time), lat, lon]
        point = pl.read_database(sql("point", ["%s"] * 3), connection, execute_options={"params": values})
        same_rows(point.rows(), [[EXPECTED["point"]["sst"]]])
        city = pl.read_database_uri(sql("city", ["$1"]), URL, engine="adbc", execute_options={"parameters": EXPECTED["city"]["values"]})
        same_rows(city.rows(), [[EXPECTED["city"]["country"]]])
    for engine in ("connectorx", "adbc"):
        with client.check(f"streams a million rows by {engine}"):
            same_many_table(pl.read_database_uri(sql("many"), URL, engine=engine).to_arrow())
        with client.check(f"reads a time, a float and a NULL by {engine}"):
            line = pl.read_database_uri(sql("line"), URL, engine=engine)
            assert line.schema["time"] == pl.Datetime and line.schema["sst"] == pl.Float32, line.schema
            same_rows(line.rows(), EXPECTED["line"]["rows"])
        with client.check(f"reads a string and a NULL by {engine}"):
            same_rows(pl.read_database_uri(sql("words"), URL, engine=engine).rows(), EXPECTED["words"]["rows"])
            same_rows(pl.read_database_uri(sql("attributes"), URL, engine=engine).rows(), EXPECTED["attributes"]["rows"])
    with client.check("reads a query in partitions"):
        parts = pl.read_database_uri(sql("many"), URL, partition_on="lat", partition_num=3, engine="connectorx")
        same_many_table(parts.to_arrow())
    with client.check("writes its transcript"):
        python_transcript(
            "polars",
            """\
import polars as pl
query = "SELECT time, lon, sst FROM ersst WHERE time = '1997-12-15' AND lat = 0 AND lon BETWEEN 274 AND 280 ORDER BY lon"
pl.read_database_uri(query, "postgresql://hyperslab@127.0.0.1:5432/hyperslab", engine="adbc")
""",
        )
