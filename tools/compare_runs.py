"""Compare the outputs of two runs byte by byte: `python tools/compare_runs.py BEFORE AFTER`.

What differs between any two runs of one job is replaced before comparing, in text files only: the port of a server on
loopback, the output folder, the moment of writing, and size and check sum of the files that hold one of these. Rasters
and pictures are compared as they are.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TEXT_SUFFIXES = {".csv", ".geojson", ".html", ".json", ".qml", ".txt", ".xml"}
VOLATILE = (
    (re.compile(rb"127\.0\.0\.1:\d+"), b"127.0.0.1:PORT"),
    (re.compile(rb'("created": )"[^"]*"'), rb"\1MOMENT"),
    (re.compile(rb'("file:checksum": )"[^"]*"'), rb"\1SUM"),
    (re.compile(rb'("file:size": )\d+'), rb"\1SIZE"),
)


def normalised(path: Path, folder: Path) -> bytes:
    """The bytes of a file with port, folder and moment of its run replaced where it is a text."""
    content = path.read_bytes()
    if path.suffix not in TEXT_SUFFIXES:
        return content
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    content = content.replace(job["folder"].encode(), b"FOLDER")
    for pattern, replacement in VOLATILE:
        content = pattern.sub(replacement, content)
    return content


def compare_folders(before: Path, after: Path) -> tuple[list[str], list[str]]:
    """Names of the files that are equal, and a sentence for each that is not."""
    equal, different = [], []
    files = {path.relative_to(folder) for folder in (before, after) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(files):
        pair = before / name, after / name
        missing = [str(folder) for folder, path in zip((before, after), pair, strict=True) if not path.is_file()]
        if missing:
            different.append(f"{name}: missing in {missing[0]}")
        elif normalised(pair[0], before) == normalised(pair[1], after):
            equal.append(str(name))
        else:
            different.append(f"{name}: other bytes")
    return equal, different


def main() -> int:
    """Print the comparison; the exit code is 1 where a file differs."""
    before, after = map(Path, sys.argv[1:3])
    equal, different = compare_folders(before, after)
    print(f"{len(equal)} files are equal, {len(different)} are not.")
    for sentence in different:
        print(f"  {sentence}")
    return int(bool(different) or not equal)


if __name__ == "__main__":
    sys.exit(main())
