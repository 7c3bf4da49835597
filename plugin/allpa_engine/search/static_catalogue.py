"""Static catalogues: JSON files that link to one another, read from the root as far as area and period need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from ..core.errors import CatalogueUnreachable
from ..core.messages import message
from ..core.urls import is_local, resolve_href
from .http_request import RequestRefused
from .paging import essential_parts, links_of
from .retrying_io import Document
from .times import parse_time

MAX_ITEMS = 20_000
"""A catalogue with more items needs a search service."""
MAX_DOCUMENTS = 2 * MAX_ITEMS
MAX_READ_S = 1200.0
_LOG_EVERY_ITEMS = 500

Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True)
class SearchExtent:
    """The area and period of a search."""

    boxes: Sequence[Bounds]
    """One, or one on each side of the antimeridian."""
    start: datetime
    end: datetime


@dataclass
class StaticCatalogueReader:
    """Reads the items of a static catalogue."""

    name: str
    collection: str
    """Collection whose items are returned; empty returns all."""
    extent: SearchExtent
    read: Callable[[str], tuple[Document, str]]
    """Returns the document at an address and the address after redirects; may raise to stop."""
    log: Callable[[str], None]
    """Called with a sentence now and then."""
    _found: list[Document] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _failures: list[str] = field(default_factory=list)
    _end_s: float = 0.0

    def items(self, root: Document, address: str) -> list[Document]:
        """The items below a root document; collections outside area and period are not read.

        Parameters
        ----------
        root
            A catalogue or a collection.
        address
            Where it was read, which relative addresses start from.

        Raises
        ------
        CatalogueUnreachable
            Where it is too large to be read file by file.
        ValueError
            Where the root is no STAC.

        """
        if not isinstance(root.get("links"), list):
            raise ValueError(message("The document has no links, as a STAC catalogue has."))
        self._end_s = time.monotonic() + MAX_READ_S
        for item in self._read_items(root, address):
            self._found.append(item)
            if len(self._found) % _LOG_EVERY_ITEMS == 0:
                self.log(message("{count} items of {name} read.", count=len(self._found), name=self.name))
        return self._found

    def notes(self) -> list[str]:
        """A note on the files that could not be read."""
        if not self._failures:
            return []
        return [
            message(
                "Files of {name} that could not be read: {count}; scenes may be missing. The first: {failure}",
                name=self.name,
                count=len(self._failures),
                failure=self._failures[0],
            )
        ]

    def _read_items(self, root: Document, address: str) -> Iterator[Document]:
        """Items of a catalogue and its children, depth first; where a collection is named, of that one alone."""
        self._seen.add(address)
        pending: list[tuple[Document | None, str]] = [(root, address)]
        while pending:
            document, address = pending.pop()
            if document is None:
                found = self._read_document(address)
                if found is None:
                    continue
                document, address = found
            if document.get("type") == "Collection" and not (
                self._is_searched_collection(document) and _intersects_extent(document, self.extent)
            ):
                continue
            address = catalogue_folder(address)
            for item_address in self._new_addresses(document, "item", address):
                found = self._read_document(item_address)
                if found and (not self.collection or found[0].get("collection") in (self.collection, None)):
                    yield {**essential_parts(found[0]), "links": [{"rel": "self", "href": found[1]}]}
            children = list(self._new_addresses(document, "child", address))
            pending += [(None, child) for child in reversed(children)]

    def _read_document(self, address: str) -> tuple[Document, str] | None:
        """A document below the root; None where it cannot be read, which is noted."""
        if len(self._found) >= MAX_ITEMS or len(self._seen) > MAX_DOCUMENTS or time.monotonic() > self._end_s:
            raise CatalogueUnreachable(
                message("{name} is too large for a static catalogue without a search service.", name=self.name),
                message("{count} items were read, and there are more.", count=len(self._found)),
                message("Choose a catalogue with a search service, or name a smaller part of this one."),
            )
        try:
            return self.read(address)
        except (RequestRefused, OSError, ValueError) as error:
            self._failures.append(f"{address[:200]}: {error}")
            return None

    def _new_addresses(self, document: Document, relation: str, address: str) -> Iterator[str]:
        """Addresses of a document's links of one kind that were not read yet."""
        for link in links_of(document, relation):
            href = link.get("href")
            target = resolve_href(href, address) if isinstance(href, str) else ""
            if not target or (is_local(target) and not is_local(address)):
                self._failures.append(message("{address} has a link that cannot be followed.", address=address[:200]))
            elif target not in self._seen:  # else a link back to where it came from
                self._seen.add(target)
                yield target

    def _is_searched_collection(self, node: Document) -> bool:
        return not self.collection or node.get("id") == self.collection


def catalogue_folder(address: str) -> str:
    """What relative links of a catalogue start from: without a file's suffix it is a folder, even without a slash."""
    last = urlsplit(address).path.rpartition("/")[2]
    return address if is_local(address) or "." in last or not last else f"{address.partition('?')[0]}/"


def _intersects_extent(node: Document, extent: SearchExtent) -> bool:
    """Whether a collection's extent meets area and period; a missing or malformed extent meets everything."""
    try:
        boxes = [_horizontal_bounds(numbers) for numbers in node["extent"]["spatial"]["bbox"]]
        spans = [
            (start and parse_time(start), end and parse_time(end))
            for start, end in node["extent"]["temporal"]["interval"]
        ]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return True
    # of several boxes, the first one contains all the others
    in_space = not boxes or any(
        _boxes_intersect(box, search_box) for box in boxes[1:] or boxes for search_box in extent.boxes
    )
    in_time = not spans or any(
        (not start or start < extent.end) and (not end or end >= extent.start) for start, end in spans
    )
    return in_space and in_time


def _horizontal_bounds(numbers: Sequence[float]) -> Bounds:
    """The four horizontal ones of the four or six numbers of a box."""
    middle = len(numbers) // 2
    west, south, east, north = (float(number) for number in (*numbers[:2], *numbers[middle : middle + 2]))
    return west, south, east, north


def _boxes_intersect(box: Bounds, search_box: Bounds) -> bool:
    """Whether two boxes meet; one whose west is greater than its east crosses the antimeridian."""
    west, south, east, north = box
    is_disjoint = (
        search_box[2] < west and search_box[0] > east if west > east else search_box[2] < west or search_box[0] > east
    )
    return not is_disjoint and search_box[3] >= south and search_box[1] <= north
