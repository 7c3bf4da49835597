"""Fetching: from a selection to one verified file per scene and region window, whatever the servers do meanwhile."""

from .scene_request import estimate_download_bytes
from .scheduler import fetch_selection
from .signing import require_keys

__all__ = ["estimate_download_bytes", "fetch_selection", "require_keys"]
