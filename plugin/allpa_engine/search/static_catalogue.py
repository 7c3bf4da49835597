"""Static catalogues: plain files that link to one another, read from the root down as far as place and time reach."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from pystac.utils import make_absolute_href, str_to_datetime

from ..core.errors import CatalogueUnreachable

MAX_ITEMS = 20_000
"""So many items are read one by one; a catalogue of more needs a search service."""
MAX_READ_S = 1200.0
_LOG_EVERY_ITEMS = 500

Document = dict[str, Any]
Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True)
class SearchExtent:
    """What of a catalogue is asked for."""

    boxes: Sequence[Bounds]
    """One, or one on each side of the antimeridian."""
    start: datetime
    end: datetime


@dataclass
class StaticCatalogueReader:
    """The way through one static catalogue."""

    name: str
    collection: str
    """Collection whose items are wanted; empty takes all."""
    extent: SearchExtent
    read: Callable[[str], str]
    """Gives the text at an address; what it raises (a user's cancel, too) ends the crawl."""
    log: Callable[[str], None]
    """Called with a sentence now and then."""
    _found: list[Document] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _end_s: float = 0.0

    def items(self, address: str) -> list[Document]:
        """The items below a root, those of collections that lie elsewhere or in other years left unread.

        Raises
        ------
        CatalogueUnreachable : where there are too many of them to be read one by one.
        ValueError, KeyError, TypeError : where a document is no STAC.
        """
        self._end_s = time.monotonic() + MAX_READ_S
        for item in self._read_items(address):
            self._found.append(item)
            if len(self._found) % _LOG_EVERY_ITEMS == 0:
                self.log(f"{len(self._found)} items of {self.name} read.")
        return self._found

    def _read_items(self, address: str) -> Iterator[Document]:
        """Items of a catalogue and its children; where a collection is named, of that one alone."""
        if address in self._seen:  # a link back to where it came from
            return
        node = self._read_document(address)
        if node.get("type") == "Collection" and not (
            self._is_searched_collection(node) and _intersects_extent(node, self.extent)
        ):
            return
        for item_address in _link_hrefs(node, "item", address):
            item = self._read_document(item_address)
            if not self.collection or item.get("collection") in (self.collection, None):
                yield _with_absolute_hrefs(item, item_address)
        for child_address in _link_hrefs(node, "child", address):
            yield from self._read_items(child_address)

    def _read_document(self, address: str) -> Document:
        if len(self._found) >= MAX_ITEMS or time.monotonic() > self._end_s:
            raise CatalogueUnreachable(
                f"{self.name} is too large for a static catalogue without a search service.",
                f"{len(self._found)} items were read, and there are more.",
                "Choose a catalogue with a search service, or name a smaller part of this one.",
            )
        self._seen.add(address)
        document = json.loads(self.read(address))
        if not isinstance(document, dict):
            raise ValueError(f"{address} holds no STAC object.")
        return document

    def _is_searched_collection(self, node: Document) -> bool:
        return not self.collection or node.get("id") == self.collection


def _link_hrefs(node: Document, relation: str, address: str) -> list[str]:
    """Addresses of a node's links of one kind."""
    hrefs = (link["href"] for link in node.get("links") or [] if link.get("rel") == relation)
    return [make_absolute_href(href, address) for href in hrefs]


def _with_absolute_hrefs(item: Document, address: str) -> Document:
    """An item whose addresses do not depend on where it was read."""
    assets = {
        key: {**asset, "href": make_absolute_href(asset["href"], address)}
        for key, asset in (item.get("assets") or {}).items()
    }
    links = [link for link in item.get("links") or [] if link.get("rel") != "self"]
    return {**item, "assets": assets, "links": [*links, {"rel": "self", "href": address}]}


def _intersects_extent(node: Document, extent: SearchExtent) -> bool:
    """Whether a collection's extent meets place and time; one that is not told, or wrongly, meets everything."""
    try:
        boxes = [_horizontal_bounds(each) for each in node["extent"]["spatial"]["bbox"]]
        spans = [
            (_parse_datetime(start), _parse_datetime(end)) for start, end in node["extent"]["temporal"]["interval"]
        ]
    except (KeyError, TypeError, ValueError, IndexError):
        return True
    # where several are told, the first one holds all the others
    in_space = not boxes or any(
        _boxes_intersect(box, search_box) for box in boxes[1:] or boxes for search_box in extent.boxes
    )
    in_time = not spans or any(
        (start is None or start < extent.end) and (end is None or end >= extent.start) for start, end in spans
    )
    return in_space and in_time


def _horizontal_bounds(numbers: Sequence[float]) -> Bounds:
    """The four horizontal ones of the four or six numbers of a box."""
    half = len(numbers) // 2
    west, south, east, north = (float(each) for each in (*numbers[:2], *numbers[half : half + 2]))
    return west, south, east, north


def _boxes_intersect(box: Bounds, search_box: Bounds) -> bool:
    """Whether two boxes meet; one whose west is greater than its east crosses the antimeridian."""
    west, south, east, north = box
    is_disjoint = (
        search_box[2] < west and search_box[0] > east if west > east else search_box[2] < west or search_box[0] > east
    )
    return not is_disjoint and search_box[3] >= south and search_box[1] <= north


def _parse_datetime(text: str | None) -> datetime | None:
    """A time of an interval; None where the interval is open."""
    if text is None:
        return None
    moment = str_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
