"""Pages that `make docs` builds from the code: one for each folder of the engine, and one of the keys of a job.

mkdocs calls the last two functions by their names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "plugin" / "allpa_engine"
JOB_TEXT = """# Keys of a job

A job is one JSON object. QGIS writes it for every run (`job.json` in the output folder), and `allpa run job.json` runs
it without QGIS. Keys that are left out take their default; unknown keys and wrong values are refused before any work,
with the name of the key. `docs/job.schema.json` in the repository is the same table as a JSON Schema, for editors that
check a file while it is written.

The shortest job that makes a map:

    {"folder": "abancay", "start": "2020-01-01", "end": "2020-12-31",
     "region": {"type": "Polygon", "coordinates": [[[-72.9, -13.7], [-72.8, -13.7], [-72.8, -13.6], [-72.9, -13.7]]]}}

| key | what it means | values | default |
|---|---|---|---|
"""
STEPS = (
    *("core", "geo", "raster", "search", "select", "fetch", "classify"),
    *("composite", "areas", "change", "report", "run"),
)


def folder_names() -> list[str]:
    """The engine's folders, those of the flow in its order."""
    found = {path.parent.name for path in ENGINE.glob("*/__init__.py")}
    return [*(step for step in STEPS if step in found), *sorted(found - set(STEPS))]


def make_page(folder: str) -> str:
    """The Markdown text of a folder's page: its own docstring, then each of its modules."""
    modules = sorted(path.stem for path in (ENGINE / folder).glob("*.py") if not path.stem.startswith("_"))
    options = "    options: {members: false, show_root_heading: false}"
    parts = [f"# {folder}", f"::: allpa_engine.{folder}\n{options}"]
    return "\n\n".join([*parts, *(f"::: allpa_engine.{folder}.{module}" for module in modules)]) + "\n"


def describe_values(schema: dict[str, Any]) -> str:
    """The values that a key's schema allows, in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "object")
    limits = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    words = {"string": "text", "boolean": "`true` or `false`", "array": "list", "integer": "whole number"}.get(
        kind, kind
    )
    return f"{words}, {limits[0]} to {limits[1]}" if len(limits) == 2 else words


def make_job_page() -> str:
    """The Markdown text of the page of a job's keys."""
    keys = json.loads((ROOT / "docs" / "job.schema.json").read_text(encoding="utf-8"))["properties"]
    rows = []
    for name, schema in keys.items():
        default = f"`{json.dumps(schema['default'])}`" if "default" in schema else "must be given"
        description = str(schema.get("description", "")).replace("|", "\\|")
        rows.append(f"| `{name}` | {description} | {describe_values(schema)} | {default} |")
    return JOB_TEXT + "\n".join(rows) + "\n"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name the pages in the navigation."""
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    pages = [{folder: f"api/{folder}.md"} for folder in folder_names()]
    config.nav = [
        *(config.nav or []),
        {"Decisions": [f"decisions/{name}" for name in sorted(decisions, key=lambda name: name != "index.md")]},
        {"The engine's functions": pages},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, which lie in no folder."""
    files.append(File.generated(config, "job.md", content=make_job_page()))
    for folder in folder_names():
        files.append(File.generated(config, f"api/{folder}.md", content=make_page(folder)))
    return files
