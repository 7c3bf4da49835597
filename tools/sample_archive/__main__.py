"""Write and serve archives: `python -m sample_archive --out FOLDER`, `python -m sample_archive serve FOLDER`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path

from .products import build_sample_archive, write_archive
from .serve import serve_archive


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sample_archive", description=__doc__)
    parser.add_argument("serve", nargs="*", metavar="serve FOLDER", help="serve the archive in FOLDER")
    parser.add_argument("--out", type=Path, help="write a new archive into this folder")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    if args.out:
        started = time.monotonic()
        write_archive(args.out, args.seed)
        size = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file())
        print(f"{args.out}: {size / 1e6:.0f} MB in {time.monotonic() - started:.0f} s")
    elif len(args.serve) == 2 and args.serve[0] == "serve":
        serve(Path(args.serve[1]))
    else:
        parser.error("use --out FOLDER or serve FOLDER")


def serve(folder: Path) -> None:
    """Serve until stdin closes or SIGTERM comes; one JSON line on stdout holds the URLs.

    An empty folder is filled first.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    filled = (folder / "items.json").is_file() and not (folder / "made_by.txt").is_file()
    with serve_archive(folder if filled else build_sample_archive(folder)) as archive:
        served_urls = {"stac_url": archive.stac_url, "files_url": archive.files_url, "collection": archive.collection}
        print(json.dumps(served_urls), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
