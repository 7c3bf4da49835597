"""The composite: the predictions of all the scenes become one map, by a class-weighted mode."""

from .compose import compose
from .rule import CompositeRule, read_weight_table, write_weight_table
from .summary import CompositeSummary

__all__ = ["CompositeRule", "CompositeSummary", "compose", "read_weight_table", "write_weight_table"]
