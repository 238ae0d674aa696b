"""Counts instructions under valgrind and fails where ours are too many for the floor's.

    python benches/instructions.py

Unlike times, the counts do not depend on how busy the machine is. They are no measure of speed
either: AVX2 and a scalar loop count alike. They catch work that was added. Each job runs twice, for
a different number of times, and the difference leaves out what starting up costs.

Needs: valgrind, cargo. CARGO names another cargo, CARGO_TARGET_DIR another place to build in.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MANIFEST = pathlib.Path(__file__).with_name("Cargo.toml")

# The most that ours may count, as a multiple of the floor's count. Measured, and about 5 % for what
# another compiler or another patch release of a dependency makes of the same source.
MARGINS = {
    ("decode", 300): 1.30,
    ("decode", 2900): 1.28,
    ("encode", 300): 1.11,
    ("encode", 2900): 1.11,
}

FEW, MANY = 200, 1200


def build():
    """The path of the program, built for release."""
    command = [os.environ.get("CARGO", "cargo"), "build", "--release", "--bin", "instructions",
               "--manifest-path", str(MANIFEST), "--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    return next(filter(None, (message.get("executable") for message in messages)))


def count(program, job, who, size, times):
    """All instructions of one run."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program,
                   job, who, str(size), str(times)]
        run = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not collected:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    return int(collected[1])


def instructions(program, job, who, size):
    """The instructions of one operation."""
    few, many = (count(program, job, who, size, times) for times in (FEW, MANY))
    return (many - few) / (MANY - FEW)


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
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
