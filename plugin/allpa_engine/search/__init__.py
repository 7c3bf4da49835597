"""The catalogue: from a region and a period to scenes that are all of one kind, whatever archive they lie in."""

from .search import SearchResult, search_scenes

__all__ = ["SearchResult", "search_scenes"]
