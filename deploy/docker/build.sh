#!/bin/sh
# Builds the images `papergate` and `papergate-postgres` from the programs in target/PROFILE.
# Needs docker; makes the base image first when it is missing.
#
#   deploy/docker/build.sh [PROFILE]        default: release
set -eu

profile=${1:-release}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

docker image inspect papergate-base >/dev/null 2>&1 || "$here/base-image.sh"

mkdir "$stage/programs"
servers=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$root/deploy/config/supervisor.toml")
for program in papergate supervisor virtual-mfp $servers; do
    if [ -x "$root/target/$profile/$program" ]; then
        # Line tables stay on the machine that built them.
        strip -o "$stage/programs/$program" "$root/target/$profile/$program"
    else
        echo "build: target/$profile/$program is missing; run cargo build first" >&2
        exit 1
    fi
done
cp "$here/Dockerfile" "$here/Dockerfile.postgres" "$here/postgres.sh" "$stage"
chmod 0755 "$stage/postgres.sh"

docker build --tag papergate:latest "$stage"
docker build --tag papergate-postgres:latest --file "$stage/Dockerfile.postgres" "$stage"
