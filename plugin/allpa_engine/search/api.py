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
from ..core.messages import said
from .retrying_io import TOO_BIG, TOO_SLOW, AskedTooMuch, PatientIO
from .static_catalogue import Bounds, Crawl, Within

METHOD_NOT_ALLOWED = 405
SMALLEST_PAGE = 10
MOST_HALVINGS = 3
"""A month is cut into eighths at most when the service is too slow for it."""
KNOWN_COLLECTIONS = (*dict.fromkeys(each.collection for each in CATALOGUES.values()), "sentinel-s2-l2a-cogs")

Item = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """What part of the Earth is asked for: a tile by its name, or a box."""

    tile: str = ""
    bbox: Bounds | None = None
    """West, south, east, north, degrees."""


class Source(Protocol):
    """Something that lists items."""

    by_tile: bool
    """Whether it can be asked for a tile by its name."""
    at_once: bool
    """Whether it lists everything whatever place and time are asked for."""

    def items(self, place: Place, start: datetime, end: datetime) -> list[Item]:
        """Items of a place from `start` up to and maybe including `end`; may hold items outside both."""


def open_source(catalogue: Catalogue, io: PatientIO, within: Within, told: Callable[[str], None]) -> Source:
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
                    Crawl(catalogue.name, catalogue.collection, within, io.read_text, told).items(catalogue.url)
                )
            return ApiSource(client, catalogue, io)
    except (APIError, STACError, OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueUnreachable(
            said("{name} is not a STAC catalogue that can be read.", name=catalogue.name), str(error)
        ) from error


@dataclass
class StaticSource:
    """A catalogue of plain files, or a file of items, that was read already."""

    found: list[Item]
    by_tile: bool = False
    at_once: bool = True

    def items(self, place: Place, start: datetime, end: datetime) -> list[Item]:  # noqa: ARG002 - lists everything
        """All its items."""
        return self.found


class ApiSource:
    """A STAC API, asked with what it says it understands: filters by property, or box and period alone."""

    at_once = False

    def __init__(self, client: Client, catalogue: Catalogue, io: PatientIO) -> None:
        self._client, self._catalogue, self._io = client, catalogue, io
        self._query = client.conforms_to("QUERY")
        self._filter = client.conforms_to("FILTER")
        self._sort = client.conforms_to("SORT")
        methods = {link.extra_fields.get("method") for link in client.get_links("search")} - {None}
        self._method = "GET" if methods == {"GET"} else "POST"
        if not client.conforms_to("ITEM_SEARCH"):
            client.add_conforms_to("ITEM_SEARCH")  # it has a search link
        self.by_tile = catalogue.by_tile and (self._query or self._filter)
        self._collection = catalogue.collection or _l2a_collection(client, catalogue)

    def items(self, place: Place, start: datetime, end: datetime) -> list[Item]:
        """Items of a place and period, by as many pages, and as short periods, as the service needs."""
        filters = tile_filters(self._catalogue, place.tile) if place.tile else ({},)
        return [item for values in filters for item in self._period(values, place.bbox, start, end, MOST_HALVINGS)]

    def _period(
        self, values: dict[str, Any], bbox: Bounds | None, start: datetime, end: datetime, halvings: int
    ) -> list[Item]:
        limit = self._catalogue.page_size
        may_halve = halvings > 0 and end - start > timedelta(days=1)
        while True:
            may_shrink = limit > SMALLEST_PAGE
            self._io.ask_less_on = (TOO_BIG if may_shrink else frozenset()) | (TOO_SLOW if may_halve else frozenset())
            try:
                return self._paged(values, bbox, start, end, limit)
            except AskedTooMuch as refusal:
                if refusal.status_code in TOO_BIG and may_shrink:
                    limit = max(SMALLEST_PAGE, limit // 2)
                    continue
                if not may_halve:
                    raise CatalogueUnreachable(
                        said("{name} cannot answer this search.", name=self._catalogue.name), str(refusal)
                    ) from refusal
            except APIError as error:
                if getattr(error, "status_code", None) == METHOD_NOT_ALLOWED and self._method == "POST":
                    self._method = "GET"
                    continue
                raise CatalogueUnreachable(
                    said("{name} refuses the search.", name=self._catalogue.name), str(error)
                ) from error
            finally:
                self._io.ask_less_on = frozenset()
            middle = start + (end - start) / 2
            return [
                *self._period(values, bbox, start, middle, halvings - 1),
                *self._period(values, bbox, middle, end, halvings - 1),
            ]

    def _paged(
        self, values: dict[str, Any], bbox: Bounds | None, start: datetime, end: datetime, limit: int
    ) -> list[Item]:
        """Follow `next` links; where a full page has none, page on by id, or leave it to a shorter period."""
        search = self._search(values, bbox, start, end, limit)
        found: dict[str, Item] = {}
        page: Item | None = self._first_page(search)
        while page is not None:
            new, matched = {str(item.get("id")): item for item in page["features"]}, _matched(page)
            grown = not new.keys() <= found.keys()
            found.update(new)
            following = next((link for link in page.get("links") or [] if link.get("rel") == "next"), None)
            if not grown:
                break
            page = self._next_page(search, following) if following else None
        if page is None and (len(new) >= limit or matched > len(found)):
            return self._paged_by_id(values, bbox, start, end, limit)
        return list(found.values())

    def _paged_by_id(
        self, values: dict[str, Any], bbox: Bounds | None, start: datetime, end: datetime, limit: int
    ) -> list[Item]:
        if not (self._sort and (self._query or self._filter)):
            if self._io.ask_less_on >= TOO_SLOW:
                raise AskedTooMuch("A full page had no link to the next.", 504)
            raise CatalogueUnreachable(
                said("{name} lists only {limit} scenes of a longer list.", name=self._catalogue.name, limit=limit),
                "It gives no link to the next page and cannot sort.",
                "Choose a smaller region or another catalogue.",
            )
        found: dict[str, Item] = {}
        last = ""
        while True:
            listed = self._first_page(self._search(values, bbox, start, end, limit, after=last))["features"]
            known = len(found)
            found.update({str(item.get("id")): item for item in listed})
            if not listed or len(found) == known:
                return list(found.values())
            last = str(listed[-1].get("id"))  # the last in the server's order of letters, whatever that is

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
            words = {"=": "eq", ">": "gt"}
            return {"query": {name: {words[operator]: value} for operator, name, value in conditions}}
        parts = [{"op": operator, "args": [{"property": name}, value]} for operator, name, value in conditions]
        return {"filter": parts[0] if len(parts) == 1 else {"op": "and", "args": parts}, "filter_lang": "cql2-json"}

    def _first_page(self, search: ItemSearch) -> Item:
        return _page(self._io.request(search.url, method=search.method, parameters=search.get_parameters()))

    def _next_page(self, search: ItemSearch, link: Item) -> Item:
        """The page a `next` link leads to; such a link may say that its body is to be merged with the search's."""
        return _page(self._io.read_text(Link.from_dict(link), parameters=search.get_parameters()))


def _page(text: str) -> Item:
    """The answer to a search; what is not an item in it is dropped."""
    answer: Item = json.loads(text)
    if not isinstance(answer.get("features"), list):
        raise APIError("The answer to the search holds no list of features.")
    return {**answer, "features": [item for item in answer["features"] if isinstance(item, dict)]}


def _matched(page: Item) -> int:
    """How many items the search has in all, where the service tells; else 0."""
    told = page.get("numberMatched", (page.get("context") or {}).get("matched"))
    return told if isinstance(told, int) else 0


def _l2a_collection(client: Client, catalogue: Catalogue) -> str:
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
