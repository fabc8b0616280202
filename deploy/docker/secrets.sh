#!/bin/sh
# Makes the secrets docker-compose.yml mounts, unless they are there.
set -eu

dir=$(cd "$(dirname "$0")" && pwd)/secrets
mkdir -p "$dir"
chmod 0700 "$dir"
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
[ -s "$dir/postgres-password" ] || random >"$dir/postgres-password"
# The virtual MFP's is made by the server that registers it; until then the file is empty.
[ -e "$dir/device-secret" ] || : >"$dir/device-secret"
printf 'postgresql://papergate:%s@postgres/papergate' "$(cat "$dir/postgres-password")" >"$dir/database-url"
# Compose mounts files as they are: the containers' users have to read them, and only the directory keeps others out.
chmod 0444 "$dir"/*
