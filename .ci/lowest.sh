#!/bin/sh
# Checks that the lowest versions of the dependencies that Cargo.toml admits are enough: they are what
# some user's lock file holds. Needs the nightly toolchain. Usage: .ci/lowest.sh
set -eu
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
cp -r src "$copy"
# Without what only tests and examples need: their lowest versions are nobody's concern.
awk '/^\[/ { keep = !/^\[workspace|^\[dev-dependencies|^\[\[(example|test)/ } keep' Cargo.toml > "$copy/Cargo.toml"
# Nor is salvo: its crate asks for a newer `http` than the library does, which Cargo picks for whoever uses both.
sed -i -e '/^salvo = \[/s/=.*/= []/' -e '/^salvo_core = /d' "$copy/Cargo.toml"
echo "//! Not checked." > "$copy/src/frameworks/salvo.rs"
export CARGO_TARGET_DIR="$PWD/target/lowest"
cd "$copy"
cargo +nightly -Z direct-minimal-versions generate-lockfile
cargo +nightly check --locked
cargo +nightly check --locked --all-features
