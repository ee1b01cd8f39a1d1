"""psycopg 3: values in text and in binary form, a cursor of the server, COPY."""

import datetime

import psycopg
from common import EXPECTED, URL, Client, has_columns, has_tables, python_transcript, same_many_rows, same_rows, sql

with Client("psycopg") as client:
    with client.check("connects"):
        connection = psycopg.connect(URL, autocommit=True)
    with client.check("lists tables"):
        has_tables(connection.execute("SELECT table_schema, table_name FROM information_schema.tables"))
    with client.check("lists columns"):
        has_columns(column.name for column in connection.execute("SELECT * FROM ersst LIMIT 0").description)
        names = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position"
        for table, columns in EXPECTED["columns"].items():
            same_rows(connection.execute(names, ["public", table]), columns)
    with client.check("runs a parameterised query"):
        time, lat, lon = EXPECTED["point"]["values"]
        time = datetime.datetime.fromisoformat(time)
        for binary in (False, True):
            point = connection.execute(sql("point", ["%s"] * 3), [time, lat, lon], binary=binary)
            same_rows(point, [[EXPECTED["point"]["sst"]]])
            city = connection.execute(sql("city", ["%s"]), EXPECTED["city"]["values"], prepare=True, binary=binary)
            same_rows(city, [[EXPECTED["city"]["country"]]])
    with client.check("streams a million rows"):
        same_many_rows(connection.cursor(binary=True).stream(sql("many")))
    with client.check("streams a million rows by a cursor of the server"):
        with connection.transaction(), connection.cursor("many", binary=True) as cursor:
            cursor.itersize = 10_000
            same_many_rows(cursor.execute(sql("many")))
    with client.check("streams a million rows by COPY"):
        with connection.cursor().copy(f"COPY ({sql('many')}) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["timestamp", "float4", "float4", "float4"])
            same_many_rows(copy.rows())
    for form, binary in (("text", False), ("binary", True)):
        with client.check(f"reads a time, a float and a NULL in {form}"):
            same_rows(connection.execute(sql("line"), binary=binary), EXPECTED["line"]["rows"])
        with client.check(f"reads a string and a NULL in {form}"):
            same_rows(connection.execute(sql("words"), binary=binary), EXPECTED["words"]["rows"])
            same_rows(connection.execute(sql("attributes"), binary=binary), EXPECTED["attributes"]["rows"])
    with client.check("writes its transcript"):
        python_transcript(
            "psycopg",
            """\
import datetime, psycopg
connection = psycopg.connect("postgresql://hyperslab@127.0.0.1:5432/hyperslab")
month = datetime.datetime(1997, 12, 15)
query = "SELECT lon, sst FROM ersst WHERE time = %s AND lat = %s AND lon BETWEEN 274 AND 280 ORDER BY lon"
for row in connection.execute(query, [month, 0]):
    print(row)
""",
        )
