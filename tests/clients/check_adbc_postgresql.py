"""ADBC with its driver for PostgreSQL, which reads by COPY: Arrow in, Arrow out."""

import datetime

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from common import EXPECTED, URL, Client, has_columns, has_tables, python_transcript, same_many_table, same_rows, sql



with Client("adbc_postgresql") as client:
    with client.check("connects"):
        connection = adbc.connect(URL, autocommit=True)
        cursor = connection.cursor()
        assert connection.adbc_get_info()["vendor_name"] == "PostgreSQL"
    with client.check("lists tables"):
        catalogs = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
        schemas = [schema for catalog in catalogs for schema in catalog["catalog_db_schemas"] or []]
        has_tables((schema["db_schema_name"], table["table_name"]) for schema in schemas for table in schema["db_schema_tables"])
    with client.check("lists columns"):
        catalogs = connection.adbc_get_objects(depth="all", table_name_filter="ersst").read_all().to_pylist()
        schemas = [schema for catalog in catalogs for schema in catalog["catalog_db_schemas"] or []]
        (table,) = [table for schema in schemas for table in schema["db_schema_tables"]]
        has_columns(column["column_name"] for column in table["table_columns"])
        schema = connection.adbc_get_table_schema("ersst")
        wanted = [pa.timestamp("us"), pa.float32(), pa.float32(), pa.float32()]
        assert schema.types == wanted, f"types are {schema.types}"
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        cursor.execute(sql("point", ["$1", "$2", "$3"]), [datetime.datetime.fromisoformat(time), lat, lon])
        same_rows(cursor.fetchall(), [[EXPECTED["point"]["sst"]]])
        cursor.execute(sql("city", ["$1"]), EXPECTED["city"]["values"])
        same_rows(cursor.fetchall(), [[EXPECTED["city"]["country"]]])
    with client.check("streams a million rows"):
        cursor.execute(sql("many"))
        same_many_table(cursor.fetch_arrow_table())
    with client.check("streams a million rows without COPY"):
        plain = connection.cursor()
        plain.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        plain.execute(sql("many"))
        same_many_table(plain.fetch_arrow_table())
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
            "adbc_postgresql",
            """\
import adbc_driver_postgresql.dbapi as adbc
connection = adbc.connect("postgresql://hyperslab@127.0.0.1:5432/hyperslab")
cursor = connection.cursor()
answer = cursor.execute("SELECT * FROM ersst WHERE time < '1965-07-01'")
table = cursor.fetch_arrow_table()
table.num_rows, table.schema.types
""",
        )
