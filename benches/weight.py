#!/usr/bin/env python3
"""Counts the crates of the library and its peers, and times a clean release build of each.

usage: weight.py [ROUNDS]

Each is the only dependency of an empty package, which is built from nothing in a separate folder. Each round
builds all of them, so that other work of the machine does not affect only one. Compare only the ratios,
because the times depend on the machine.
"""
import json, os, pathlib, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = {
    "signed-cookie-session": {"path": str(ROOT)},
    "signed-cookie-session, axum": {"path": str(ROOT), "features": ["axum"]},
    "signed-cookie-session, actix-web": {"path": str(ROOT), "features": ["actix-web"]},
    "cookie, signed": {"version": "0.18", "features": ["signed"]},
    "axum-extra, cookie-signed": {"version": "0.12", "features": ["cookie-signed"]},
    "tower-sessions-cookie-store": {"version": "0.5"},
    "actix-session, cookie-session": {"version": "0.11", "features": ["cookie-session"]},
}


def cargo(folder, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder / "target"), "CARGO_TERM_QUIET": "true"}
    return subprocess.run(["cargo", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)


def package(folder, name, dependency):
    crate = name.split(",")[0]
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "lib.rs").touch()
    fields = ", ".join(f"{key} = {json.dumps(value)}" for key, value in dependency.items())
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "weighed"\nversion = "0.0.0"\nedition = "2021"\n'
        f"[workspace]\n[dependencies]\n{crate} = {{ {fields} }}\n")
    cargo(folder, "fetch")
    tree = cargo(folder, "tree", "--edges", "normal", "--prefix", "none", "--format", "{p}").stdout
    return len({line.removesuffix(" (*)") for line in tree.splitlines() if line}) - 1


with tempfile.TemporaryDirectory() as temporary:
    folders = {name: pathlib.Path(temporary) / str(place) for place, name in enumerate(PACKAGES)}
    crates = {name: package(folders[name], name, dependency) for name, dependency in PACKAGES.items()}
    seconds = {name: [] for name in PACKAGES}
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        for name, folder in folders.items():
            cargo(folder, "clean")
            begun = time.monotonic()
            cargo(folder, "build", "--release")
            seconds[name].append(time.monotonic() - begun)

ours = statistics.median(seconds["signed-cookie-session"])
print("| package | crates | clean release build, ours = 1 |\n|---|---:|---:|")
for name in PACKAGES:
    print(f"| {name} | {crates[name]} | {statistics.median(seconds[name]) / ours:.2f} |")
print(f"\nours took {ours:.0f} s here")
