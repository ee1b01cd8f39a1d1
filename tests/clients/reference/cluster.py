"""A private PostgreSQL 15 that lives as long as a `with` block: on a unix socket, in a folder of its own."""

import getpass
import os
import pathlib
import shutil
import subprocess
import tempfile

from wire import Connection

BIN = pathlib.Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
PORT = 54815
USER = "hyperslab"
DATABASE = "arrays"
# Number of the table `public.air`: recorded statements name it.
AIR = 16389

SETTINGS = """
listen_addresses = ''
timezone = 'UTC'
datestyle = 'ISO, MDY'
fsync = off
autovacuum = off
logging_collector = off
"""


class Cluster:
    """`with Cluster() as cluster: cluster.connect()`: the database `arrays` of `setup.sql`, and nothing beside it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hyperslab-reference-"))
        # PostgreSQL refuses to run as root.
        self.owner = "postgres" if getpass.getuser() == "root" else None
        if self.owner:
            shutil.chown(self.folder, self.owner)
        self.data = self.folder / "data"
        self._run("initdb", "-D", self.data, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        (self.data / "postgresql.auto.conf").write_text(SETTINGS + f"unix_socket_directories = '{self.folder}'\n")
        self._start()
        first = self.connect("postgres")
        _check(first.simple(f"create database {DATABASE}"))
        first.close()
        # An engine of one database has no templates.
        own = self.connect()
        for other in ("postgres", "template0", "template1"):
            _check(own.simple(f"update pg_database set datistemplate = false where datname = '{other}'"))
            _check(own.simple(f"drop database {other}"))
        own.close()
        # Object numbers follow a counter: the next one is that of `air`.
        self._stop()
        self._run("pg_resetwal", "-o", AIR, "-D", self.data)
        self._start()
        own = self.connect()
        _check(own.simple((pathlib.Path(__file__).parent / "setup.sql").read_text()))
        found = own.simple("select 'public.air'::regclass::oid")[0]["rows"][0][0]
        if found != str(AIR):
            raise RuntimeError(f"`public.air` has number {found}, expected {AIR}")
        own.close()
        return self

    def __exit__(self, *_):
        try:
            self._stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database=DATABASE):
        """A new connection of the owner."""
        return Connection(str(self.folder), PORT, USER, database)

    def _start(self):
        self._run("pg_ctl", "-D", self.data, "-o", f"-p {PORT}", "-l", self.folder / "log", "-w", "start")

    def _stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def _run(self, program, *arguments):
        command = [str(BIN / program), *map(str, arguments)]
        done = subprocess.run(command, user=self.owner, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")


def _check(results):
    for result in results:
        if "error" in result:
            raise RuntimeError(f"{result['error']}: {result['message']}")
