"""Fetching: from a selection to one verified file per scene and region window, whatever the servers do meanwhile."""

from .http import Patience
from .scheduler import fetch_selection, scene_bytes
from .signing import require_keys, signer_for

__all__ = ["Patience", "fetch_selection", "require_keys", "scene_bytes", "signer_for"]
