#!/bin/sh
# Makes the cluster at the first start, with the role `papergate` as the owner of its database, and runs it.
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
data=/var/lib/postgresql/papergate
password=$(cat "${POSTGRES_PASSWORD_FILE:?names the file with the password}")

if [ ! -s "$data/PG_VERSION" ]; then
    "$bin/initdb" --pgdata "$data" --auth-local peer --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8 >/dev/null
    echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
    "$bin/pg_ctl" --pgdata "$data" --wait --options "-c listen_addresses=''" start >/dev/null
    # psql quotes the password; it is never part of a command line.
    "$bin/psql" --quiet --set ON_ERROR_STOP=1 --dbname postgres --set password="$password" <<'SQL'
CREATE ROLE papergate LOGIN PASSWORD :'password';
CREATE DATABASE papergate OWNER papergate;
SQL
    "$bin/pg_ctl" --pgdata "$data" --wait stop >/dev/null
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*'
