#!/usr/bin/env bash
# The JDBC driver of PostgreSQL, in `Check.java`; the page shows a session of jshell.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ask() { python3 "$here/common.py" "$@"; }
jar=/usr/share/java/postgresql.jar

for name in many line words attributes; do export "SQL_${name^^}=$(ask sql $name)"; done
SQL_POINT=$(ask sql point '?' '?' '?') VALUES_POINT=$(ask values point) SQL_CITY=$(ask sql city '?') VALUES_CITY=$(ask values city) \
    java -cp "$jar" "$here/Check.java" "$folder"

cat > "$folder/Show.jsh" << JSH
import java.sql.*;
var connection = DriverManager.getConnection("jdbc:postgresql://$PGHOST:$PGPORT/$PGDATABASE?user=$PGUSER");
var query = connection.prepareStatement("SELECT lon, sst FROM ersst WHERE time = ? AND lat = ? AND lon BETWEEN 274 AND 280 ORDER BY lon");
query.setTimestamp(1, Timestamp.valueOf("1997-12-15 00:00:00"));
query.setFloat(2, 0);
for (var rows = query.executeQuery(); rows.next(); ) System.out.println(rows.getFloat("lon") + " " + rows.getFloat("sst"));
JSH
{
    sed 's/^/jshell> /' "$folder/Show.jsh"
    (cat "$folder/Show.jsh"; echo /exit) | PGPASSWORD= jshell -s --class-path "$jar" - 2> /dev/null
} | ask transcript jdbc
ask compare jdbc "$folder"
