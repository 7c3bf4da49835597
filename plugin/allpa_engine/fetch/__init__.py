"""Fetching: from a selection to one verified file per scene and region window, whatever the servers do meanwhile."""

from .connection import Patience
from .selection import fetch_selection, scene_bytes
from .signing import require_keys, signer_for

__all__ = ["Patience", "fetch_selection", "require_keys", "scene_bytes", "signer_for"]
