#!/usr/bin/env bash
# Installs the Debian packages that the named purposes need, only those that are missing.
# usage: scripts/setup.sh PURPOSE...      purposes: build test bench
set -euo pipefail

packages_for() {
  case "$1" in
    # a C compiler for SQLite and ring, libpq for PostgreSQL
    build) echo gcc libc6-dev pkg-config libpq-dev ca-certificates ;;
    # the real counterparts: CUPS and its test tool, LPR, PostgreSQL, PDF and SNMP tools
    test) echo cups cups-client cups-ipp-utils cups-filters rlpr ghostscript poppler-utils postgresql snmp iproute2 python3-aiosmtpd slapd dbus-daemon avahi-daemon strace \
      avahi-utils curl openssl telnet netcat-openbsd samba samba-ad-dc samba-dsdb-modules samba-ad-provision \
      dovecot-core dovecot-submissiond util-linux ;;
    bench) echo cups cups-client cups-ipp-utils ghostscript poppler-utils postgresql ;;
    *) echo "setup: unknown purpose '$1' (build, test, bench)" >&2; exit 2 ;;
  esac
}

if ! command -v cargo >/dev/null; then
  echo "setup: Rust is not installed. Install it from https://rustup.rs (1.88 or newer), then run this again." >&2
  exit 1
fi

wanted=$(for purpose in "$@"; do packages_for "$purpose"; done | tr ' ' '\n' | sort -u)
missing=()
for package in $wanted; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "setup: this is not a Debian system. Install the equivalents of: ${missing[*]}" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing and need root to install: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${missing[*]}"
log=$(mktemp)
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
    install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
# Try with the lists that are there; a stale or missing list is the usual reason for a first failure.
if ! install; then
  "${as_root[@]}" apt-get update -q >>"$log" 2>&1 || true
  if ! install; then
    tail -n 20 "$log" >&2
    echo "setup: could not install ${missing[*]}; the whole log is in $log" >&2
    exit 1
  fi
fi
rm -f "$log"
