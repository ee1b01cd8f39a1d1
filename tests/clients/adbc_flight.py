"""Checks Arrow Flight SQL with ADBC: `python3 adbc_flight.py HOST PORT [USER PASSWORD]`.

The server is `hyperslab serve --sample --flight-port PORT`. Prints one line per check; fails when one of them does.
"""

import datetime
import sys
import threading
import time
import traceback

import adbc_driver_flightsql
import adbc_driver_manager
import pyarrow as pa
from adbc_driver_flightsql import DatabaseOptions, dbapi

MANY = "SELECT time, lat, lon, sst FROM ersst WHERE time < '1965-06-01'"
ROWS = 65 * 89 * 180
LONG = "SELECT sum(a.value * b.value) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"

failed = 0


def check(what):
    """Runs a check, and says how it went."""

    def run(function):
        global failed
        start = time.monotonic()
        try:
            note = function()
        except Exception as error:
            failed += 1
            print(f"adbc_flight: {what}: failed: {' '.join(str(error).split())[:500]}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            took = time.monotonic() - start
            print(f"adbc_flight: {what}: ok ({note}, {took:.2f} s)" if note else f"adbc_flight: {what}: ok", flush=True)
        return function

    return run


def equal(got, wanted):
    assert got == wanted, f"got {got!r}, expected {wanted!r}"


host, port, *login = sys.argv[1:]
uri = f"grpc://{host}:{port}"
options = {"username": login[0], "password": login[1]} if login else {}
connection = dbapi.connect(uri, db_kwargs=options, autocommit=True)
cursor = connection.cursor()


@check("connects")
def _():
    info = connection.adbc_get_info()
    equal(info["vendor_name"], "Hyperslab")
    return f"Hyperslab {info['vendor_version']}"


@check("connects with transactions")
def _():
    with dbapi.connect(uri, db_kwargs=options) as other, other.cursor() as some:
        some.execute("SELECT 1")
        equal(some.fetchall(), [(1,)])
        other.commit()
        some.execute("SELECT 2")
        equal(some.fetchall(), [(2,)])
        other.rollback()


def objects(**filters):
    catalogs = connection.adbc_get_objects(**filters).read_all().to_pylist()
    schemas = [schema for catalog in catalogs for schema in catalog["catalog_db_schemas"] or []]
    return {(s["db_schema_name"], t["table_name"]): t for s in schemas for t in s["db_schema_tables"] or []}


@check("lists tables")
def _():
    tables = objects(depth="tables")
    for name in (("public", "ersst"), ("ersst", "variables")):
        assert name in tables, f"{name} is not among {sorted(tables)}"
    equal(tables["public", "ersst"]["table_type"], "TABLE")
    equal(set(objects(depth="tables", db_schema_filter="public", table_name_filter="ers%")), {("public", "ersst")})
    assert "TABLE" in connection.adbc_get_table_types()
    return f"{len(tables)} tables"


@check("lists columns")
def _():
    table = objects(depth="all", db_schema_filter="public", table_name_filter="ersst")["public", "ersst"]
    equal([column["column_name"] for column in table["table_columns"]], ["time", "lat", "lon", "sst"])
    schema = connection.adbc_get_table_schema("ersst", db_schema_filter="public")
    assert pa.types.is_timestamp(schema.field("time").type), schema
    equal(schema.field("sst").type, pa.float32())


@check("tells the columns of a query before it runs")
def _():
    schema = cursor.adbc_execute_schema("SELECT time, avg(sst) AS mean FROM ersst GROUP BY time")
    equal(schema.names, ["time", "mean"])


@check("runs a parameterised query")
def _():
    when = datetime.datetime(1997, 1, 1)
    cursor.execute("SELECT count(*) FROM ersst WHERE time < ? AND lat > ?", (when, 40.0))
    equal(cursor.fetchall(), [(37 * 12 * 24 * 180,)])
    cursor.execute("SELECT count(*) FROM ersst WHERE time < $1 AND lat > $2", ("1997-01-01", 40))
    equal(cursor.fetchall(), [(37 * 12 * 24 * 180,)])
    cursor.execute("SELECT ? AS number, ? AS text, ? AS nothing", (1.5, "é", None))
    equal(cursor.fetchall(), [(1.5, "é", None)])
    table = pa.table({"n": [1, 2, 3]})
    reader = cursor.adbc_statement
    cursor.adbc_prepare("SELECT ? * 10 AS n")
    reader.bind_stream(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))
    stream, _rows = reader.execute_query()
    equal(pa.RecordBatchReader._import_from_c(stream.address).read_all().column("n").to_pylist(), [10, 20, 30])


