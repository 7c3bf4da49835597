"""Selection: which of the scenes found are fetched, and which take their place if one fails."""

from .greedy import SelectionRule, choose_next_acquisitions, select_scenes

__all__ = ["SelectionRule", "choose_next_acquisitions", "select_scenes"]
