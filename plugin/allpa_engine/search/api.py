"""Sources of items: a STAC API that is searched tile by tile and month by month, or a static catalogue read once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from ..core.catalogues import ROOT_FILES, Catalogue, tile_filters
from ..core.errors import CatalogueUnreachable
from ..core.json_input import read_json
from ..core.messages import message
from ..core.urls import is_local, local_path, resolve_href, url_fault
from .http_request import CatalogueRequest, RequestRefused
from .l2a_collection import find_l2a_collection, link_hrefs
from .paging import Listing, Page, StacItem, follow_links, links_of, parse_page
from .retrying_io import TIMEOUT_STATUSES, TOO_LARGE_STATUSES, Document, ResponseTooLarge, RetryingIO
from .static_catalogue import Bounds, SearchExtent, StaticCatalogueReader, catalogue_folder

METHOD_NOT_ALLOWED = 405
MIN_PAGE_SIZE = 10
MAX_PERIOD_SPLITS = 3
"""A month is split into eighths at most where the service cannot answer for all of it."""


@dataclass(frozen=True)
class TileOrBox:
    """The area of one query: a tile by its name, or a box."""

    tile: str = ""
    bbox: Bounds | None = None
    """West, south, east, north, degrees."""


class ItemSource(Protocol):
    """Lists the items of a catalogue."""

    supports_tile_query: bool
    """Whether it can filter by tile."""
    lists_everything: bool
    """Whether it lists all its items for any area and period."""

    incomplete_tiles: set[str]
    """Tiles whose items it could not list whole."""

    @property
    def notes(self) -> list[str]:
        """What is missing from the items that it listed."""

    def items(self, tile_or_box: TileOrBox, start: datetime, end: datetime) -> list[StacItem]:
        """Items of an area from `start` to `end`, which may include items outside both."""


def open_catalogue(
    catalogue: Catalogue, io: RetryingIO, extent: SearchExtent, log: Callable[[str], None]
) -> ItemSource:
    """Open a catalogue: an API, a static catalogue, or a file of items.

    Parameters
    ----------
    catalogue
        An entry of the table of catalogues, or one that `find_catalogue` made of a URL or path.
    io
        Reads the documents of the catalogue.
    extent
        The part of a static catalogue that is read.
    log
        Called with a sentence now and then while a static catalogue is read.

    Returns
    -------
    ItemSource
        Lists items by tile or box and period; that of a static catalogue has read them already.

    Raises
    ------
    CatalogueUnreachable
        Where it does not answer, answers with something else than STAC, or is too large to be read.
    JobInvalid
        Where it has no collection that is recognisably Sentinel-2 L2A and none was named.

    """

    def read(url: str) -> tuple[Document, str]:
        return _read_document(url, io)

    try:
        root, address = _read_root(catalogue.url, read)
        if root.get("type") in ("FeatureCollection", "Feature"):
            return _read_item_file(root, address, catalogue, io)
        if next(link_hrefs(root, "search"), None):
            return ApiSource(root, address, catalogue, io)
        reader = StaticCatalogueReader(catalogue.name, catalogue.collection, extent, read, log)
        return StaticSource(reader.items(root, address), reader.notes())
    except (RequestRefused, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogueUnreachable(
            message("{name} is not a STAC catalogue that can be read.", name=catalogue.name),
            str(error),
            getattr(error, "next_step", "") or message("Check the URL, or choose another catalogue."),
        ) from error


def _read_item_file(root: Document, address: str, catalogue: Catalogue, io: RetryingIO) -> ItemSource:
    """A file of items; one that is the first page of a list on the network is read to its end."""
    request, listing = CatalogueRequest(address), Listing()
    first = parse_page({"features": [root]} if root["type"] == "Feature" else root, address, request)

    def read_page(following: CatalogueRequest) -> Page:
        answer, url = io.read(following)
        return parse_page(answer, url, following)

    if is_local(address):
        listing.add(first)
        listing.is_complete = listing.has_all_matched and first.next_request is None
    else:
        follow_links(request, first, read_page, listing)
    if listing.is_complete:
        return StaticSource(listing.items)
    note = message(
        "{name} holds only {count} of {matched} items: scenes may be missing.",
        name=catalogue.name,
        count=len(listing.by_id),
        matched=listing.matched or message("an unknown number of"),
    )
    return StaticSource(listing.items, [note])


def _read_root(url: str, read: Callable[[str], tuple[Document, str]]) -> tuple[Document, str]:
    """The root document; the address of a folder stands for the catalogue's file in it."""
    path = local_path(url)
    if path is not None and path.is_dir():
        return read(str(next((path / name for name in ROOT_FILES if (path / name).is_file()), path)))
    try:
        return read(url)
    except RequestRefused as first:
        if url_fault(url):
            raise
        parts = urlsplit(url)
        if first.status_code not in (0, 403, 404) or parts.path.endswith(".json"):
            raise
        for name in ROOT_FILES:
            try:
                return read(urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}")))
            except RequestRefused:
                continue
        raise


