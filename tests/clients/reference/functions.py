"""Asks a PostgreSQL 15 server for the answers to the expressions of `expressions.sql`, and writes `functions.json`.

    python3 functions.py                 a server of its own, in a folder that is removed after
    python3 functions.py "host=/run/x"   a server that runs

It needs the programs of PostgreSQL 15 and the package psycopg, and, as root, an account `postgres` or `nobody`.
"""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

import psycopg

HERE = pathlib.Path(__file__).parent
BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
QUERIES = ("select", "with", "values", "table", "(select")


def statements():
    """The statements of `expressions.sql`: a line that is no query is an expression to select."""
    for line in (HERE / "expressions.sql").read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("--"):
            yield line if line.lower().startswith(QUERIES) else f"SELECT {line}"


def ask(connection, sql):
    """One statement's columns and rows as text, or the code of its error."""
    result = connection.pgconn.exec_(sql.encode())
    if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
        code = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        return {"sql": sql, "error": code.decode()}
    columns = []
    for i in range(result.nfields):
        kind = f"SELECT format_type({result.ftype(i)}, NULL)"
        kind = connection.pgconn.exec_(kind.encode()).get_value(0, 0).decode()
        columns.append([result.fname(i).decode(), kind])
    rows = []
    for row in range(result.ntuples):
        values = [result.get_value(row, i) for i in range(result.nfields)]
        rows.append([None if value is None else value.decode() for value in values])
    return {"sql": sql, "columns": columns, "rows": rows}


def answers(conninfo):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for setting in ("timezone = 'UTC'", "datestyle = 'ISO, MDY'", "intervalstyle = 'postgres'", "lc_numeric = 'C'"):
            connection.pgconn.exec_(f"SET {setting}".encode())
        return [ask(connection, sql) for sql in statements()]


def account():
    """Who the server runs as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    sys.exit("no account to run PostgreSQL as, expected `postgres` or `nobody`")


def private_server():
    who = account()
    folder = tempfile.mkdtemp(prefix="pg-reference-")
    run = {"check": True, "stdout": subprocess.DEVNULL}
    if who:
        os.chown(folder, who.pw_uid, who.pw_gid)
        run |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": folder}
    data = f"{folder}/data"
    try:
        subprocess.run([BIN / "initdb", "-D", data, "-U", "reference", "-E", "UTF8", "--locale=C.UTF-8"], **run)
        options = f"-c listen_addresses= -c unix_socket_directories={folder}"
        subprocess.run([BIN / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"], **run)
        try:
            return answers(f"host={folder} user=reference dbname=postgres")
        finally:
            subprocess.run([BIN / "pg_ctl", "-D", data, "-m", "fast", "stop"], **run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    found = answers(sys.argv[1]) if len(sys.argv) > 1 else private_server()
    lines = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in found)
    (HERE / "functions.json").write_text(f"[\n{lines}\n]\n")
    failed = sum("error" in answer for answer in found)
    print(f"{len(found)} answers, of which {failed} are errors")


if __name__ == "__main__":
    main()
