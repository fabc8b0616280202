#!/usr/bin/env bash
# Runs a command with one line that shows it is alive; prints everything when it fails.
# usage: scripts/progress.sh "What is being done" COMMAND [ARG...]
set -uo pipefail
title=$1; shift
log=$(mktemp)
started=$SECONDS
"$@" >"$log" 2>&1 &
child=$!
trap 'kill $child 2>/dev/null; rm -f "$log"; exit 130' INT TERM
if [ -t 1 ]; then
  while kill -0 $child 2>/dev/null; do
    printf '\r\033[K%s … %ds  %s' "$title" $((SECONDS - started)) "$(tail -n 1 "$log" | tr -d '\r' | cut -c1-60)"
    read -r -t 0.5 <> <(:) || true
  done
  printf '\r\033[K'
fi
if wait $child; then
  echo "$title: done in $((SECONDS - started)) s"
  rm -f "$log"
else
  status=$?
  cat "$log" >&2
  echo "$title: failed after $((SECONDS - started)) s" >&2
  rm -f "$log"
  exit $status
fi
