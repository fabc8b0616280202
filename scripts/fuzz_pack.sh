#!/bin/bash
# fuzz_pack.sh TARGET...: merges what `make fuzz` found into the committed corpora, as few and as small inputs as keep the coverage.
# Inputs over 3 kB are left out; they replay slowly and small ones reach nearly everything.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1
for target in "$@"; do
    case $target in
    wire_*) echo "$target: its corpus is small and chosen by hand, crates/wire/corpus/${target#wire_}" && continue ;;
    esac
    small=$(mktemp -d)
    for file in "target/fuzz-corpus/$target"/* "fuzz/corpus/$target"/*; do
        [ -f "$file" ] && [ "$(stat -c %s "$file")" -le 3072 ] && cp "$file" "$small/$(sha1sum <"$file" | cut -c1-16)"
    done
    merged=$(mktemp -d)
    cargo fuzz run --sanitizer none "$target" -- -merge=1 "$merged" "$small" >/dev/null 2>&1
    rm -rf "fuzz/corpus/$target"
    mkdir -p "fuzz/corpus/$target"
    # The smallest first, up to 40 kB a target.
    total=0
    for file in $(ls -Sr "$merged"/*); do
        total=$((total + $(stat -c %s "$file")))
        [ "$total" -le 40960 ] || break
        cp "$file" "fuzz/corpus/$target/$(sha1sum <"$file" | cut -c1-16)"
    done
    echo "$target: $(ls "fuzz/corpus/$target" | wc -l) inputs, $(du -sb "fuzz/corpus/$target" | cut -f1) bytes"
    rm -rf "$small" "$merged"
done