def _read_document(url: str, io: RetryingIO) -> tuple[Document, str]:
    if not is_local(url):
        return io.read(CatalogueRequest(url))
    io.check_cancelled()
    document = read_json(local_path(url) or Path(url))
    if not isinstance(document, dict):
        raise ValueError(message("{file} is not a JSON object.", file=Path(url).name))
    return document, url


@dataclass
class StaticSource:
    """A static catalogue, or a file of items, that was read already."""

    found: list[StacItem]
    notes: list[str] = field(default_factory=list)
    incomplete_tiles: set[str] = field(default_factory=set)
    supports_tile_query: bool = False
    lists_everything: bool = True

    def items(self, tile_or_box: TileOrBox, start: datetime, end: datetime) -> list[StacItem]:  # noqa: ARG002 - lists everything
        """All its items."""
        return self.found


@dataclass(frozen=True)
class _Query:
    """One query of an API."""

    filters: dict[str, Any]
    """Property values that items must have."""
    bbox: Bounds | None
    start: datetime
    end: datetime


class ApiSource:
    """A STAC API, searched with the extensions that it declares: filters by property, or box and period alone."""

    lists_everything = False

    def __init__(self, root: Document, address: str, catalogue: Catalogue, io: RetryingIO) -> None:
        self._url = resolve_href(next(link_hrefs(root, "search")), catalogue_folder(address))
        self._catalogue, self._io = catalogue, io
        classes = " ".join(map(str, root.get("conformsTo") or []))
        self._query = "item-search#query" in classes
        self._filter = "item-search#filter" in classes
        self._sort = "item-search#sort" in classes
        methods = {link.get("method") for link in links_of(root, "search")} - {None}
        self._method = "GET" if methods == {"GET"} else "POST"
        self._gives_next_links = False
        self._incomplete: list[str] = []
        self.incomplete_tiles: set[str] = set()
        self.supports_tile_query = catalogue.supports_tile_query and (self._query or self._filter)
        self._collection = catalogue.collection or find_l2a_collection(root, address, catalogue, io)

    @property
    def notes(self) -> list[str]:
        """What is missing from the items that it listed."""
        if len(self._incomplete) > 1:
            return [
                message(
                    "{note} The same is true of {count} other queries.",
                    note=self._incomplete[0],
                    count=len(self._incomplete) - 1,
                )
            ]
        return self._incomplete

    def items(self, tile_or_box: TileOrBox, start: datetime, end: datetime) -> list[StacItem]:
        """Items of an area and period, in as many pages and as short periods as the service needs."""
        filters = tile_filters(self._catalogue, tile_or_box.tile) if tile_or_box.tile else ({},)
        found: list[StacItem] = []
        for values in filters:
            self._io.begin_query()
            query = _Query(values, tile_or_box.bbox, start, end)
            listing = self._list_period(query, MAX_PERIOD_SPLITS)
            if not listing.is_complete:
                self._incomplete.append(self._incomplete_note(listing, tile_or_box, start))
                self.incomplete_tiles.add(tile_or_box.tile)
                self._io.forget_query()
            found += listing.items
        return found

    def _incomplete_note(self, listing: Listing, tile_or_box: TileOrBox, start: datetime) -> str:
        return message(
            "{name} returned only {count} of {matched} items for {area} in {month}: scenes may be missing.",
            name=self._catalogue.name,
            count=len(listing.by_id),
            matched=listing.matched if listing.matched else message("an unknown number of"),
            area=tile_or_box.tile or message("the region"),
            month=f"{start:%Y-%m}",
        )

    def _list_period(self, query: _Query, splits_left: int) -> Listing:
        """The items of a period; where the service cannot list it whole, of its halves."""
        can_split = splits_left > 0 and query.end - query.start > timedelta(days=1)
        listing = self._list_with_smaller_pages(query, can_split)
        if listing is not None and (listing.is_complete or not can_split):
            return listing
        middle = query.start + (query.end - query.start) / 2
        joined = listing or Listing()
        halves = [
            self._list_period(_Query(query.filters, query.bbox, first, last), splits_left - 1)
            for first, last in ((query.start, middle), (middle, query.end))
        ]
        for half in halves:
            joined.by_id.update(half.by_id)
            joined.variants += half.variants
        joined.is_complete = all(half.is_complete for half in halves) and joined.has_all_matched
        return joined

    def _list_with_smaller_pages(self, query: _Query, can_split: bool) -> Listing | None:
        """The items of a query, in smaller pages where the service needs that; None where it needs a shorter period."""
        limit = self._catalogue.page_size
        while True:
            can_shrink = limit > MIN_PAGE_SIZE
            self._io.smaller_request_statuses = (TOO_LARGE_STATUSES if can_shrink else frozenset()) | (
                TIMEOUT_STATUSES if can_split else frozenset()
            )
            try:
                return self._list_pages(query, limit)
            except ResponseTooLarge as refusal:
                if refusal.status_code in TOO_LARGE_STATUSES and can_shrink:
                    limit = max(MIN_PAGE_SIZE, limit // 2)
                elif can_split:
                    return None
                else:
                    raise self._rejected(refusal) from refusal
            except RequestRefused as refusal:
                if refusal.status_code == METHOD_NOT_ALLOWED and self._method == "POST":
                    self._method = "GET"
                else:
                    raise self._rejected(refusal) from refusal
            finally:
                self._io.smaller_request_statuses = frozenset()

    def _rejected(self, refusal: RequestRefused) -> CatalogueUnreachable:
        return CatalogueUnreachable(
            message("{name} cannot be searched.", name=self._catalogue.name),
            refusal.reason,
            refusal.next_step or message("Choose a smaller region, a shorter period or another catalogue."),
        )

    def _list_pages(self, query: _Query, limit: int) -> Listing:
        """All pages of a query, by their links and, where these are not whole, by the order of the ids."""
        listing = Listing()
        request = self._request(query, limit)
        last_page = follow_links(request, self._page(request), self._page, listing)
        self._gives_next_links |= listing.gives_next_links
        if not listing.matched and len(last_page.items) >= limit and not self._gives_next_links:
            listing.is_complete = False  # a full page, and no way to tell whether it is the last one
        if not listing.is_complete and self._sort and (self._query or self._filter):
            try:
                self._page_by_id(query, limit, listing)
            except ResponseTooLarge:
                raise
            except RequestRefused as refusal:
                if not refusal.status_code:
                    raise
                listing.is_complete = False  # the service declares sorting, and rejects it
        return listing

    def _page_by_id(self, query: _Query, limit: int, listing: Listing) -> None:
        last = ""
        seen: set[str] = set()
        while last not in seen:
            seen.add(last)
            page = self._page(self._request(query, limit, after=last))
            listing.add(page)
            if not page.items:
                listing.is_complete = listing.has_all_matched
                return
            last = str(page.items[-1].get("id"))  # the last one in the server's order of letters, whatever that is

    def _page(self, request: CatalogueRequest) -> Page:
        """A page, without the items of other collections: a link may have lost what is searched."""
        answer, url = self._io.read(request)
        page = parse_page(answer, url, request)
        own = [
            item for item in page.items if not self._collection or item.get("collection") in (self._collection, None)
        ]
        return replace(page, items=own)

    def _request(self, query: _Query, limit: int, after: str | None = None) -> CatalogueRequest:
        """A search; `after` orders the items by id and returns those beyond that id."""
        conditions = [("=", name, value) for name, value in query.filters.items()]
        if after:
            conditions.append((">", "id", after))
        values: dict[str, Any] = {
            "collections": [self._collection] if self._collection else None,
            "bbox": list(query.bbox) if query.bbox else None,
            "datetime": f"{query.start:%Y-%m-%dT%H:%M:%SZ}/{query.end:%Y-%m-%dT%H:%M:%SZ}",
            "limit": limit,
            "sortby": [{"field": "id", "direction": "asc"}] if after is not None else None,
            **self._conditions(conditions),
        }
        values = {name: value for name, value in values.items() if value is not None}
        if self._method == "GET":
            values = {name: _query_text(name, value) for name, value in values.items()}
        return CatalogueRequest(self._url, self._method, values)

    def _conditions(self, conditions: list[tuple[str, str, Any]]) -> dict[str, Any]:
        if not conditions:
            return {}
        if self._query:
            operator_names = {"=": "eq", ">": "gt"}
            return {"query": {name: {operator_names[operator]: value} for operator, name, value in conditions}}
        if self._method == "GET":
            parts = [f'"{name}" {operator} {_cql_literal(value)}' for operator, name, value in conditions]
            return {"filter": " AND ".join(parts), "filter-lang": "cql2-text"}
        terms = [{"op": operator, "args": [{"property": name}, value]} for operator, name, value in conditions]
        return {"filter": terms[0] if len(terms) == 1 else {"op": "and", "args": terms}, "filter-lang": "cql2-json"}


def _query_text(name: str, value: Any) -> Any:  # noqa: ANN401 - texts, numbers, lists and objects
    """A value of a search as the query of a GET request holds it."""
    if name == "sortby":
        return ",".join(entry["field"] for entry in value)
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _cql_literal(value: object) -> str:
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value).replace("'", "''")
    return f"'{text}'"
