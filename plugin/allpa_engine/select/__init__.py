"""Selection: which of the scenes found are fetched, and which take their place if one fails."""

from .greedy import SelectionRule, select_scenes, with_more

__all__ = ["SelectionRule", "select_scenes", "with_more"]
