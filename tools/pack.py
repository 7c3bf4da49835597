"""Write the installable zip: `python tools/pack.py build/allpa-0.1.0.zip`.

An allow-list decides what ships, below one folder `allpa/`, whose entry comes first, as the plugin repository asks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parent.parent
FILES = ("metadata.txt", "__init__.py", "LICENSE")
FOLDERS = ("plugin", "ui", "resources")
SUFFIXES = (
    ".html", ".json", ".md", ".mo", ".model3", ".png", ".py", ".qm", ".qml", ".safetensors", ".svg", ".txt", ".typed",
)  # fmt: skip
ENTRY_TIME = (2026, 1, 1, 0, 0, 0)
"""Time of every entry: the same sources give the same zip."""


def list_shipped_files() -> list[Path]:
    """Paths that ship, relative to the repository's root, sorted."""
    found = [Path(name) for name in FILES]
    for folder in FOLDERS:
        found += [
            path.relative_to(ROOT)
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts
        ]
    return sorted(found)


def write_zip(target: Path) -> Path:
    """Write the zip aside and rename it; gives its path back."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary_path = target.with_suffix(".part")
    with ZipFile(temporary_path, "w", ZIP_DEFLATED) as package:
        folder = ZipInfo("allpa/", ENTRY_TIME)
        folder.external_attr = (0o40755 << 16) | 0x10
        package.writestr(folder, b"")
        for path in list_shipped_files():
            entry = ZipInfo(f"allpa/{path.as_posix()}", ENTRY_TIME)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = ZIP_DEFLATED
            package.writestr(entry, (ROOT / path).read_bytes())
    return temporary_path.replace(target)


if __name__ == "__main__":
    written = write_zip(Path(sys.argv[1]))
    print(f"{written}: {written.stat().st_size / 1e6:.2f} MB")
