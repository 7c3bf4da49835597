"""Where items come from: a STAC API that is asked piece by piece, or a static catalogue that is read once."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pystac import STACError
from pystac.link import Link
from pystac_client import Client, ItemSearch
from pystac_client.exceptions import APIError
from pystac_client.warnings import PystacClientWarning

from ..core.catalogues import CATALOGUES, Catalogue, tile_filters
from ..core.errors import CatalogueUnreachable, JobInvalid
from ..core.messages import message
from .retrying_io import TIMEOUT_STATUSES, TOO_LARGE_STATUSES, ResponseTooLarge, RetryingStacApiIO
from .static_catalogue import Bounds, SearchExtent, StaticCatalogueReader

METHOD_NOT_ALLOWED = 405
MIN_PAGE_SIZE = 10
MAX_PERIOD_SPLITS = 3
"""A month is cut into eighths at most when the service is too slow for it."""
KNOWN_COLLECTIONS = (*dict.fromkeys(each.collection for each in CATALOGUES.values()), "sentinel-s2-l2a-cogs")

StacItem = dict[str, Any]


@dataclass(frozen=True)
class TileOrBox:
    """What part of the Earth is asked for: a tile by its name, or a box."""

    tile: str = ""
    bbox: Bounds | None = None
    """West, south, east, north, degrees."""


class ItemSource(Protocol):
    """Something that lists items."""

    supports_tile_query: bool
    """Whether it can be asked for a tile by its name."""
    lists_everything: bool
    """Whether it lists everything whatever place and time are asked for."""

    def items(self, tile_or_box: TileOrBox, start: datetime, end: datetime) -> list[StacItem]:
        """Items of a place from `start` up to and maybe including `end`; may hold items outside both."""


def open_catalogue(
    catalogue: Catalogue, io: RetryingStacApiIO, extent: SearchExtent, log: Callable[[str], None]
) -> ItemSource:
    """Open a catalogue: an API, a static catalogue (of which what lies `within` is read), or a file of items.

    Raises
    ------
    CatalogueUnreachable : where it does not answer, answers with something else than STAC, or is too large to be read.
    JobInvalid : where it has no collection that is recognisably Sentinel-2 L2A and none was named.

    """
    try:
        document = json.loads(io.read_text(catalogue.url))
        if document.get("type") == "FeatureCollection":
            return StaticSource(list(document.get("features") or []))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an API without conformance classes is a static catalogue: not a warning
            client = Client.open(catalogue.url, stac_io=io)
            if client.get_search_link() is None:
                return StaticSource(
                    StaticCatalogueReader(catalogue.name, catalogue.collection, extent, io.read_text, log).items(
                        catalogue.url
                    )
                )
            return ApiSource(client, catalogue, io)
    except (APIError, STACError, OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueUnreachable(
            message("{name} is not a STAC catalogue that can be read.", name=catalogue.name), str(error)
        ) from error


@dataclass
class StaticSource:
    """A catalogue of plain files, or a file of items, that was read already."""

    found: list[StacItem]
    supports_tile_query: bool = False
    lists_everything: bool = True

    def items(self, tile_or_box: TileOrBox, start: datetime, end: datetime) -> list[StacItem]:  # noqa: ARG002 - lists everything
        """All its items."""
        return self.found


class ApiSource:
    """A STAC API, asked with what it says it understands: filters by property, or box and period alone."""

    lists_everything = False

    def __init__(self, client: Client, catalogue: Catalogue, io: RetryingStacApiIO) -> None:
        self._client, self._catalogue, self._io = client, catalogue, io
        self._query = client.conforms_to("QUERY")
        self._filter = client.conforms_to("FILTER")
        self._sort = client.conforms_to("SORT")
        methods = {link.extra_fields.get("method") for link in client.get_links("search")} - {None}
        self._method = "GET" if methods == {"GET"} else "POST"
        if not client.conforms_to("ITEM_SEARCH"):
            client.add_conforms_to("ITEM_SEARCH")  # it has a search link
        self.supports_tile_query = catalogue.supports_tile_query and (self._query or self._filter)
        self._collection = catalogue.collection or _find_l2a_collection(client, catalogue)

    def items(self, tile_or_box: TileOrBox, start: datetime, end: datetime) -> list[StacItem]:
        """Items of a place and period, by as many pages, and as short periods, as the service needs."""
        filters = tile_filters(self._catalogue, tile_or_box.tile) if tile_or_box.tile else ({},)
        return [
            item
            for values in filters
            for item in self._search_period(values, tile_or_box.bbox, start, end, MAX_PERIOD_SPLITS)
        ]

    def _search_period(
        self, values: dict[str, Any], bbox: Bounds | None, start: datetime, end: datetime, splits_left: int
    ) -> list[StacItem]:
        limit = self._catalogue.page_size
        can_split = splits_left > 0 and end - start > timedelta(days=1)
        while True:
            can_shrink = limit > MIN_PAGE_SIZE
            self._io.smaller_request_statuses = (TOO_LARGE_STATUSES if can_shrink else frozenset()) | (
                TIMEOUT_STATUSES if can_split else frozenset()
            )
            try:
                return self._search_pages(values, bbox, start, end, limit)
            except ResponseTooLarge as refusal:
                if refusal.status_code in TOO_LARGE_STATUSES and can_shrink:
                    limit = max(MIN_PAGE_SIZE, limit // 2)
                    continue
                if not can_split:
                    raise CatalogueUnreachable(
                        message("The search is too large for {name}.", name=self._catalogue.name), str(refusal)
                    ) from refusal
            except APIError as error:
                if getattr(error, "status_code", None) == METHOD_NOT_ALLOWED and self._method == "POST":
                    self._method = "GET"
                    continue
                raise CatalogueUnreachable(
                    message("{name} rejected the search request.", name=self._catalogue.name), str(error)
                ) from error
            finally:
                self._io.smaller_request_statuses = frozenset()
            middle = start + (end - start) / 2
            return [
                *self._search_period(values, bbox, start, middle, splits_left - 1),
                *self._search_period(values, bbox, middle, end, splits_left - 1),
            ]

    def _search_pages(
        self, values: dict[str, Any], bbox: Bounds | None, start: datetime, end: datetime, limit: int
    ) -> list[StacItem]:
        """Follow `next` links; where a full page has none, page on by id, or leave it to a shorter period."""
        search = self._search(values, bbox, start, end, limit)
        found: dict[str, StacItem] = {}
        page: StacItem | None = self._first_page(search)
        while page is not None:
            new, number_matched = {str(item.get("id")): item for item in page["features"]}, _number_matched(page)
            has_new_items = not new.keys() <= found.keys()
            found.update(new)
            next_link = next((link for link in page.get("links") or [] if link.get("rel") == "next"), None)
            if not has_new_items:
                break
            page = self._next_page(search, next_link) if next_link else None
        if page is None and (len(new) >= limit or number_matched > len(found)):
            return self._search_pages_by_id(values, bbox, start, end, limit)
        return list(found.values())

    def _search_pages_by_id(
        self, values: dict[str, Any], bbox: Bounds | None, start: datetime, end: datetime, limit: int
    ) -> list[StacItem]:
        if not (self._sort and (self._query or self._filter)):
            if self._io.smaller_request_statuses >= TIMEOUT_STATUSES:
                raise ResponseTooLarge("A full page had no link to the next.", 504)
            raise CatalogueUnreachable(
                message("{name} returned only the first {limit} scenes.", name=self._catalogue.name, limit=limit),
                "It does not support paging or sorting.",
                "Choose a smaller region or another catalogue.",
            )
        found: dict[str, StacItem] = {}
        last = ""
        while True:
            features = self._first_page(self._search(values, bbox, start, end, limit, after=last))["features"]
            known = len(found)
            found.update({str(item.get("id")): item for item in features})
            if not features or len(found) == known:
                return list(found.values())
            last = str(features[-1].get("id"))  # the last in the server's order of letters, whatever that is

    def _search(
        self,
        values: dict[str, Any],
        bbox: Bounds | None,
        start: datetime,
        end: datetime,
        limit: int,
        after: str | None = None,
    ) -> ItemSearch:
        """A search; `after` asks for items in the order of their ids, beyond that id."""
        conditions = [("=", name, value) for name, value in values.items()]
        if after:
            conditions.append((">", "id", after))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PystacClientWarning)  # the method that works is not always advertised
            return self._client.search(
                method=self._method,
                collections=[self._collection] if self._collection else None,
                bbox=bbox,
                datetime=f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
                limit=limit,
                sortby=[{"field": "id", "direction": "asc"}] if after is not None else None,
                **self._conditions(conditions),
            )

    def _conditions(self, conditions: list[tuple[str, str, Any]]) -> dict[str, Any]:
        if not conditions:
            return {}
        if self._query:
            operator_names = {"=": "eq", ">": "gt"}
            return {"query": {name: {operator_names[operator]: value} for operator, name, value in conditions}}
        parts = [{"op": operator, "args": [{"property": name}, value]} for operator, name, value in conditions]
        return {"filter": parts[0] if len(parts) == 1 else {"op": "and", "args": parts}, "filter_lang": "cql2-json"}

    def _first_page(self, search: ItemSearch) -> StacItem:
        return _parse_page(self._io.request(search.url, method=search.method, parameters=search.get_parameters()))

    def _next_page(self, search: ItemSearch, link: StacItem) -> StacItem:
        """The page a `next` link leads to; such a link may say that its body is to be merged with the search's."""
        return _parse_page(self._io.read_text(Link.from_dict(link), parameters=search.get_parameters()))


