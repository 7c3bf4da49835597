"""Keys of a scene list beyond those of STAC: one list for the engine, which writes it, and for QGIS, which edits it."""

from __future__ import annotations

FORMAT_VERSION = 1
"""Value of `FORMAT`; a list of another format is refused."""

FORMAT, VERSION, REGION, REGION_NAME = "allpa:format", "allpa:version", "allpa:region", "allpa:region_name"
NOTES, WARNINGS, MESSAGES = "allpa:notes", "allpa:warnings", "allpa:messages"
COVERAGE, COVERED_SHARE, GAP = "allpa:coverage", "allpa:covered_share", "allpa:gap"
SIGNED = "allpa:signed"
"""Members of the whole list; `MESSAGES` holds what is needed to translate its texts."""

CHOSEN, REASON, RANK, CHOICE = "allpa:chosen", "allpa:reason", "allpa:rank", "allpa:choice"
PROPOSED, PROPOSED_REASON = "allpa:proposed", "allpa:proposed_reason"
"""What the search chose, and why, where a person decided otherwise."""
CLEAR_SHARE, REGION_CLOUD_PERCENT, FETCH_BYTES = "allpa:clear_share", "allpa:region_cloud_percent", "allpa:fetch_bytes"
OFFSET, BASIS, PIXEL_TEST = "allpa:offset", "allpa:basis", "allpa:pixel_test"
DECIDED_OFFSET, DECIDED_BASIS = "allpa:decided_offset", "allpa:decided_basis"
CATALOGUE, TILE, BASELINE = "allpa:catalogue", "allpa:tile", "allpa:baseline"
DATASTRIP_START, DATATAKE_START, GENERATION_TIME = (
    "allpa:datastrip_start",
    "allpa:datatake_start",
    "allpa:generation_time",
)
"""Properties of an item."""
