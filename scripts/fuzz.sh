#!/bin/bash
# fuzz.sh SECONDS [TARGET...]: runs fuzz targets one after another, all of them when none is named.
# What a run finds new goes to target/fuzz-corpus, not into the committed corpora; a failure leaves its input in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
# The workspace denies unsafe code, so no sanitiser is needed; overflow checks are on. The coverage flags are nightly ones that
# the stable compiler knows too.
export RUSTC_BOOTSTRAP=1
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
# Where the committed corpus of a target is: those of protocols lie beside their codec.
corpus() {
    case $1 in
    wire_*) echo "crates/wire/corpus/${1#wire_}" ;;
    *) echo "fuzz/corpus/$1" ;;
    esac
}
failed=()
for target in "${targets[@]}"; do
    echo "== $target for $seconds s"
    grown="target/fuzz-corpus/$target"
    mkdir -p "$grown"
    cargo fuzz run --sanitizer none "$target" "$grown" "$(corpus "$target")" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi
