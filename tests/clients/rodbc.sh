#!/usr/bin/env bash
# R with RODBC, in `rodbc.R`.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ask() { python3 "$here/common.py" "$@"; }

for name in many line words attributes; do export "SQL_${name^^}=$(ask sql $name)"; done
export TZ=UTC LC_ALL=C.UTF-8
SQL_POINT=$(ask sql point '$1' '$2' '$3') VALUES_POINT=$(ask values point) SQL_CITY=$(ask sql city '$1') VALUES_CITY=$(ask values city) \
    Rscript --vanilla "$here/rodbc.R" "$folder"

cat > "$folder/show.R" << R
library(RODBC)
connection <- odbcDriverConnect("Driver=PostgreSQL Unicode;Server=$PGHOST;Port=$PGPORT;Database=$PGDATABASE;Uid=$PGUSER")
query <- "SELECT date_trunc('year', time) AS year, avg(sst) AS sst FROM ersst
  WHERE time < '1965-01-01' AND lat = 0 GROUP BY 1 ORDER BY 1"
sqlQuery(connection, query)
close(connection)
R
R --vanilla --quiet < "$folder/show.R" 2>&1 | grep -v '^> $' | ask transcript rodbc
ask compare rodbc "$folder" decimals
