# Sourced by run.sh and demo.sh: a suite with a demonstration person, queue and printer.
# Needs: OUT (directory of the programs), DATA (data directory), OFFSET (port offset).

export PAPERGATE_DATA=$DATA
papergate() { "$OUT/papergate" "$@"; }

LOGON=demo
CARD=0123456789
QUEUE=pull
DEVICE=demo-mfp
IPP_PORT=$((631 + OFFSET))
DEVICE_PORT=$((7500 + OFFSET))
RAW_PORT=$((9100 + OFFSET))

start_suite() {
  rm -f "$DATA.ready"
  "$OUT/papergate" up --port-offset "$OFFSET" --bind 127.0.0.1 --ready-file "$DATA.ready" "$@" &
  SUITE=$!
  while [ ! -e "$DATA.ready" ]; do
    kill -0 $SUITE 2>/dev/null || { wait $SUITE; status=$?; echo "The suite did not start; see the lines above." >&2; exit "$status"; }
    sleep 0.1
  done
}

has() { papergate "$1" list --json | grep -q "\"$2\": *\"$3\""; }

set_up_demonstration() {
  has user logon "$LOGON" || {
    papergate user add "$LOGON" --full-name "Demonstration Person" --email demo@example.org >/dev/null
    papergate card add "$LOGON" "$CARD" >/dev/null
  }
  has queue name "$QUEUE" || papergate queue add "$QUEUE" --kind pull >/dev/null
  has device name "$DEVICE" || papergate device add "$DEVICE" --address "raw://127.0.0.1:$RAW_PORT" >/dev/null
  mkdir -p "$DATA/printed"
  "$OUT/virtual-mfp" serve --name "$DEVICE" --server "127.0.0.1:$DEVICE_PORT" --raw-port "$RAW_PORT" \
    --out "$DATA/printed" >"$DATA/virtual-mfp.log" 2>&1 &
  PRINTER=$!
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$RAW_PORT") 2>/dev/null && return 0
    kill -0 $PRINTER 2>/dev/null || break
    sleep 0.1
  done
  cat "$DATA/virtual-mfp.log" >&2
  echo "The virtual MFP did not start." >&2
  return 1
}

stop_everything() {
  # Whatever fails here, the rest must still be stopped.
  set +e
  trap - EXIT INT TERM
  [ -n "${PRINTER:-}" ] && kill "$PRINTER" 2>/dev/null
  if [ -n "${SUITE:-}" ]; then
    kill "$SUITE" 2>/dev/null
    wait "$SUITE" 2>/dev/null
  fi
  return 0
}
