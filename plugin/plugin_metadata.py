"""Version and homepage of the plugin, read from `metadata.txt`."""

from __future__ import annotations

from configparser import ConfigParser
from functools import lru_cache

from .resources import METADATA


@lru_cache(maxsize=1)
def _general() -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.read(METADATA, encoding="utf-8")
    return dict(parser["general"]) if parser.has_section("general") else {}


def homepage() -> str:
    """URL of the plugin's pages; empty where the publisher has set none."""
    return _general().get("homepage", "").strip()


def version() -> str:
    """Version of the plugin."""
    return _general().get("version", "").strip()
