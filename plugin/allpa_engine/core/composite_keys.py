"""Choices of the job's keys on composites and comparisons of maps."""

from __future__ import annotations

REFUSE, FIRST, FINEST = "refuse", "first", "finest"
ALIGNMENTS = (REFUSE, FIRST, FINEST)
"""Maps on different grids are refused, or all read on the grid of the first one or of that with the finest pixels."""
SLOPE, PERSISTENCE, SHADE = "slope", "persistence", "shade"
GUARDS = (SLOPE, PERSISTENCE, SHADE)
"""Guards of the composite: evidence against single votes (`composite.guards`)."""
DEFAULT_GUARDS = (SLOPE, PERSISTENCE)
"""Not `shade`: where elevation is known it adds nothing, and shores that fall dry in some months lose water by it."""
