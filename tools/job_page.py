"""Write the page and the JSON Schema of job files from the table of their keys: `python tools/job_page.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "plugin"))

from allpa_engine.core.job_schema import job_schema  # noqa: E402 - after the path is set

PAGE, SCHEMA = ROOT / "docs" / "job.md", ROOT / "docs" / "job.schema.json"
_HEAD = """# Job files

A job is one JSON object that holds all that a run needs. Dock, toolbox and terminal run the same jobs; every run leaves
its own as `job.json` in its folder, and `allpa run job.json` runs it again. This is a whole one:

```json
{
  "folder": "abancay",
  "region": {
    "type": "Polygon",
    "coordinates": [[[-72.90, -13.70], [-72.85, -13.70], [-72.85, -13.65], [-72.90, -13.65], [-72.90, -13.70]]]
  },
  "start": "2020-01-01",
  "end": "2020-12-31"
}
```

Only `folder` is needed by every task; what else a task needs is checked before it starts. Every value is checked before
any work, and one that cannot be used is refused with the name of its key, as are unknown keys. Paths are relative to
the folder in which `allpa` is called. The file is read in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
The JSON Schema for editors and other programs is [job.schema.json](job.schema.json); `allpa schema` prints it.

| key | value | default | meaning |
|---|---|---|---|
"""


def job_page() -> str:
    """The page in Markdown."""
    properties = job_schema()["properties"]
    rows = [row for key, schema in properties.items() for row in _rows(key, schema)]
    return _HEAD + "\n".join(rows) + "\n"


def _rows(key: str, schema: dict[str, Any]) -> list[str]:
    """The row of a key; that of a group is followed by those of its own keys."""
    is_group = "description" in next(iter(schema.get("properties", {}).values()), {})
    value, default = ("keys of its own", "") if is_group else (_value_text(schema), _default_text(schema))
    rows = [f"| `{key}` | {value} | {default} | {schema['description']} |"]
    for name, part in schema["properties"].items() if is_group else ():
        rows += _rows(f"{key}.{name}", part)
    return rows


def _value_text(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("type") in ("integer", "number"):
        kind = "whole number" if schema["type"] == "integer" else "number"
        return f"{kind}, {schema['minimum']:,} to {schema['maximum']:,}"
    if schema.get("type") == "array" and schema["items"]["type"] == "string":
        return "list of names"
    parts = schema.get("additionalProperties")
    if isinstance(parts, dict) and parts["type"] != "string":
        by_code = "propertyNames" in schema and schema["propertyNames"].get("pattern", "").startswith("^([1-9]")
        return "numbers by code" if by_code else "numbers by name"
    if "propertyNames" in schema:
        return "paths by name" + (
            ": " + ", ".join(f"`{name}`" for name in schema["propertyNames"]["enum"])
            if "enum" in schema["propertyNames"]
            else ""
        )
    kinds = {
        "boolean": "`true` or `false`",
        "string": "text",
        "array": "list of whole numbers",
    }
    return kinds.get(schema.get("type", ""), "GeoJSON geometry")


def _default_text(schema: dict[str, Any]) -> str:
    if "default" not in schema:
        return "" if schema["description"].startswith("Version") else "(needed)"
    default = schema["default"]
    if default in ("", {}):
        return ""
    if isinstance(default, list) and default == list(range(1, 13)):
        return "all"
    return f"`{json.dumps(default)}`"


def main() -> None:
    """Write both files."""
    PAGE.write_text(job_page(), encoding="utf-8")
    SCHEMA.write_text(json.dumps(job_schema(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
