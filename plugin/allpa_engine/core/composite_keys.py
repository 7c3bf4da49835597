"""Choices of the job's keys on composites and comparisons of maps."""

from __future__ import annotations

from .land_class import ROLE_SNOW, ROLE_WATER

REFUSE, FIRST, FINEST = "refuse", "first", "finest"
ALIGNMENTS = (REFUSE, FIRST, FINEST)
"""Maps on different grids are refused, or all read on the grid of the first one or of that with the finest pixels."""
SLOPE, PERSISTENCE, SHADE = "slope", "persistence", "shade"
GUARDS = (SLOPE, PERSISTENCE, SHADE)
"""Guards of the composite: evidence against single votes (`composite.guards`)."""
DEFAULT_GUARDS = (SLOPE, PERSISTENCE)
"""Not `shade`: where elevation is known it adds nothing, and shores that fall dry in some months lose water by it."""
DEFAULT_MIN_SHARES = {ROLE_WATER: 0.25, ROLE_SNOW: 0.5}
"""Default shares of the clear observations that the classes of these roles must exceed to win.

Water at a quarter: a shadow that the scene classification missed looks like water on few dates out of many. Snow/ice
at a half: a missed cloud looks like snow on few dates, seasonal snow on less than half of them; what lies on more than
half of the clear observations is permanent. Two of eight observations are not more than a quarter, one of one is more
than a half.
"""
