"""Ask a PostgreSQL 15 every statement of `../statements.json` and write what it answers to `answers.json`.

    python3 record.py

needs the Debian package `postgresql-15` (or `PG_BIN` set to the folder with `initdb`) and nothing else. The format of
`answers.json` is described in `../README.md`.
"""

import json
import pathlib
import re

from cluster import AIR, Cluster

HERE = pathlib.Path(__file__).parent
KINDS = ["r", "p", "f", "v", "m"]
NAME_AND_KINDS = ["pg_catalog.pg_constraint", *KINDS, "pg_catalog", "air"]
IDENTITY = ["", "always", "a", "start", "increment", "minvalue", "maxvalue", "cache", "cycle", ""]

# Values for the parameters of statement n, as text.
PARAMETERS = {
    16: ["arrays"],
    17: ["arrays", "public"],
    18: ["public"],
    19: ["arrays", "public", "air"],
    32: ["11", "25"],
    33: ["2020-01-01 06:00:00"],
    69: ["public", "{r,v,m,t,f,p}"],
    70: ["public", "air"],
    71: ["public", "air"],
    72: ["public.air"],
    73: ["11"],
    84: ["{public}", "air"],
    88: ["11"],
    95: ["11"],
    127: ["{r,v,m,f,p}"],
    128: ["{r,v,m,f,p}"],
    162: ["pg/_"],
    163: ["r", "p", "t", "pg_catalog"],
    164: ["v", "t", "pg_catalog"],
    165: [*IDENTITY, "0", "name", "schema", "0", *KINDS, "pg_catalog", "air"],
    166: [*KINDS, "pg_catalog", "air"],
    167: ["1", "pg_catalog.pg_constraint", "p", str(AIR), str(AIR)],
    168: ["true", "f", *NAME_AND_KINDS],
    169: ["btree"],
    171: ["0", "1", "true", "0", "1", str(AIR), str(AIR), "p", "u", "x", str(AIR)],
    172: ["true", "c", *NAME_AND_KINDS],
    173: ["0", "pg_catalog.pg_class", *KINDS, "pg_catalog", "air"],
    174: ["air", *KINDS, "pg_catalog"],
    175: ["default_table_access_method", *KINDS, "pg_catalog", "air"],
    178: ["11"],
    207: ["hstore"],
    209: ["1", "pg_catalog.pg_constraint", "p", str(AIR)],
    210: ["true", "f", *NAME_AND_KINDS],
    211: ["0", "1", "true", "0", "1", str(AIR), "p", "u", "x"],
    212: ["true", "c", *NAME_AND_KINDS],
}

# What must have happened on the connection before statement n, where no rule of `before` says it.
BEFORE = {
    10: ["BEGIN"],
    12: ["BEGIN"],
    25: ["set statement_timeout = 300"],
    45: ["BEGIN"],
    76: ["BEGIN"],
    86: ["BEGIN"],
    91: ["BEGIN"],
    106: ['prepare "_PLAN0x5636fff2ec90" as select 1'],
    161: ["BEGIN"],
    177: ["BEGIN"],
    179: ["BEGIN"],
    200: ["BEGIN"],
    206: ["BEGIN"],
    208: ["BEGIN", 'SAVEPOINT "_pg3_1"'],
    213: ["BEGIN"],
}

# Results that are compared otherwise than the statement says: (statement, result or None for all) and how far.
# "rows" and "set": the rows, in order or not; "count": the number of rows; "columns": only the names and types.
COMPARE = {
    (5, None): "columns",
    # Rows that are equal in what is sorted by.
    (9, 5): "set",
    (21, None): "columns",
    (22, None): "columns",
    (30, None): "columns",
    # Sorted by numbers that a server gives.
    (43, None): "set",
    (46, None): "count",
    (61, None): "count",
    (66, None): "count",
    (109, None): "columns",
    (118, 2): "rows",
    (122, 2): "rows",
    (237, None): "count",
}

# Columns whose values are a matter of the server, by name, in which statements (none: in all).
VOLATILE = {
    # One of several comments, and none is the first.
    "description": {59},
    "relpages": set(),
    "reltuples": set(),
    "Size": set(),
}


def before(n, sql, statements):
    """The statements to run first, so that statement n can be run on a new connection."""
    if n in BEFORE:
        return BEFORE[n]
    found = re.match(r'\s*(?:fetch|close)\s.*?("[^"]+"|\bc_\w+)', sql, re.I | re.S)
    if not found:
        return []
    cursor, needed = found[1], []
    for earlier in statements[:n]:
        text = earlier["sql"]
        if cursor in text and not text.lower().startswith("close"):
            if text.lower().startswith("declare"):
                needed.append("BEGIN")
            needed.append(text)
    return needed


