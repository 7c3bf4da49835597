"""The catalogues that a user can choose from."""

from __future__ import annotations

from importlib.util import find_spec


def catalogue_keys() -> list[str]:
    """Keys of the catalogue table, the default first."""
    if find_spec(f"{__package__}.allpa_engine.catalogues") is None:
        return ["planetary_computer"]
    from .allpa_engine.catalogues import CATALOGUES

    return list(CATALOGUES)
