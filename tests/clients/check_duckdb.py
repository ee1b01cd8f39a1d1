"""DuckDB's extension `postgres`: a Hyperslab is attached as a database; the extension comes from PyPI."""

import importlib.util
import os
import pathlib
import tempfile

import duckdb
from common import DATABASE, EXPECTED, HOST, PASSWORD, PORT, USER, Client, has_columns, has_tables, python_transcript, same_many_table, same_rows, sql

ADDRESS = f"host={HOST} port={PORT} user={USER} dbname={DATABASE}" + (f" password={PASSWORD}" if PASSWORD else "")


def attached(name):
    """A question about the attached database, in DuckDB's SQL."""
    question = sql(name) if "{" not in EXPECTED[name]["sql"] else sql(name, "???")
    for schema, table in EXPECTED["tables"]:
        wanted = f"{schema}.{table}" if schema != "public" else table
        question = question.replace(f"FROM {wanted} ", f"FROM h.{schema}.{table} ")
    return question


with Client("duckdb") as client:
    with client.check("connects"):
        # Where `INSTALL postgres` puts it, which needs the network.
        home = tempfile.TemporaryDirectory()
        os.environ["HOME"] = home.name
        package = pathlib.Path(importlib.util.find_spec("duckdb_extension_postgres_scanner").origin).parent
        duckdb.sql(f"INSTALL '{next(package.rglob('*.duckdb_extension'))}'")
        connection = duckdb.connect()
        connection.execute(f"ATTACH '{ADDRESS}' AS h (TYPE postgres, READ_ONLY)")
    with client.check("lists tables"):
        has_tables(connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'h'").fetchall())
    with client.check("lists columns"):
        described = connection.execute("DESCRIBE h.public.ersst").fetchall()
        has_columns(column[0] for column in described)
        assert [column[1] for column in described] == ["TIMESTAMP", "FLOAT", "FLOAT", "FLOAT"], described
    with client.check("runs a parameterised query"):
        point = connection.execute(attached("point"), EXPECTED["point"]["values"]).fetchall()
        same_rows(point, [[EXPECTED["point"]["sst"]]])
        city = connection.execute(attached("city"), EXPECTED["city"]["values"]).fetchall()
        same_rows(city, [[EXPECTED["city"]["country"]]])
    with client.check("streams a million rows"):
        same_many_table(connection.execute(attached("many")).to_arrow_table())
    with client.check("streams a million rows of the server's own query"):
        question = sql("many").replace("'", "''")
        same_many_table(connection.execute(f"SELECT * FROM postgres_query('h', '{question}')").to_arrow_table())
    with client.check("reads a time, a float and a NULL"):
        same_rows(connection.execute(attached("line")).fetchall(), EXPECTED["line"]["rows"])
    with client.check("reads a string and a NULL"):
        same_rows(connection.execute(attached("words")).fetchall(), EXPECTED["words"]["rows"])
        same_rows(connection.execute(attached("attributes")).fetchall(), EXPECTED["attributes"]["rows"])
    with client.check("writes its transcript"):
        python_transcript(
            "duckdb",
            """\
import duckdb
duckdb.sql("ATTACH 'host=127.0.0.1 port=5432 user=hyperslab dbname=hyperslab' AS h (TYPE postgres, READ_ONLY)")
duckdb.sql("SELECT lon, sst FROM h.public.ersst WHERE time = '1997-12-15' AND lat = 0 AND lon BETWEEN 274 AND 280 ORDER BY lon")
""",
        )