def is_ordered(sql):
    """Whether the last query of `sql` has an ORDER BY of its own."""
    depth, ordered = 0, False
    for token in re.findall(r"'(?:[^']|'')*'|--[^\n]*|[();]|\border\s+by\b|\bfrom\b", sql, re.I):
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif token == ";":
            pass
        elif depth == 0 and token.lower().startswith("order"):
            ordered = True
        elif depth == 0 and token.lower() == "from":
            ordered = False
    return ordered


def answer_of(n, part, sql, result):
    """One result in the form of `answers.json`."""
    if "error" in result:
        return {k: result[k] for k in ("error", "message", "columns") if k in result}
    answer = {"tag": result["tag"]}
    if "copy" in result:
        copy = result["copy"]
        text = b"".join(copy["data"])
        answer["copy"] = {"format": copy["format"], "columns": copy["columns"], "bytes": len(text)}
        if copy["format"] == "text":
            answer["copy"]["lines"] = text.decode().splitlines()
        return answer
    if "columns" not in result:
        return answer
    answer["columns"] = result["columns"]
    for column in answer["columns"]:
        statements = VOLATILE.get(column["name"])
        if statements is not None and (not statements or n in statements):
            column["volatile"] = True
    lower = sql.lower()
    some = "limit" in lower or re.search(r"fetch (forward \d|100)", lower)
    if compare := COMPARE.get((n, None), COMPARE.get((n, part))):
        answer["compare"] = compare
    elif some and "order by" not in lower:
        answer["compare"] = "count"
    else:
        answer["compare"] = "rows" if is_ordered(sql) else "set"
    if answer["compare"] != "columns":
        answer["count"] = len(result["rows"])
    # What a server says of itself is another text each time.
    if answer["compare"] in ("rows", "set") or not compare:
        answer["rows"] = result["rows"]
    return answer


def record(cluster, n, statement, statements):
    """Run one statement on a new connection."""
    sql = statement["sql"]
    entry = {"n": n, "clients": statement["clients"], "sql": sql}
    connection = cluster.connect()
    if needed := before(n, sql, statements):
        entry["before"] = needed
        for text in needed:
            for result in connection.simple(text):
                if "error" in result:
                    raise RuntimeError(f"statement {n}, `{text}`: {result}")
    if re.search(r"\$\d", sql):
        types, columns, error = connection.describe(sql)
        entry["parameters"] = types
        if error:
            results = [{"error": error["code"], "message": error["message"]}]
        else:
            values = PARAMETERS[n]
            if len(values) != len(types):
                raise RuntimeError(f"statement {n} has {len(types)} parameters, not {len(values)}")
            entry["values"] = values
            results = connection.extended(sql, values)
    else:
        results = connection.simple(sql)
    connection.close()
    parts = sql.split(";")
    entry["results"] = [
        answer_of(n, i, parts[i] if len(results) > 1 and i < len(parts) else sql, r) for i, r in enumerate(results)
    ]
    return entry


def queries():
    """The queries of `expressions.sql`."""
    text = (HERE / "expressions.sql").read_text()
    return [query for query in text.splitlines() if query and not query.startswith("--")]


def expression(cluster, sql):
    """Run one query of `expressions.sql`."""
    connection = cluster.connect()
    results = [answer_of(None, 0, sql, result) for result in connection.simple(sql)]
    connection.close()
    return {"sql": sql, "results": results}


def line(value):
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(entries, path):
    """One row of a result a line, so that a difference can be read."""
    with open(path, "w") as file:
        file.write("[")
        for i, entry in enumerate(entries):
            file.write(",\n" if i else "\n")
            head = {k: v for k, v in entry.items() if k != "results"}
            file.write(line(head)[:-1] + ',"results":[')
            for j, result in enumerate(entry["results"]):
                file.write(",\n " if j else "\n ")
                head = {k: v for k, v in result.items() if k != "rows"}
                if result.get("rows"):
                    file.write(line(head)[:-1] + ',"rows":[\n  ' + ",\n  ".join(map(line, result["rows"])) + "]}")
                else:
                    file.write(line(result))
            file.write("]}")
        file.write("\n]\n")


def main():
    statements = json.loads((HERE.parent / "statements.json").read_text())
    with Cluster() as cluster:
        entries = [record(cluster, n, statement, statements) for n, statement in enumerate(statements)]
        expressions = [expression(cluster, sql) for sql in queries()]
    write(entries, HERE / "answers.json")
    write(expressions, HERE / "expressions.json")
    refused = [e["n"] for e in entries if any("error" in r for r in e["results"])]
    print(f"{len(entries)} statements, {len(refused)} refused: {refused}")


if __name__ == "__main__":
    main()
