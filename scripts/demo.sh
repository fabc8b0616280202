#!/usr/bin/env bash
# One document from print to paper, unattended. Exits 0 only if every step was seen to happen.
# usage: scripts/demo.sh DIRECTORY-OF-PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$(realpath "$1")
BASE=$(mktemp -d /tmp/papergate-demo-XXXXXX)
MAIL_SINK=
DATA=$BASE/data
mkdir "$DATA"
free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for OFFSET in 21000 21100 21200 21300 21400; do
  free $((631 + OFFSET)) && free $((7500 + OFFSET)) && free $((9100 + OFFSET)) && break
done
. scripts/lib.sh
trap 'stop_everything; [ -z "$MAIL_SINK" ] || kill "$MAIL_SINK" 2>/dev/null; rm -rf "$BASE"' EXIT
trap 'exit 130' INT TERM
step() { printf '\n== %s\n' "$*"; }
fail() { echo "demo: $*" >&2; exit 1; }

DOCUMENT=deploy/demo/welcome.pdf
step "The suite starts on embedded SQLite"
start_suite
set_up_demonstration
papergate status

step "A PDF of two pages is printed by IPP to the queue '$QUEUE'"
papergate print "$DOCUMENT" --queue "$QUEUE" --user "$LOGON" --title "Welcome"

step "It is held, encrypted"
papergate jobs list
papergate jobs list --json | grep -q '"state": *"held"' || fail "the document is not held"
! grep -rqa "was held, encrypted" "$DATA/spool" "$DATA/db" || fail "the document can be read on disk"

step "The card is shown at the virtual MFP"
"$OUT/virtual-mfp" session --name "$DEVICE" --server "127.0.0.1:$DEVICE_PORT" --card "$CARD" --print-all
printed=$(find "$DATA/printed" -name '*.prn')
[ "$(wc -l <<<"$printed")" = 1 ] && [ -n "$printed" ] || fail "the printer put out: ${printed:-nothing}"
cmp "$printed" "$DOCUMENT" || fail "what came out is not what went in"
ls -l "$printed"

step "It was tracked once, and nothing is left waiting"
for _ in $(seq 100); do
  records=$(papergate tracking export --format csv | tail -n +2 | grep -c . || true)
  [ "$records" -ge 1 ] && break
  sleep 0.1
done
papergate tracking export --format txt
[ "$records" = 1 ] || fail "there are $records tracking records instead of one"
papergate tracking export --format json | grep -q '"ParserPageCount": *2' || fail "the record does not say two pages"
! papergate jobs list --json | grep -q '"state": *"held"' || fail "the document is still held"

step "Somebody unknown prints, becomes a person, and gets a PUK by mail"
mkdir "$BASE/mails"
python3 scripts/mail-sink.py "$BASE/mails" & MAIL_SINK=$!
for _ in $(seq 300); do [ -e "$BASE/mails/port" ] && break; sleep 0.1; done
[ -e "$BASE/mails/port" ] || fail "the demonstration's mail server did not start (it needs python3)"
papergate settings set mail.security none >/dev/null
papergate settings set mail.from print@example.org >/dev/null
papergate settings set mail.port "$(cat "$BASE/mails/port")" >/dev/null
papergate settings set mail.server 127.0.0.1 >/dev/null
papergate settings set submission.unknown-user create >/dev/null
papergate settings set users.email-domain example.org >/dev/null
papergate print "$DOCUMENT" --queue "$QUEUE" --user newcomer --title "First print"
for _ in $(seq 300); do [ -e "$BASE/mails/1.eml" ] && break; sleep 0.1; done
[ -e "$BASE/mails/1.eml" ] || fail "no mail came"
tr -d '\r' <"$BASE/mails/1.eml"
grep -q '^To: newcomer@example.org' "$BASE/mails/1.eml" || fail "the mail is not for the newcomer"
PUK=$(grep -o '\b[0-9]\{8\}\b' "$BASE/mails/1.eml" | head -n 1) || fail "the mail has no PUK"

step "The newcomer registers a card with the mailed PUK and a PIN, and collects the document"
session() { "$OUT/virtual-mfp" session --name "$DEVICE" --server "127.0.0.1:$DEVICE_PORT" "$@"; }
! session --card 0987654321 --list 2>/dev/null || fail "an unknown card was let in"
session --card 0987654321 --register "$PUK" --pin 4711 --print-all
[ "$(find "$DATA/printed" -name '*.prn' | wc -l)" = 2 ] || fail "the newcomer's document did not come out"
! session --card 0987654321 --pin 0000 --list 2>/dev/null || fail "a wrong PIN was let in"

step "All of it happened"
