"""Fetching: from a selection to one verified file per scene and region window, whatever the servers do meanwhile."""

from .connection import Patience
from .selection import estimated_bytes, fetch_selection
from .signing import require_keys, signer_for

__all__ = ["Patience", "estimated_bytes", "fetch_selection", "require_keys", "signer_for"]
