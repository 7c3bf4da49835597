"""The Spanish of the engine's sentences, by their English templates; `language` renders them."""

from __future__ import annotations

SPANISH: dict[str, str] = {}
