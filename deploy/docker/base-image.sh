#!/bin/sh
# Makes the image `papergate-base`: a small Debian with what the servers need at run time, from Debian's own packages.
# Needs root, debootstrap and docker. An image registry is not needed.
#
#   deploy/docker/base-image.sh [SUITE] [MIRROR]
set -eu

suite=${1:-bookworm}
mirror=${2:-http://deb.debian.org/debian}
# libpq5 and the compression libraries for the stores and print data, certificates for devices and directories.
packages=ca-certificates,libpq5

for tool in debootstrap docker; do
    command -v "$tool" >/dev/null || { echo "base-image: $tool is missing" >&2; exit 1; }
done
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
# The servers' own user; its number is fixed, so that a volume written by one container is readable in another.
chroot "$root" useradd --system --uid 631 --home-dir /var/lib/papergate --shell /usr/sbin/nologin papergate
install -d -m 0700 -o 631 -g 631 "$root/var/lib/papergate"
tar -C "$root" -c . | docker import --change 'CMD ["/bin/sh"]' - papergate-base:latest
