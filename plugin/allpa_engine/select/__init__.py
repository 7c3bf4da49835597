"""Selection: which of the scenes found are fetched, and in which order others replace those that fail."""

from .greedy import SelectionRule, choose_next_acquisitions, select_scenes

__all__ = ["SelectionRule", "choose_next_acquisitions", "select_scenes"]
