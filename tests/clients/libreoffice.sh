#!/usr/bin/env bash
# LibreOffice Base without a screen, by the macro in `libreoffice.bas`.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
ask() { python3 "$here/common.py" "$@"; }
mkdir "$FOLDER/postgresql" "$FOLDER/odbc"

# A form of Base asks for cursors that could be written through, for which the driver selects `ctid`, the place of a row
# in PostgreSQL's file: Hyperslab has none.
export ODBCINI="$FOLDER/odbc.ini"
cat > "$ODBCINI" << INI
[hyperslab]
Driver = PostgreSQL Unicode
Servername = $PGHOST
Port = $PGPORT
Database = $PGDATABASE
UpdatableCursors = 0
UseDeclareFetch = 1
Fetch = 10000
INI

# A profile of its own, with the macro in it.
profile="$FOLDER/profile"
office() { timeout -k 5 1500 /usr/lib/libreoffice/program/soffice.bin --headless --norestore "-env:UserInstallation=file://$profile" "$@" > "$FOLDER/office.log" 2>&1; }
office --terminate_after_init
basic="$profile/user/basic/Standard"
mkdir -p "$basic"
python3 - "$here/libreoffice.bas" > "$basic/Check.xba" << 'PY'
import sys, xml.sax.saxutils
text = xml.sax.saxutils.escape(open(sys.argv[1]).read())
print('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">')
print(f'<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Check" script:language="StarBasic">{text}</script:module>')
PY
cat > "$basic/script.xlb" << 'XML'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" library:passwordprotected="false">
 <library:element library:name="Check"/>
</library:library>
XML
cat > "$profile/user/basic/script.xlc" << 'XML'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">
<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">
 <library:library library:name="Standard" xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple" library:link="false"/>
</library:libraries>
XML

export FOLDER ADDRESS="host=$PGHOST port=$PGPORT dbname=$PGDATABASE" PGPASSWORD="${PGPASSWORD:-}"
for name in many line words attributes; do export "SQL_${name^^}=$(ask sql $name)"; done
SQL_POINT=$(ask sql point '?' '?' '?') VALUES_POINT=$(ask values point) SQL_CITY=$(ask sql city '?') VALUES_CITY=$(ask values city) \
    office 'macro:///Standard.Check.Main'
cat "$FOLDER/office.log" "$FOLDER"/failed.* >&2 2> /dev/null

for kind in "postgresql:$ADDRESS" odbc:hyperslab; do
    printf 'sdbc:%s\n\n' "$kind"
    grep '^public,' "$FOLDER/${kind%%:*}/tables.csv"
    printf '\n%s\n' "$SQL_LINE"
    head -4 "$FOLDER/${kind%%:*}/line.csv"
    printf '\n'
done 2>&1 | ask transcript libreoffice

status=0
ask compare libreoffice-postgresql "$FOLDER/postgresql" decimals || status=1
# Over ODBC it asks for the tables of `public` alone.
ask compare libreoffice-odbc "$FOLDER/odbc" decimals public || status=1
exit $status
