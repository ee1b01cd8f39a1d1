"""pyodbc with psqlODBC: with the driver's own settings, and reading through a cursor of the server."""

import datetime

import pyodbc
from common import (
    DATABASE, EXPECTED, HOST, PASSWORD, PORT, USER, Client, has_columns, has_tables, python_transcript, same_many_rows, same_rows, sql
)

DRIVER = f"Driver=PostgreSQL Unicode;Server={HOST};Port={PORT};Database={DATABASE};Uid={USER};Pwd={PASSWORD}"


def batches(cursor):
    while rows := cursor.fetchmany(10_000):
        yield from rows


with Client("pyodbc") as client:
    with client.check("connects"):
        connection = pyodbc.connect(DRIVER, autocommit=True)
        cursor = connection.cursor()
    with client.check("lists tables"):
        has_tables((row.table_schem, row.table_name) for row in cursor.tables(tableType="TABLE").fetchall())
    with client.check("lists columns"):
        columns = cursor.columns(schema="public", table="ersst").fetchall()
        has_columns(column.column_name for column in columns)
        kinds = [column.data_type for column in columns]
        wanted = [pyodbc.SQL_TYPE_TIMESTAMP, pyodbc.SQL_REAL, pyodbc.SQL_REAL, pyodbc.SQL_REAL]
        assert kinds == wanted, f"types are {kinds}, expected {wanted}"
        assert cursor.primaryKeys("ersst").fetchall() == []
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        time = datetime.datetime.fromisoformat(time)
        same_rows(cursor.execute(sql("point", "???"), time, lat, lon), [[EXPECTED["point"]["sst"]]])
        same_rows(cursor.execute(sql("city", "?"), *EXPECTED["city"]["values"]), [[EXPECTED["city"]["country"]]])
    with client.check("streams a million rows"):
        same_many_rows(batches(cursor.execute(sql("many"))))
    with client.check("streams a million rows by DECLARE and FETCH"):
        declared = pyodbc.connect(f"{DRIVER};UseDeclareFetch=1;Fetch=10000")
        same_many_rows(batches(declared.execute(sql("many"))))
        declared.rollback()
    with client.check("reads a time, a float and a NULL"):
        same_rows(cursor.execute(sql("line")), EXPECTED["line"]["rows"])
    with client.check("reads a string and a NULL"):
        same_rows(cursor.execute(sql("words")), EXPECTED["words"]["rows"])
        same_rows(cursor.execute(sql("attributes")), EXPECTED["attributes"]["rows"])
    with client.check("writes its transcript"):
        python_transcript(
            "pyodbc",
            """\
import datetime, pyodbc
server = "Driver=PostgreSQL Unicode;Server=127.0.0.1;Port=5432;Database=hyperslab;Uid=hyperslab"
connection = pyodbc.connect(server, autocommit=True)
month = datetime.datetime(1997, 12, 15)
query = "SELECT lon, sst FROM ersst WHERE time = ? AND lat = ? AND lon BETWEEN 274 AND 280 ORDER BY lon"
for row in connection.execute(query, month, 0):
    print(row)
""",
        )