def _parse_page(text: str) -> StacItem:
    """The answer to a search; what is not an item in it is dropped."""
    answer: StacItem = json.loads(text)
    if not isinstance(answer.get("features"), list):
        raise APIError("The answer to the search holds no list of features.")
    return {**answer, "features": [item for item in answer["features"] if isinstance(item, dict)]}


def _number_matched(page: StacItem) -> int:
    """How many items the search has in all, where the service tells; else 0."""
    log = page.get("numberMatched", (page.get("context") or {}).get("matched"))
    return log if isinstance(log, int) else 0


def _find_l2a_collection(client: Client, catalogue: Catalogue) -> str:
    """The collection of Sentinel-2 L2A among an API's collections.

    Raises
    ------
    JobInvalid : where none is recognisable.

    """
    ids = [collection.id for collection in client.get_collections()]
    for known in KNOWN_COLLECTIONS:
        if known in ids:
            return known
    likely = [each for each in ids if "l2a" in each.lower() and ("sentinel" in each.lower() or "s2" in each.lower())]
    if likely:
        return min(likely)
    if len(ids) == 1:
        return ids[0]
    raise JobInvalid(
        f"{catalogue.name} has no collection that is recognisably Sentinel-2 L2A.",
        f"It has {', '.join(sorted(ids)[:20]) or 'none'}.",
        "Name the collection in the job.",
    )
