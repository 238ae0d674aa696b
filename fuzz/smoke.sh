#!/bin/sh
# Runs every target with its seeds, and then for a fixed number of runs, which are the same every time.
# Needs the nightly toolchain and cargo-fuzz. Usage: fuzz/smoke.sh [RUNS]
# `peers` skips every input unless FORMATS_PYTHON names a Python with tests/formats/requirements.txt.
set -eu
cd "$(dirname "$0")/.."
for target in decode cookie_header session_ops differential settings end_mark two_requests formats peers; do
    corpus=$(mktemp -d)
    cargo +nightly fuzz run "$target" "$corpus" "fuzz/seeds/$target" -- \
        -runs="${1:-20000}" -seed=1 -max_len=4096 -verbosity=0
    rm -r "$corpus"
done