@check("streams a million rows")
def _():
    with connection.cursor() as some:
        some.execute(MANY)
        table = some.fetch_arrow_table()
    equal(table.num_rows, ROWS)
    equal(table.column_names, ["time", "lat", "lon", "sst"])
    return f"{table.num_rows} rows"


@check("reads a time, a float, a string and a NULL")
def _():
    cursor.execute(
        "SELECT time, arrow_cast(sst, 'Float64') AS sst FROM ersst "
        "WHERE time = '1997-12-15' AND lat = 0 AND lon IN (0, 30, 240) ORDER BY lon"
    )
    rows = cursor.fetchall()
    if rows:
        assert all(isinstance(when, datetime.datetime) for when, _sst in rows), rows
    cursor.execute("SELECT TIMESTAMP '2001-02-03T04:05:06' AS time, 1.25 AS number, 'text' AS text, NULL AS nothing")
    equal(cursor.fetchall(), [(datetime.datetime(2001, 2, 3, 4, 5, 6), 1.25, "text", None)])
    cursor.execute("SELECT count(*) AS cells, count(sst) AS known FROM ersst WHERE time < '1960-02-01'")
    cells, known = cursor.fetchone()
    equal(cells, 89 * 180)
    cursor.execute("SELECT sst FROM ersst WHERE time < '1960-02-01'")
    column = cursor.fetch_arrow_table().column("sst")
    equal((len(column), column.null_count), (cells, cells - known))
    cursor.execute("SELECT name, units FROM ersst.variables ORDER BY name")
    equal([row for row in cursor.fetchall() if row[0] == "sst"], [("sst", "degC")])


@check("sets an option of the session")
def _():
    with dbapi.connect(uri, db_kwargs=options, autocommit=True) as other, other.cursor() as some:
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


@check("is told what is wrong")
def _():
    for sql, part in (("SELECT * FROM nowhere", "nowhere"), ("SELEC 1", "SELEC"), ("DROP TABLE ersst", "only reads")):
        try:
            cursor.execute(sql)
        except adbc_driver_manager.Error as error:
            assert part in str(error), error
        else:
            raise AssertionError(f"`{sql}` went through")


@check("cancels a query")
def _():
    with connection.cursor() as some:
        timer = threading.Timer(0.5, some.adbc_cancel)
        timer.start()
        start = time.monotonic()
        try:
            some.execute(LONG)
            some.fetchall()
        except adbc_driver_manager.Error:
            pass
        else:
            raise AssertionError("the query ran to its end")
        assert time.monotonic() - start < 2, "the query went on"


@check("stops a query at its limit of time")
def _():
    header = {DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + "statement-timeout": "300"}
    with dbapi.connect(uri, db_kwargs={**options, **header}, autocommit=True) as other, other.cursor() as some:
        start = time.monotonic()
        try:
            some.execute(LONG)
            some.fetchall()
        except adbc_driver_manager.Error as error:
            assert "limit of time" in str(error), error
        else:
            raise AssertionError("the query ran to its end")
        assert time.monotonic() - start < 2, "the query went on"


cursor.close()
connection.close()
print(f"adbc_flight: ADBC {adbc_driver_flightsql.__version__}: {f'{failed} failed' if failed else 'all ok'}")
sys.exit(1 if failed else 0)
