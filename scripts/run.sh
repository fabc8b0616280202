#!/usr/bin/env bash
# Starts the whole suite in the foreground with a demonstration person, card, pull queue and virtual MFP.
# usage: scripts/run.sh DIRECTORY-OF-PROGRAMS DATA-DIRECTORY PORT-OFFSET
set -euo pipefail
OUT=$(realpath "$1") DATA=$(realpath -m "$2") OFFSET=$3
mkdir -p "$DATA"
. "$(dirname "$0")/lib.sh"
trap stop_everything EXIT
trap 'exit 0' INT TERM
start_suite
set_up_demonstration

shown=$2
cat <<TEXT

Papergate is running. Print queue:  ipp://127.0.0.1:$IPP_PORT/ipp/print/$QUEUE   (also LPD on $((515 + OFFSET)))
Demonstration person '$LOGON' with card $CARD, printer '$DEVICE'; what it prints lands in $shown/printed.

In another terminal, from this directory:
  export PAPERGATE_DATA=$shown PATH=\$PWD/${1#"$PWD/"}:\$PATH
  papergate print deploy/demo/welcome.pdf --queue $QUEUE --user $LOGON      print a document; it is held
  papergate jobs list                                                 see it waiting
  virtual-mfp session --name $DEVICE --server 127.0.0.1:$DEVICE_PORT --card $CARD --print-all
                                                                      collect it with the card
  papergate tracking export --format csv                              see what was tracked
  papergate status                                                    what runs and listens
Any CUPS client prints to it too:
  lpadmin -p papergate -E -v ipp://127.0.0.1:$IPP_PORT/ipp/print/$QUEUE -m everywhere
Ctrl-C stops everything.
TEXT
wait $SUITE
