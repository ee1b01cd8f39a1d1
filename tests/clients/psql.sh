#!/usr/bin/env bash
# psql, which reads libpq's variables itself.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ask() { python3 "$here/common.py" "$@"; }
query() { psql -X -q --csv -t -P 'null=\N' -v ON_ERROR_STOP=1 "$@"; }

psql -X -A -t -F, -c '\dt *.*' | grep -v -e ^pg_catalog, -e ^information_schema, | cut -d, -f1,2 > "$folder/tables.csv"
psql -X -A -t -F, -c '\d ersst' | cut -d, -f1,2 > "$folder/columns.csv"

# Variables of psql, and a statement that the server prepares.
query -v city="$(ask values city)" <<< "$(ask sql city ":'city'")" > "$folder/city.csv"
mapfile -t values < <(ask values point)
query > "$folder/point.csv" << SQL
PREPARE point (timestamp, real, real) AS $(ask sql point '$1' '$2' '$3');
EXECUTE point ('${values[0]}', ${values[1]}, ${values[2]});
SQL

# Once through a cursor, 10,000 rows at a time, once by COPY.
query -v FETCH_COUNT=10000 -c "$(ask sql many)" | ask many > "$folder/many.csv"
psql -X -q -c "\\copy ($(ask sql many)) to stdout csv" | ask many | cmp - "$folder/many.csv"

for name in line words attributes; do query -c "$(ask sql $name)" > "$folder/$name.csv"; done

{
    printf '$ psql -h %s -p %s\n' "$PGHOST" "$PGPORT"
    psql -X << 'SQL' 2>&1
\echo '=> \\d ersst'
\d ersst
\echo '=> SELECT time, lat, lon, sst FROM ersst WHERE time = ''1997-12-15'' AND lat = 0 AND lon >= 264 ORDER BY lon LIMIT 5;'
SELECT time, lat, lon, sst FROM ersst WHERE time = '1997-12-15' AND lat = 0 AND lon >= 264 ORDER BY lon LIMIT 5;
\echo '=> \\set month 1997-12-15'
\set month 1997-12-15
\echo '=> SELECT count(sst), min(sst), max(sst) FROM ersst WHERE time = :''month'';'
SELECT count(sst), min(sst), max(sst) FROM ersst WHERE time = :'month';
SQL
} | ask transcript psql
ask compare psql "$folder" decimals
