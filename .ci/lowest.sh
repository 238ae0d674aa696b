#!/bin/sh
# Checks that the library builds with the lowest versions of the dependencies that Cargo.toml allows, because a user's lock file
# may contain them. Needs the nightly toolchain. Usage: .ci/lowest.sh
set -eu
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
cp -r src "$copy"
# Dependencies of tests and examples are left out, because users do not build them.
awk '/^\[/ { keep = !/^\[workspace|^\[dev-dependencies|^\[\[(example|test)/ } keep' Cargo.toml > "$copy/Cargo.toml"
# salvo is left out too, because it needs a newer `http` than the library.
sed -i -e '/^salvo = \[/s/=.*/= []/' -e '/^salvo_core = /d' "$copy/Cargo.toml"
echo "//! Not checked." > "$copy/src/frameworks/salvo.rs"
export CARGO_TARGET_DIR="$PWD/target/lowest"
cd "$copy"
cargo +nightly -Z direct-minimal-versions generate-lockfile
cargo +nightly check --locked
cargo +nightly check --locked --all-features
