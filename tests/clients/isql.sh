#!/usr/bin/env bash
# isql of unixODBC with psqlODBC, by a data source of its own. isql binds no parameters: the server prepares.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ask() { python3 "$here/common.py" "$@"; }

export ODBCINI="$folder/odbc.ini"
cat > "$ODBCINI" << INI
[hyperslab]
Driver = PostgreSQL Unicode
Servername = $PGHOST
Port = $PGPORT
Database = $PGDATABASE
Username = $PGUSER
Password = ${PGPASSWORD:-}
UseDeclareFetch = 1
Fetch = 10000
INI
# Rows with `|` between values; what isql says about itself is on no such line.
query() { isql hyperslab -b '-d|' -v; }
# NULL and the empty string look alike in isql: only `variable` and `sst` are ever NULL.
as_csv() { python3 -c '
import csv, sys
null, write = int(sys.argv[1]), csv.writer(sys.stdout).writerow
for line in sys.stdin:
    row = line.rstrip("\n").split("|")
    write([r"\N" if n == null and not value else value for n, value in enumerate(row)])
' "$1"; }

isql hyperslab -b '-d|' -v <<< help | cut '-d|' -f2,3 --output-delimiter=, > "$folder/tables.csv"
isql hyperslab -b '-d|' -v <<< 'help ersst' | cut '-d|' -f4,6 --output-delimiter=, > "$folder/columns.csv"
query <<< "$(ask sql city "'$(ask values city)'")" > "$folder/city.csv"
mapfile -t values < <(ask values point)
query > "$folder/point.csv" << SQL
PREPARE point (timestamp, real, real) AS $(ask sql point '$1' '$2' '$3')
EXECUTE point ('${values[0]}', ${values[1]}, ${values[2]})
SQL
query <<< "$(ask sql many)" | as_csv 3 | ask many > "$folder/many.csv"
query <<< "$(ask sql line)" | as_csv 2 > "$folder/line.csv"
query <<< "$(ask sql words)" | as_csv -1 > "$folder/words.csv"
query <<< "$(ask sql attributes)" | as_csv 0 > "$folder/attributes.csv"

{
    printf '$ cat ~/.odbc.ini\n'
    grep -v Password "$ODBCINI"
    printf '$ isql hyperslab -b\n'
    statement="SELECT time, lat, lon, sst FROM ersst WHERE time = '1997-12-15' AND lat = 0 AND lon >= 274 ORDER BY lon LIMIT 3"
    printf '%s\n' "$statement"
    isql hyperslab -b <<< "$statement"
} | ask transcript isql
ask compare isql "$folder" decimals
