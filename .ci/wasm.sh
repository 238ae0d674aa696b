#!/bin/sh
# Builds examples/edge for wasm32-unknown-unknown and runs it in Node, together with Pyramid if PYRAMID_PYTHON names a Python that
# has it. Uses the target of rustup if it is installed. Otherwise unpacks a compiler with the sources of its standard library from
# Debian's packages into target/, without installing it. Usage: .ci/wasm.sh
set -eu
cd "$(dirname "$0")/.."
target=wasm32-unknown-unknown
export CARGO_TARGET_DIR="$PWD/target/edge"
unset RUSTFLAGS

if rustup target list --installed 2>/dev/null | grep -qx "$target"; then
    cargo build --release --manifest-path examples/edge/Cargo.toml --target "$target"
else
    root=$PWD/target/rust-wasm
    if [ ! -x "$root/usr/bin/cargo" ]; then
        version=$(apt-cache madison rust-web-src | awk '{ print $3; exit }')
        if [ -z "$version" ]; then
            echo "Debian has no package rust-web-src here (after apt-get update): nothing was built" >&2
            exit 1
        fi
        rust=$(echo "$version" | cut -d. -f1,2)
        llvm=$(apt-cache depends "libstd-rust-web-$rust=$version" | sed -n 's/.*Depends: \(libllvm.*\)/\1/p')
        packages=$(mktemp -d)
        (
            cd "$packages"
            apt-get -q download "rustc-web=$version" "cargo-web=$version" "libstd-rust-web-$rust=$version" \
                "libstd-rust-web-dev=$version" "rust-web-src=$version" "$llvm" \
                lld-19 libllvm19 liblld-19 libgit2-1.5 libhttp-parser2.9 libssh2-1 \
                libmbedtls14 libmbedcrypto7 libmbedx509-1
            for package in *.deb; do dpkg -x "$package" "$root.part"; done
        )
        rm -r "$packages"
        mv "$root.part" "$root"
    fi
    libraries=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
    # Only this cargo and rustc may see these libraries, and Node may not.
    env LD_LIBRARY_PATH="$root/$libraries:$root/${libraries#usr/}:$root/usr/lib/llvm-19/lib" \
        RUSTC="$root/usr/bin/rustc" RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$root/usr/lib/llvm-19/bin/wasm-ld" \
        "$root/usr/bin/cargo" build --release -Z build-std=std,panic_abort \
        --manifest-path examples/edge/Cargo.toml --target "$target"
fi
node examples/edge/test.mjs "$CARGO_TARGET_DIR/$target/release/edge.wasm"
