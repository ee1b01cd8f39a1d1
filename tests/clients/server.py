"""The server that the clients talk to: `hyperslab serve` over the sample, or a PostgreSQL 15 that holds the same tables.

PostgreSQL is there to check the checks: what a script says of it is a matter of the script.
"""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).parents[2]
CITIES = REPOSITORY / "tests/data/text.zarr"
PG_BIN = pathlib.Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
# Longer than what any check asks for.
UNTIL = "1998-01-01"
TABLES = {
    "public.ersst": (
        "time timestamp not null, lat real not null, lon real not null, sst real",
        f"SELECT time, lat, lon, sst FROM ersst WHERE time < '1966-01-01' OR time >= '1997-01-01' AND time < '{UNTIL}'",
    ),
    "public.cities": (
        "city text not null, year integer not null, country text not null, area double precision, v double precision",
        "SELECT city, year, country, area, v FROM cities",
    ),
    "ersst.attributes": (
        "variable text, name text not null, value text not null",
        "SELECT variable, name, value FROM ersst.attributes",
    ),
}


def sample(binary, folder):
    """The sample data in `folder`, made once."""
    subprocess.run([binary, "sample", folder], check=True, capture_output=True)
    return [f"{folder}/ersst.zarr", f"cities={CITIES}"]


@contextlib.contextmanager
def hyperslab(binary, data, password=None):
    """`hyperslab serve` on ports of its own choice: the addresses that it prints, PostgreSQL's and Flight's.

    With a password it asks the user `hyperslab` for it."""
    command = [binary, "serve", *sample(binary, data), "--port", "0", "--flight-port", "0"]
    if password:
        line = subprocess.run([binary, "passwd", "hyperslab"], input=f"{password}\n", check=True, stdout=subprocess.PIPE, text=True).stdout
        users = pathlib.Path(data, "users")
        users.write_text(line)
        users.chmod(0o600)
        command += ["--users", users]
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            yield _addresses(process, log.name)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise RuntimeError("the server did not end within 20 s of SIGTERM") from None


def _addresses(process, log):
    """Waits until the server has said where it listens."""
    for _ in range(300):
        text = pathlib.Path(log).read_text()
        sql = re.search(r"postgres(?:ql)?://(?:[^@\s/]*@)?([\d.]+:\d+)", text)
        flight = re.search(r"grpc(?:\+\w+)?://([\d.]+:\d+)", text)
        if sql and flight:
            return sql[1], flight[1]
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}: {text[-2000:]}")
        time.sleep(0.1)
    raise RuntimeError(f"the server said no address in 30 s: {text[-2000:]}")


@contextlib.contextmanager
def postgresql(binary, data):
    """A private PostgreSQL 15 with the tables, filled by `hyperslab`; it has no Flight."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hyperslab-clients-"))
    # PostgreSQL refuses to run as root.
    owner = "postgres" if os.getuid() == 0 else None
    if owner:
        shutil.chown(folder, owner)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def run(program, *arguments, **options):
        subprocess.run([PG_BIN / program, *arguments], check=True, cwd=folder, user=owner, **options)

    psql = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", port, "-U", "hyperslab"]
    try:
        run("initdb", "-D", folder / "data", "-U", "hyperslab", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", stdout=subprocess.DEVNULL)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c timezone=UTC"
        run("pg_ctl", "-D", folder / "data", "-o", options, "-l", folder / "log", "-w", "start", stdout=subprocess.DEVNULL)
        subprocess.run([*psql, "-d", "postgres", "-c", "create database hyperslab"], check=True)
        locations = sample(binary, data)
        subprocess.run([*psql, "-d", "hyperslab", "-c", "create schema ersst"], check=True)
        for name, (columns, query) in TABLES.items():
            subprocess.run([*psql, "-d", "hyperslab", "-c", f"create table {name} ({columns})"], check=True)
            rows = subprocess.Popen([binary, *locations, "-q", "--format", "csv", "-c", query], stdout=subprocess.PIPE)
            subprocess.run([*psql, "-d", "hyperslab", "-c", f"\\copy {name} from stdin csv header"], check=True, stdin=rows.stdout)
            if rows.wait():
                raise RuntimeError(f"no rows for {name}")
        yield f"127.0.0.1:{port}", None
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("pg_ctl", "-D", folder / "data", "-m", "fast", "-w", "stop", stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)
