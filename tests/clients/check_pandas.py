"""pandas: `read_sql` by SQLAlchemy, in one piece and in chunks, and by an ADBC connection."""

import datetime
import warnings

import adbc_driver_postgresql.dbapi
import pandas as pd
import sqlalchemy as sa
from common import EXPECTED, URL, Client, has_columns, has_tables, python_transcript, same_many_frame, same_rows, sql


def rows(frame):
    """The rows of a frame, with None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).itertuples(index=False)


with Client("pandas") as client:
    with client.check("connects"):
        engine = sa.create_engine(URL.replace("postgresql", "postgresql+psycopg", 1))
        connection = engine.connect().execution_options(stream_results=True)
    with client.check("lists tables"):
        query = "SELECT table_schema, table_name FROM information_schema.tables"
        has_tables(pd.read_sql(query, connection).itertuples(index=False))
    with client.check("lists columns"):
        frame = pd.read_sql(sa.text("SELECT * FROM ersst LIMIT 1"), connection)
        has_columns(frame.columns)
        has_columns(pd.read_sql_table("cities", engine).columns, "cities")
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        values = {"time": datetime.datetime.fromisoformat(time), "lat": lat, "lon": lon}
        same_rows(rows(pd.read_sql(sa.text(sql("point", [":time", ":lat", ":lon"])), connection, params=values)), [[EXPECTED["point"]["sst"]]])
        city = {"city": EXPECTED["city"]["values"][0]}
        same_rows(rows(pd.read_sql(sa.text(sql("city", [":city"])), connection, params=city)), [[EXPECTED["city"]["country"]]])
    with client.check("streams a million rows"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chunks = pd.read_sql(sa.text(sql("many")), connection, chunksize=100_000)
            same_many_frame(pd.concat(list(chunks)))
    with client.check("streams a million rows by ADBC"):
        with adbc_driver_postgresql.dbapi.connect(URL) as adbc:
            same_many_frame(pd.read_sql(sql("many"), adbc))
    with client.check("reads a time, a float and a NULL"):
        line = pd.read_sql(sa.text(sql("line")), connection)
        assert line.time.dtype.kind == "M" and line.sst.dtype.kind == "f", line.dtypes
        line["time"] = line.time.dt.strftime("%Y-%m-%d %H:%M:%S")
        same_rows(rows(line), EXPECTED["line"]["rows"])
    with client.check("reads a string and a NULL"):
        same_rows(rows(pd.read_sql(sa.text(sql("words")), connection)), EXPECTED["words"]["rows"])
        same_rows(rows(pd.read_sql(sa.text(sql("attributes")), connection)), EXPECTED["attributes"]["rows"])
    with client.check("writes its transcript"):
        python_transcript(
            "pandas",
            """\
import pandas as pd
query = "SELECT date_trunc('year', time) AS year, avg(sst) AS sst FROM ersst WHERE time < '1965-01-01' AND lat = 0 GROUP BY 1 ORDER BY 1"
pd.read_sql(query, "postgresql+psycopg://hyperslab@127.0.0.1:5432/hyperslab")
""",
        )
