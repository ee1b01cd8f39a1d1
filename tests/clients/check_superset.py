"""Apache Superset: a database, a dataset and a chart with a time filter are made through its API; the chart is drawn.

Superset lives in a Python environment of its own (`SUPERSET`, its `bin`), with its own data in SQLite. Chromium draws
the chart for the documentation, if it is installed.
"""

import contextlib
import json
import math
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from common import EXPECTED, URL, Client, has_columns, same_rows, sql, write_transcript

BIN = pathlib.Path(os.environ["SUPERSET"])
CHART = EXPECTED["chart"]
CONFIG = '''
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False


def FLASK_APP_MUTATOR(app):
    """Chromium takes its picture without a login."""
    from flask_login import current_user, login_user

    @app.before_request
    def everybody_is_the_administrator():
        if current_user.is_anonymous:
            login_user(app.appbuilder.sm.find_user("admin"))
'''


class Superset:
    """A running Superset, and its API."""

    def __init__(self, folder):
        self.folder, self.token = folder, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        config = folder / "superset_config.py"
        self.password = secrets.token_hex()
        config.write_text(CONFIG.format(secret=secrets.token_hex(32), folder=folder))
        self.environment = {**os.environ, "SUPERSET_CONFIG_PATH": str(config), "SUPERSET_HOME": str(folder), "FLASK_APP": "superset.app:create_app()"}
        self.log = open(folder / "log", "w")

    def _run(self, *arguments):
        subprocess.run([BIN / "superset", *arguments], env=self.environment, cwd=self.folder, check=True, stdout=self.log, stderr=self.log)

    def __enter__(self):
        self._run("db", "upgrade")
        self._run("init")
        self._run("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@b.example", "--password", self.password)
        command = [BIN / "superset", "run", "-p", self.address.rsplit(":", 1)[1], "--with-threads"]
        self.process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=self.log, stderr=self.log)
        for _ in range(240):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/health", timeout=5)
                break
            time.sleep(0.5)
        login = {"username": "admin", "password": self.password, "provider": "db"}
        self.token = self.ask("security/login", login)["access_token"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, path, body=None):
        """What the API answers: a GET, or a POST of `body`."""
        head = {"Content-Type": "application/json"}
        if self.token:
            head["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", data, head)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read().decode()[:1500]}") from None

    def picture(self, path, file):
        """Draws a page as a browser shows it."""
        browser = shutil.which("chromium")
        if browser is None:
            print("superset: no picture, as Chromium is not installed", file=sys.stderr)
            return
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,420", "--virtual-time-budget=60000"]
        profile = f"--user-data-dir={self.folder}/chromium"
        command = [browser, *options, profile, f"--screenshot={file}", f"{self.address}/{path}"]
        subprocess.run(command, check=True, stdout=self.log, stderr=self.log, timeout=300)


def query():
    """The mean temperature of a part of the Pacific, year by year, for three years."""
    sides = [("lat", ">=", "south"), ("lat", "<=", "north"), ("lon", ">=", "west"), ("lon", "<=", "east")]
    filters = [{"col": "time", "op": "TEMPORAL_RANGE", "val": f"{CHART['from']} : {CHART['to']}"}]
    filters += [{"col": column, "op": sign, "val": CHART[side]} for column, sign, side in sides]
    mean = {"expressionType": "SIMPLE", "column": {"column_name": "sst"}, "aggregate": "AVG", "label": "mean sst"}
    year = {"timeGrain": "P1Y", "columnType": "BASE_AXIS", "sqlExpression": "time", "label": "time", "expressionType": "SQL"}
    return {
        "columns": [year], "metrics": [mean], "filters": filters, "granularity": "time",
        "extras": {"time_grain_sqla": "P1Y"}, "orderby": [], "row_limit": 1000,
    }


def form(dataset):
    """The same chart, by the month, as the page of Superset draws it."""
    asked = query()
    adhoc = [
        {"clause": "WHERE", "expressionType": "SIMPLE", "subject": part["col"], "operator": part["op"], "comparator": part["val"]}
        for part in asked["filters"]
    ]
    return {
        "datasource": f"{dataset}__table", "viz_type": "echarts_timeseries_line", "x_axis": "time", "time_grain_sqla": "P1M",
        "metrics": asked["metrics"], "groupby": [], "adhoc_filters": adhoc, "row_limit": 1000, "x_axis_sort_asc": True,
        "truncateYAxis": True, "y_axis_bounds": [None, None], "show_legend": True, "rich_tooltip": True, "color_scheme": "supersetColors",
    }


with Client("superset") as client, tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    with client.check("connects"), contextlib.ExitStack() as stack:
        stack.callback(lambda: client.failed or sys.exc_info()[0] and sys.stderr.write((folder / "log").read_text()[-6000:]))
        superset = stack.enter_context(Superset(folder))
        uri = URL.replace("postgresql", "postgresql+psycopg2", 1)
        superset.ask("database/test_connection/", {"database_name": "hyperslab", "sqlalchemy_uri": uri})
        made = {"database_name": "hyperslab", "sqlalchemy_uri": uri, "expose_in_sqllab": True}
        database = superset.ask("database/", made)["id"]
        stack = stack.pop_all()
    with stack:
        with client.check("lists tables"):
            schemas = superset.ask(f"database/{database}/schemas/")["result"]
            assert {"public", "ersst"} <= set(schemas), schemas
            tables = superset.ask(f"database/{database}/tables/?q=(schema_name:public)")["result"]
            assert {"ersst", "cities"} <= {table["value"] for table in tables}, tables
        with client.check("lists columns"):
            dataset = superset.ask("dataset/", {"database": database, "schema": "public", "table_name": "ersst"})["id"]
            columns = superset.ask(f"dataset/{dataset}")["result"]["columns"]
            columns.sort(key=lambda column: column["id"])
            has_columns(column["column_name"] for column in columns)
            assert [column["is_dttm"] for column in columns] == [True, False, False, False], columns
        with client.check("runs a query of its laboratory"):
            asked = {"database_id": database, "sql": sql("line"), "schema": "public", "runAsync": False, "client_id": secrets.token_hex(5)}
            rows = superset.ask("sqllab/execute/", asked)["data"]
            same_rows(([row["time"].replace("T", " ")[:19], row["lat"], row["sst"]] for row in rows), EXPECTED["line"]["rows"])
        with client.check("draws a chart with a time filter"):
            asked = {"datasource": {"id": dataset, "type": "table"}, "queries": [query()], "result_format": "json", "result_type": "full"}
            result = superset.ask("chart/data", asked)["result"][0]
            got = sorted((time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row["time"] / 1000)), row["mean sst"]) for row in result["data"])
            assert [year for year, _ in got] == [year for year, _ in CHART["means"]], got
            assert all(math.isclose(mean, wanted, rel_tol=1e-6) for (_, mean), (_, wanted) in zip(got, CHART["means"])), got
            write_transcript("superset", result["query"].strip() + "\n\n" + "\n".join(f"{year[:4]}  {mean:.3f}" for year, mean in got))
        with client.check("keeps the chart and shows it"):
            settings = {
                "slice_name": "Pacific", "viz_type": "echarts_timeseries_line", "datasource_id": dataset, "datasource_type": "table",
                "params": json.dumps(form(dataset)),
            }
            chart = superset.ask("chart/", settings)["id"]
            pictures = pathlib.Path(os.environ.get("TRANSCRIPTS", folder))
            superset.picture(f"explore/?slice_id={chart}&standalone=1", pictures / "superset.png")
        if client.failed:
            superset.log.flush()
            sys.stderr.write("".join((folder / "log").read_text()[-6000:]))
