"""The collection of Sentinel-2 L2A in an API of which only the URL is known."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.catalogues import CATALOGUES, Catalogue
from ..core.errors import JobInvalid
from ..core.messages import message
from ..core.urls import resolve_href
from .http_request import CatalogueRequest
from .paging import links_of
from .retrying_io import Document, RetryingIO
from .static_catalogue import catalogue_folder

MAX_COLLECTION_PAGES = 20
KNOWN_COLLECTIONS = (*dict.fromkeys(entry.collection for entry in CATALOGUES.values()), "sentinel-s2-l2a-cogs")


def find_l2a_collection(root: Document, address: str, catalogue: Catalogue, io: RetryingIO) -> str:
    """The collection of Sentinel-2 L2A among an API's collections.

    Raises
    ------
    JobInvalid
        Where none is recognisable.

    """
    ids: list[str] = []
    href = next(link_hrefs(root, "data"), "collections")
    url: str | None = resolve_href(href, catalogue_folder(address))
    for _ in range(MAX_COLLECTION_PAGES):
        if url is None:
            break
        answer, read_from = io.read(CatalogueRequest(url))
        entries = answer.get("collections")
        ids += [str(entry.get("id")) for entry in (entries or []) if isinstance(entry, dict)]
        following = next(link_hrefs(answer, "next"), None)
        url = resolve_href(following, read_from) if following else None
    for known in KNOWN_COLLECTIONS:
        if known in ids:
            return known
    likely = [name for name in ids if "l2a" in name.lower() and ("sentinel" in name.lower() or "s2" in name.lower())]
    if likely:
        return min(likely)
    if len(ids) == 1:
        return ids[0]
    raise JobInvalid(
        message("{name} has no collection that is recognisably Sentinel-2 L2A.", name=catalogue.name),
        message("It has {collections}.", collections=", ".join(sorted(ids)[:20]) or "none"),
        message("Name the collection in the job."),
    )


def link_hrefs(document: Document, relation: str) -> Iterator[str]:
    """Addresses of a document's links of one kind, as they are written."""
    return (link["href"] for link in links_of(document, relation) if isinstance(link.get("href"), str))
