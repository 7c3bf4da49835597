"""The pages of a search: what one holds, what the next request is, and whether all of them are whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.bands import THUMBNAIL, TRUE_COLOR_60M
from ..core.catalogues import ASSET_SETS, ELEVATION_ASSET
from ..core.messages import message
from ..core.urls import is_local, resolve_href
from .http_request import CatalogueRequest, RequestRefused

MAX_QUERY_ITEMS = 20_000
"""Most items of one query: a tile or box, and a month."""
MAX_QUERY_PAGES = 2_000
_MAX_VARIANTS = 20
MAX_PAGES_WITHOUT_NEWS = 10
"""Pages in a row without a new item, after which a service only repeats itself."""
_KNOWN_ASSETS = frozenset(name for names in ASSET_SETS for name in names.values()) | {
    ELEVATION_ASSET,
    TRUE_COLOR_60M,
    THUMBNAIL,
}

StacItem = dict[str, Any]


@dataclass
class Listing:
    """The items of a query, from all pages that were read."""

    by_id: dict[str, StacItem] = field(default_factory=dict)
    variants: list[StacItem] = field(default_factory=list)
    """Items with the id of another one and other contents."""
    matched: int = 0
    """How many items the service says that it has; 0 where it does not say."""
    pages: int = 0
    is_complete: bool = False
    gives_next_links: bool = False

    @property
    def items(self) -> list[StacItem]:
        """All of them."""
        return [*self.by_id.values(), *self.variants]

    def add(self, page: Page) -> int:
        """Add the items of a page and return how many of them are new.

        Raises
        ------
        RequestRefused
            Where the query has too many items or pages.

        """
        known = len(self.by_id)
        for item in page.items:
            first = self.by_id.setdefault(str(item.get("id")), item)
            if first != item and item not in self.variants[-_MAX_VARIANTS:]:
                self.variants.append(item)
        self.matched = max(self.matched, page.matched)
        self.pages += 1
        if len(self.by_id) + len(self.variants) > MAX_QUERY_ITEMS:
            raise RequestRefused(message("It has more than {count} items for one query.", count=MAX_QUERY_ITEMS))
        if self.pages > MAX_QUERY_PAGES:
            raise RequestRefused(message("It has more than {count} pages for one query.", count=MAX_QUERY_PAGES))
        return len(self.by_id) - known

    @property
    def has_all_matched(self) -> bool:
        """Whether there are as many items as the service says; True where it does not say."""
        return len(self.by_id) >= self.matched


@dataclass(frozen=True)
class Page:
    """One answer to a search."""

    items: list[StacItem]
    matched: int
    """How many items the search has in all; 0 where the service does not say."""
    next_request: CatalogueRequest | None


def parse_page(answer: Mapping[str, Any], url: str, request: CatalogueRequest) -> Page:
    """Read an answer to a search; what is not an object among its items and links is ignored.

    Parameters
    ----------
    answer
        A JSON object.
    url
        Where it came from, which relative links start from.
    request
        What it answers: a `next` link may say that its body is to be merged with the search's.

    Raises
    ------
    RequestRefused
        Where the answer is not a list of features.

    """
    features = answer.get("features")
    if not isinstance(features, list):
        raise RequestRefused(message("The answer to the search has no list of features."))
    items = [with_own_address(item, url) for item in features if isinstance(item, dict)]
    links = links_of(answer, "next")
    context = answer.get("context")
    counts = (answer.get("numberMatched"), context.get("matched") if isinstance(context, dict) else None)
    matched = max((count for count in counts if isinstance(count, int) and count is not True), default=0)
    return Page(items, matched, _next_request(links[0], url, request) if links else None)


def essential_parts(item: Mapping[str, Any]) -> StacItem:
    """An item without the contents of assets and links that are never read, which are most of its size."""
    assets = item.get("assets")
    slim = dict(item)
    if isinstance(assets, dict):
        slim["assets"] = {name: asset if name in _KNOWN_ASSETS else {} for name, asset in assets.items()}
    return {**slim, "links": links_of(item, "self")[:1]}


def links_of(document: Mapping[str, Any], relation: str) -> list[dict[str, Any]]:
    """The links of one kind in a document; what is no link is left out."""
    links = document.get("links")
    found = links if isinstance(links, list) else []
    return [link for link in found if isinstance(link, dict) and link.get("rel") == relation]


def with_own_address(item: Mapping[str, Any], address: str) -> StacItem:
    """An item with an absolute `self` link, which relative assets start from; `address` is the list that it is in."""
    slim = essential_parts(item)
    href = slim["links"][0].get("href") if slim["links"] else None
    base = resolve_href(href, address) if isinstance(href, str) and href else address
    if is_local(base) and not is_local(address):  # what comes over the network names no file of this machine
        base = address
    return {**slim, "links": [{"rel": "self", "href": base}]}


def follow_links(
    request: CatalogueRequest, first: Page, read_page: Callable[[CatalogueRequest], Page], listing: Listing
) -> Page:
    """Add a page and all that its `next` links lead to, until they end or repeat themselves; returns the last page.

    Parameters
    ----------
    request, first
        A request and the page that answered it.
    read_page
        Reads the page of another request.
    listing
        Where the items are added. It is complete where the links ended, or the service says that there are no more
        items.

    """
    seen = {_request_key(request)}
    page, without_news = first, 0
    while True:
        without_news = 0 if listing.add(page) else without_news + 1
        following = page.next_request
        if following is None:
            listing.is_complete = listing.has_all_matched
            return page
        listing.gives_next_links = True
        key = _request_key(following)
        if key in seen or without_news >= MAX_PAGES_WITHOUT_NEWS:
            listing.is_complete = listing.matched > 0 and listing.has_all_matched
            return page
        seen.add(key)
        page = read_page(following)


def _request_key(request: CatalogueRequest) -> str:
    """A text that is equal for equal requests."""
    return json.dumps([request.method, request.url, request.parameters], sort_keys=True, default=str)


def _next_request(link: Mapping[str, Any], url: str, request: CatalogueRequest) -> CatalogueRequest | None:
    href, body, headers = link.get("href"), link.get("body"), link.get("headers")
    if not isinstance(href, str) or not href:
        return None
    method = "POST" if str(link.get("method", "GET")).upper() == "POST" else "GET"
    parameters = body if method == "POST" and isinstance(body, dict) else {}
    if method == "POST" and (link.get("merge") is True or not parameters):  # without a body it would ask for everything
        parameters = {**request.parameters, **parameters}
    texts = headers.items() if isinstance(headers, dict) else ()
    return CatalogueRequest(
        resolve_href(href, url), method, parameters, {str(name): str(value) for name, value in texts}
    )
