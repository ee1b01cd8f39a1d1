"""SQLAlchemy 2: reflection, and statements built from what it reflected, on both drivers that people use."""

import datetime

import sqlalchemy as sa
from common import EXPECTED, URL, Client, has_columns, has_tables, python_transcript, same_many_rows, same_rows, sql

with Client("sqlalchemy") as client:
    for driver in ("psycopg", "psycopg2"):
        with client.check(f"connects by {driver}"):
            engine = sa.create_engine(URL.replace("postgresql", f"postgresql+{driver}", 1))
            connection = engine.connect()
        with client.check("lists tables"):
            inspector = sa.inspect(engine)
            has_tables((schema, table) for schema in inspector.get_schema_names() for table in inspector.get_table_names(schema))
        with client.check("lists columns"):
            columns = inspector.get_columns("ersst")
            has_columns(column["name"] for column in columns)
            kinds = [type(column["type"]) for column in columns]
            wanted = [sa.TIMESTAMP, sa.REAL, sa.REAL, sa.REAL]
            assert all(map(issubclass, kinds, wanted)), f"types are {kinds}"
            assert [column["nullable"] for column in columns] == [False, False, False, True]
            assert inspector.get_pk_constraint("ersst")["constrained_columns"] == []
            assert inspector.get_foreign_keys("ersst") == inspector.get_indexes("ersst") == []
            assert inspector.get_unique_constraints("ersst") == inspector.get_check_constraints("ersst") == []
            inspector.get_table_comment("ersst")
            inspector.get_view_names()
        with client.check("reflects"):
            tables = sa.MetaData()
            tables.reflect(engine)
            attributes = sa.Table("attributes", tables, schema="ersst", autoload_with=engine)
            ersst, cities = tables.tables["ersst"], tables.tables["cities"]
            has_columns(ersst.columns.keys())
            has_columns(cities.columns.keys(), "cities")
        with client.check("runs a parameterised query"):
            time, lat, lon = EXPECTED["point"]["values"]
            time = datetime.datetime.fromisoformat(time)
            point = sa.select(ersst.c.sst).where(ersst.c.time == time, ersst.c.lat == lat, ersst.c.lon == lon)
            same_rows(connection.execute(point), [[EXPECTED["point"]["sst"]]])
            city = sa.text(sql("city", [":city"]))
            same_rows(connection.execute(city, {"city": EXPECTED["city"]["values"][0]}), [[EXPECTED["city"]["country"]]])
        with client.check("streams a million rows"):
            streamed = connection.execution_options(stream_results=True, yield_per=10_000)
            same_many_rows(streamed.execute(sa.text(sql("many"))))
            connection.rollback()
        with client.check("reads a time, a float and a NULL"):
            same_rows(connection.execute(sa.text(sql("line"))), EXPECTED["line"]["rows"])
        with client.check("reads a string and a NULL"):
            words = sa.select(cities.c.city, cities.c.country, cities.c.area).where(cities.c.year == 2002)
            same_rows(connection.execute(words.order_by(cities.c.area)), EXPECTED["words"]["rows"])
            named = sa.select(attributes).where(attributes.c.name.in_(["title", "units"]))
            same_rows(connection.execute(named.order_by(attributes.c.variable.nullsfirst())), EXPECTED["attributes"]["rows"])
        with client.check("groups by month"):
            month = sa.func.date_trunc("month", ersst.c.time).label("month")
            means = sa.select(month, sa.func.count(ersst.c.sst)).where(ersst.c.time < datetime.datetime(1960, 3, 1))
            got = connection.execute(means.group_by(month).order_by(month)).all()
            assert [plain.month for plain, _ in got] == [1, 2], got
    with client.check("writes its transcript"):
        python_transcript(
            "sqlalchemy",
            """\
import sqlalchemy as sa
from datetime import datetime
engine = sa.create_engine("postgresql+psycopg://hyperslab@127.0.0.1:5432/hyperslab")
ersst = sa.Table("ersst", sa.MetaData(), autoload_with=engine)
[(column.name, str(column.type)) for column in ersst.columns]
tropics = sa.select(sa.func.count(), sa.func.max(ersst.c.sst)).where(ersst.c.time == datetime(1997, 12, 15), ersst.c.lat == 0)
with engine.connect() as connection:
    print(connection.execute(tropics).one())
""",
        )
