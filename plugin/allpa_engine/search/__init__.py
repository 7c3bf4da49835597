"""Search: from a region and a period to scenes of one kind, whatever catalogue lists them."""

from .search import SearchResult, search_scenes

__all__ = ["SearchResult", "search_scenes"]
