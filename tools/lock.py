"""Pin the requirements with hashes: `python tools/lock.py` (needs uv; `make lock` calls it).

Writes into `resources/requirements`, to be installed in this order: `engine-cpu.txt` (PyTorch's CPU build; not every
package index has it, so this step may fail), `engine.txt` (the engine's packages, PyTorch of whatever build) and,
where PyTorch is no CPU build, `engine-cuda.txt` (the libraries that the CUDA build for Linux loads). And
`requirements.txt` of the tests, of the benches and of the documentation.

No address of a package index is written; pip's own configuration says where packages come from, and the hashes hold
wherever that is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "resources" / "requirements"
CUDA = re.compile(r"^(nvidia-|cuda-|triton\b)")
"""Packages that only a CUDA build of PyTorch needs."""
TORCH_CPU_SHA256 = ("6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",)
"""Of PyTorch's CPU wheels (torch 2.13.0+cpu, Linux x86-64, Python 3.11); PyPI has only CUDA builds for Linux."""
HEADER = "# Made by `make lock` from {}; do not edit.\n"


def compile_requirements(source: Path, *options: str) -> list[str]:
    """The pinned requirements of `source`, one text block each, with hashes and markers."""
    command = [
        "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.10", "--generate-hashes",
        "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-config", *options, source,
    ]  # fmt: skip
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [block for block in re.split(r"\n(?=[a-z0-9])", text.strip()) if block]


def pin_cpu_build(blocks: list[str]) -> list[str]:
    """The pinned version of torch as the CPU build.

    A file of its own, because pip prefers a file whose hash its index tells to one from a local folder.
    """
    pinned = next(block.split()[0] for block in blocks if block.startswith("torch=="))
    return [" \\\n    ".join([f"{pinned}+cpu", *(f"--hash=sha256:{digest}" for digest in TORCH_CPU_SHA256)])]


def write_lock(path: Path, source: Path, blocks: list[str]) -> None:
    """Write a lock."""
    text = HEADER.format(source.name) + "\n".join(blocks) + "\n"
    if "://" in text:
        sys.exit(f"{path.name} would name an address: {text[text.index('://') - 40 :][:120]}")
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Write the locks."""
    source = REQUIREMENTS / "engine.in"
    blocks = compile_requirements(source)
    write_lock(REQUIREMENTS / "engine-cpu.txt", source, pin_cpu_build(blocks))
    write_lock(REQUIREMENTS / "engine.txt", source, [block for block in blocks if not CUDA.match(block)])
    write_lock(REQUIREMENTS / "engine-cuda.txt", source, [block for block in blocks if CUDA.match(block)])
    known = {block.split("==")[0] for block in blocks}
    constraints = ["--constraint", str(REQUIREMENTS / "engine.txt")]
    for folder in (ROOT / "tests", ROOT / "tools" / "bench", ROOT / "docs"):
        source, target = folder / "requirements.in", folder / "requirements.txt"
        added = [block for block in compile_requirements(source, *constraints) if block.split("==")[0] not in known]
        write_lock(target, source, added)
        known |= {block.split("==")[0] for block in added}
        constraints += ["--constraint", str(target)]


if __name__ == "__main__":
    main()
