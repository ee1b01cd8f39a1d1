"""ADBC with its driver for Arrow Flight SQL: columns of Arrow from end to end."""

import datetime
import os

import adbc_driver_flightsql.dbapi as flight
import pyarrow as pa
from common import EXPECTED, PASSWORD, USER, Client, has_columns, has_tables, python_transcript, same_many_table, same_rows, sql

ADDRESS = os.environ.get("FLIGHT_URI", "grpc://127.0.0.1:32010")


def objects(connection, **options):
    """The schemas of all catalogs, as plain data."""
    catalogs = connection.adbc_get_objects(**options).read_all().to_pylist()
    return [schema for catalog in catalogs for schema in catalog["catalog_db_schemas"] or []]


with Client("adbc_flight") as client:
    with client.check("connects"):
        login = {"username": USER, "password": PASSWORD} if PASSWORD else {}
        connection = flight.connect(ADDRESS, db_kwargs=login, autocommit=True)
        cursor = connection.cursor()
        assert "yperslab" in connection.adbc_get_info()["vendor_name"]
    with client.check("lists tables"):
        schemas = objects(connection, depth="tables")
        has_tables((schema["db_schema_name"], table["table_name"]) for schema in schemas for table in schema["db_schema_tables"])
        assert "TABLE" in connection.adbc_get_table_types() or "BASE TABLE" in connection.adbc_get_table_types()
    with client.check("lists columns"):
        schemas = objects(connection, depth="all", table_name_filter="ersst")
        (table,) = [table for schema in schemas for table in schema["db_schema_tables"]]
        has_columns(column["column_name"] for column in table["table_columns"])
        types = connection.adbc_get_table_schema("ersst").types
        assert types == [pa.timestamp("us"), pa.float32(), pa.float32(), pa.float32()], f"types are {types}"
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        cursor.execute(sql("point", ["$1", "$2", "$3"]), [datetime.datetime.fromisoformat(time), lat, lon])
        same_rows(cursor.fetchall(), [[EXPECTED["point"]["sst"]]])
        cursor.execute(sql("city", ["$1"]), EXPECTED["city"]["values"])
        same_rows(cursor.fetchall(), [[EXPECTED["city"]["country"]]])
    with client.check("streams a million rows"):
        cursor.execute(sql("many"))
        same_many_table(cursor.fetch_arrow_table())
    with client.check("reads a time, a float and a NULL"):
        cursor.execute(sql("line"))
        same_rows(cursor.fetchall(), EXPECTED["line"]["rows"])
    with client.check("reads a string and a NULL"):
        cursor.execute(sql("words"))
        same_rows(cursor.fetchall(), EXPECTED["words"]["rows"])
        cursor.execute(sql("attributes"))
        same_rows(cursor.fetchall(), EXPECTED["attributes"]["rows"])
    with client.check("writes its transcript"):
        python_transcript(
            "adbc_flight",
            """\
import adbc_driver_flightsql.dbapi as flight
connection = flight.connect("grpc://127.0.0.1:32010")
cursor = connection.cursor()
answer = cursor.execute("SELECT * FROM ersst WHERE time < '1965-07-01'")
table = cursor.fetch_arrow_table()
table.num_rows, table.schema.types
""",
        )
