"""Counts instructions under valgrind, and fails if the library needs too many compared with the floor.

    python benches/instructions.py

Unlike times, the counts do not depend on how busy the machine is. They do not measure speed: an AVX2
instruction counts like any other. They show if a change adds work. Each job is done in two runs, with a
different number of repetitions, and the difference leaves out the cost of starting.

Needs: valgrind, cargo. CARGO names another cargo, CARGO_TARGET_DIR another folder for the build.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MANIFEST = pathlib.Path(__file__).with_name("Cargo.toml")

# The limits of the library's count, as multiples of the floor's count. They are about 5 % above the measured
# values, because another compiler or another patch release of a dependency changes the counts.
MARGINS = {
    ("decode", 300): 1.25,
    ("decode", 2900): 1.20,
    ("encode", 300): 1.11,
    ("encode", 2900): 1.11,
}

FEW, MANY = 200, 1200

# The limits of the instructions per additional byte of a session, beyond the floor, for each class of session.
# They pay for the scan, the UTF-8 check and one copy. They are about 5 % above the measured values.
SCAN_MARGINS = {
    "SmallObjects": 4.9,
    "FewEscapes": 3.5,
    "ManyEscapes": 2.6,
    "Quotes": 4.1,
    "LongText": 0.55,
    "Numbers": 6.0,
    "ManyKeys": 6.75,
    "Everything": 2.85,
}


def build():
    """Builds the program for release, and returns its path."""
    command = [os.environ.get("CARGO", "cargo"), "build", "--release", "--bin", "instructions",
               "--manifest-path", str(MANIFEST), "--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    return next(filter(None, (message.get("executable") for message in messages)))


def count(program, *arguments):
    """Returns all instructions of one run, and its output."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program,
                   *map(str, arguments)]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not collected:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    return int(collected[1]), run.stdout


def instructions(program, job, who, size):
    """Returns the instructions of one operation."""
    (few, _), (many, _) = (count(program, job, who, size, times) for times in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def scan(program, kind):
    """Returns the instructions per byte of decoding beyond the floor, from sessions of two lengths."""
    few, many = 10, 40
    beyond, lengths = [], []
    for size in (1100, 2800):
        ours, floor = ([count(program, "decode", who, kind, size, times) for times in (few, many)]
                       for who in ("ours", "floor"))
        of_run = lambda runs: (runs[1][0] - runs[0][0]) / (many - few)
        beyond.append(of_run(ours) - of_run(floor))
        lengths.append(int(ours[0][1]))
    return (beyond[1] - beyond[0]) / (lengths[1] - lengths[0])


def main():
    program = build()
    missed = 0
    print("| job | session | floor | ours | ours / floor | margin | |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for (job, size), margin in MARGINS.items():
        floor, ours = (instructions(program, job, who, size) for who in ("floor", "ours"))
        met = ours <= margin * floor
        missed += not met
        print(f"| {job} | {size} B | {floor:.0f} | {ours:.0f} | {ours / floor:.3f} | {margin:.2f} "
              f"| {'met' if met else '**missed**'} |", flush=True)
    print("\n| scan of | instructions a byte | margin | |")
    print("|---|---:|---:|---|")
    for kind, margin in SCAN_MARGINS.items():
        a_byte = scan(program, kind)
        met = a_byte <= margin
        missed += not met
        print(f"| {kind} | {a_byte:.2f} | {margin:.2f} | {'met' if met else '**missed**'} |", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
