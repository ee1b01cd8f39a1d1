"""ADBC with its driver for Arrow Flight SQL: columns of Arrow from end to end."""

import contextlib
import datetime
import os
import threading
from time import monotonic

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as flight
import adbc_driver_manager
import pyarrow as pa
from common import EXPECTED, PASSWORD, USER, Client, has_columns, has_tables, python_transcript, same_many_table, same_rows, sql

ADDRESS = os.environ.get("FLIGHT_URI", "grpc://127.0.0.1:32010")
LOGIN = {"username": USER, "password": PASSWORD} if PASSWORD else {}
LONG = "SELECT sum(a.value * b.value) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"


def objects(connection, **options):
    """The schemas of all catalogs, as plain data."""
    catalogs = connection.adbc_get_objects(**options).read_all().to_pylist()
    return [schema for catalog in catalogs for schema in catalog["catalog_db_schemas"] or []]


def equal(got, wanted):
    assert got == wanted, f"got {got!r}, expected {wanted!r}"


@contextlib.contextmanager
def refused(part, within=None):
    """What is asked in it fails with an error that says `part`, and within so many seconds."""
    start = monotonic()
    try:
        yield
    except adbc_driver_manager.Error as error:
        assert part in str(error), f"the error is: {error}"
    else:
        raise AssertionError(f"no error, expected `{part}`")
    took = monotonic() - start
    assert within is None or took < within, f"it took {took:.1f} s, expected {within} at most"


with Client("adbc_flight") as client:
    with client.check("connects"):
        connection = flight.connect(ADDRESS, db_kwargs=LOGIN, autocommit=True)
        cursor = connection.cursor()
        assert "yperslab" in connection.adbc_get_info()["vendor_name"]
    with client.check("connects with transactions"):
        with flight.connect(ADDRESS, db_kwargs=LOGIN) as other, other.cursor() as some:
            for number, end in ((1, other.commit), (2, other.rollback)):
                some.execute(f"SELECT {number}")
                equal(some.fetchall(), [(number,)])
                end()
    with client.check("lists tables"):
        schemas = objects(connection, depth="tables")
        has_tables((schema["db_schema_name"], table["table_name"]) for schema in schemas for table in schema["db_schema_tables"])
        assert "TABLE" in connection.adbc_get_table_types() or "BASE TABLE" in connection.adbc_get_table_types()
        filtered = objects(connection, depth="tables", db_schema_filter="public", table_name_filter="ers%")
        equal([table["table_name"] for schema in filtered for table in schema["db_schema_tables"]], ["ersst"])
    with client.check("lists columns"):
        schemas = objects(connection, depth="all", table_name_filter="ersst")
        (table,) = [table for schema in schemas for table in schema["db_schema_tables"]]
        has_columns(column["column_name"] for column in table["table_columns"])
        types = connection.adbc_get_table_schema("ersst").types
        assert types == [pa.timestamp("us"), pa.float32(), pa.float32(), pa.float32()], f"types are {types}"
    with client.check("tells the columns of a query before it runs"):
        equal(cursor.adbc_execute_schema("SELECT time, avg(sst) AS mean FROM ersst GROUP BY time").names, ["time", "mean"])
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        cursor.execute(sql("point", ["$1", "$2", "$3"]), [datetime.datetime.fromisoformat(time), lat, lon])
        same_rows(cursor.fetchall(), [[EXPECTED["point"]["sst"]]])
        cursor.execute(sql("city", ["$1"]), EXPECTED["city"]["values"])
        same_rows(cursor.fetchall(), [[EXPECTED["city"]["country"]]])
        cursor.execute("SELECT ? AS number, ? AS text, ? AS nothing", (1.5, "é", None))
        equal(cursor.fetchall(), [(1.5, "é", None)])
    with client.check("runs a query for each row of parameters"):
        cursor.adbc_prepare("SELECT ? * 10 AS tens")
        table = pa.table({"n": [1, None, 3]})
        cursor.adbc_statement.bind_stream(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))
        stream, _ = cursor.adbc_statement.execute_query()
        equal(pa.RecordBatchReader._import_from_c(stream.address).read_all()["tens"].to_pylist(), [10, None, 30])
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
    with client.check("sets an option of the session"):
        with flight.connect(ADDRESS, db_kwargs=LOGIN, autocommit=True) as other, other.cursor() as some:
            some.execute("SET datafusion.execution.batch_size = 77")
            some.execute("SHOW datafusion.execution.batch_size")
            assert "77" in some.fetchall()[0], "the option was not set"
            cursor.execute("SHOW datafusion.execution.batch_size")
            assert "77" not in cursor.fetchall()[0], "the option is set for others"
            handle = other.adbc_connection
            handle.set_options(**{"adbc.flight.sql.session.option.statement_timeout": "7s"})
            equal(handle.get_option_int("adbc.flight.sql.session.option.statement_timeout"), 7000)
            equal(handle.get_option("adbc.connection.db_schema"), "public")
            handle.set_options(**{"adbc.connection.db_schema": "ersst"})
            some.execute("SELECT count(*) FROM variables")
            assert some.fetchone()[0] > 3
    with client.check("is told what is wrong"):
        for wrong, part in (("SELECT * FROM nowhere", "nowhere"), ("SELEC 1", "SELEC"), ("DROP TABLE ersst", "only reads")):
            with refused(part):
                cursor.execute(wrong)
    with client.check("cancels a query"):
        with connection.cursor() as some:
            threading.Timer(0.5, some.adbc_cancel).start()
            with refused("ancel", within=2):
                some.execute(LONG)
                some.fetchall()
    with client.check("stops a query at its limit of time"):
        header = {adbc_driver_flightsql.DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + "statement-timeout": "300"}
        with flight.connect(ADDRESS, db_kwargs={**LOGIN, **header}, autocommit=True) as other, other.cursor() as some:
            with refused("limit of time", within=2):
                some.execute(LONG)
                some.fetchall()
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
