#!/bin/sh
# Checks the library with the oldest Rust that Cargo.toml names. The compiler is unpacked from Debian's packages into target/ and
# not installed. Usage: .ci/msrv.sh
set -eu
cd "$(dirname "$0")/.."
rust=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
root=$PWD/target/rust-$rust

if [ ! -x "$root/usr/bin/cargo" ]; then
    version=$(apt-cache madison rustc-web | awk -v start="$rust." 'index($3, start) == 1 { print $3; exit }')
    if [ -z "$version" ]; then
        echo "Debian has no package of Rust $rust here (after apt-get update): nothing was checked" >&2
        exit 1
    fi
    llvm=$(apt-cache depends "libstd-rust-web-$rust=$version" | sed -n 's/.*Depends: \(libllvm.*\)/\1/p')
    packages=$(mktemp -d)
    (
        cd "$packages"
        apt-get -q download "rustc-web=$version" "cargo-web=$version" "libstd-rust-web-$rust=$version" \
            "libstd-rust-web-dev=$version" "$llvm" \
            libbsd0 libcurl4 libedit2 libhttp-parser2.9 libmd0 libpcre3 libsqlite3-0 libssh2-1 libxml2 libz3-4
        for package in *.deb; do dpkg -x "$package" "$root"; done
    )
    rm -r "$packages"
fi

libraries=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
export LD_LIBRARY_PATH="$root/$libraries:$root/${libraries#usr/}"
export RUSTC="$root/usr/bin/rustc" RUSTDOC="$root/usr/bin/rustdoc" CARGO_TARGET_DIR="$root/target"
"$RUSTC" --version

# Copies the project without the features `salvo` and `device-bound`, which need a newer Rust. Their crates would raise the
# versions of shared crates here. In a project that does not use these features, Cargo ignores them.
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
cp -r src "$copy"
awk '/^\[/ { keep = !/^\[workspace|^\[dev-dependencies|^\[\[(example|test)/ } keep' Cargo.toml |
    sed -e '/^salvo = /d' -e '/^device-bound = /d' -e '/^salvo_core = /d' -e '/^p256 = /d' > "$copy/Cargo.toml"
cd "$copy"
export RUSTFLAGS="-A unexpected_cfgs"
"$root/usr/bin/cargo" check
"$root/usr/bin/cargo" check --no-default-features
"$root/usr/bin/cargo" check --all-features
