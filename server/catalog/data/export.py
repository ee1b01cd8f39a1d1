"""Write what every PostgreSQL 15 knows about itself to the files beside this script.

    python3 export.py

needs what `tests/clients/reference/record.py` needs. A file holds the rows of one relation of `pg_catalog`, as text
with tabs between the columns and `\\N` for NULL, compressed with zlib. Only facts are kept: no descriptions, no bodies
of functions and views, no grants, nothing that differs from one server to the next.
"""

import pathlib
import sys
import zlib

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[2] / "tests/clients/reference"))

from cluster import Cluster  # noqa: E402

FIRST_OF_USER = 16384
REGPROC = 24
# The relations with rows, and which rows.
RELATIONS = {
    "pg_aggregate": "",
    "pg_am": "",
    "pg_amop": "",
    "pg_amproc": "",
    "pg_attribute": f"where attrelid < {FIRST_OF_USER}",
    "pg_auth_members": "",
    "pg_authid": "where oid <> 10",
    "pg_cast": "",
    # All others come from the machine.
    "pg_collation": "where collname in ('default', 'C', 'POSIX', 'ucs_basic')",
    "pg_class": f"where oid < {FIRST_OF_USER}",
    "pg_constraint": "",
    "pg_index": "",
    # PL/pgSQL is an extension.
    "pg_language": "where lanname <> 'plpgsql'",
    "pg_namespace": f"where oid < {FIRST_OF_USER}",
    "pg_opclass": "",
    "pg_operator": "",
    "pg_opfamily": "",
    "pg_proc": "where prolang <> (select oid from pg_language where lanname = 'plpgsql') and proname !~ '^plpgsql_'",
    "pg_range": "",
    "pg_tablespace": "",
    "pg_type": f"where oid < {FIRST_OF_USER}",
}
# Columns that are written otherwise than they are. An expression is kept as `pg_get_expr` shows it.
COLUMNS = {
    ("pg_attribute", "attacl"): "null",
    ("pg_authid", "rolpassword"): "null",
    ("pg_class", "relacl"): "null",
    ("pg_class", "relallvisible"): "0",
    ("pg_class", "relfilenode"): "0",
    ("pg_class", "relfrozenxid"): "0",
    ("pg_class", "relminmxid"): "0",
    ("pg_class", "relpages"): "0",
    ("pg_class", "relpartbound"): "null",
    ("pg_class", "reltuples"): "-1",
    ("pg_collation", "collversion"): "null",
    ("pg_constraint", "conbin"): "pg_get_expr(conbin, 0)",
    ("pg_index", "indexprs"): "pg_get_expr(indexprs, indrelid)",
    ("pg_index", "indpred"): "pg_get_expr(indpred, indrelid)",
    ("pg_language", "lanacl"): "null",
    ("pg_namespace", "nspacl"): "null",
    ("pg_proc", "proacl"): "null",
    ("pg_proc", "proargdefaults"): "pg_get_expr(proargdefaults, 0)",
    ("pg_proc", "probin"): "null",
    ("pg_proc", "prosqlbody"): "null",
    ("pg_proc", "prosrc"): "case when prolang = 12 and prosrc <> proname then prosrc else '' end",
    ("pg_tablespace", "spcacl"): "null",
    ("pg_type", "typacl"): "null",
    ("pg_type", "typdefaultbin"): "null",
}


def text_of(value):
    """A field, so that neither a tab nor a line break is left in it."""
    if value is None:
        return "\\N"
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def main():
    total = 0
    with Cluster() as cluster:
        connection = cluster.connect()
        for relation, condition in RELATIONS.items():
            names = connection.simple(f"select * from {relation} limit 0")[0]["columns"]
            # A function is named by its number: what its name looks like depends on which others there are.
            columns = [
                COLUMNS.get((relation, c["name"]), c["name"] + ("::oid" if c["type"] == REGPROC else "")) for c in names
            ]
            key = next(i for i, c in enumerate(names) if c["type"] in (REGPROC, 26))
            order = f"{key + 1}, 2" if relation != "pg_attribute" else "attrelid, attnum"
            result = connection.simple(f"select {', '.join(columns)} from {relation} {condition} order by {order}")[0]
            if "error" in result:
                raise RuntimeError(f"{relation}: {result['message']}")
            lines = "".join("\t".join(map(text_of, row)) + "\n" for row in result["rows"])
            packed = zlib.compress(lines.encode(), 9)
            (HERE / f"{relation}.tsv.z").write_bytes(packed)
            total += len(packed)
            print(f"{relation}: {len(result['rows'])} rows, {len(lines)} characters, {len(packed)} bytes")
        keywords = connection.simple("select word, catcode, barelabel from pg_get_keywords() order by 1")[0]["rows"]
        lines = "".join("\t".join(row) + "\n" for row in keywords)
        (HERE / "keywords.tsv.z").write_bytes(zlib.compress(lines.encode(), 9))
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
