"""Pages of the engine's modules for `make docs`: one for each folder of the engine, built from the docstrings.

mkdocs calls the last two functions by their names.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "plugin" / "allpa_engine"
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
    for folder in folder_names():
        files.append(File.generated(config, f"api/{folder}.md", content=make_page(folder)))
    return files
