"""What all STAC documents of Allpa have in common: the version, and the addresses of collections and items."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from .catalogues import CATALOGUES

STAC_VERSION = "1.1.0"


def collection_address(catalogue: str, collection: str) -> str:
    """Address of a collection, as the STAC API specification builds it.

    Parameters
    ----------
    catalogue : key or URL of the catalogue; user, password and query of a URL are left out, they may be secret.
    collection : its id.

    Returns
    -------
    The URL, the id quoted.

    Examples
    --------
    >>> collection_address("https://me@example.org/stac/?token=abc", "sentinel 2")
    'https://example.org/stac/collections/sentinel%202'

    """
    entry = CATALOGUES.get(catalogue)
    root = entry.url if entry else catalogue
    try:
        parts = urlsplit(root)
        root = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:  # malformed
        root = root.split("?")[0]
    return f"{root.rstrip('/')}/collections/{quote(collection, safe='')}"


def item_address(catalogue: str, collection: str, item: str) -> str:
    """Address of an item, as the STAC API specification builds it.

    Parameters
    ----------
    catalogue : key or URL of the catalogue; user, password and query of a URL are left out, they may be secret.
    collection, item : their ids.

    Returns
    -------
    The URL, the ids quoted.

    Examples
    --------
    >>> item_address("cdse", "sentinel-2-l2a", "S2A/ONE")
    'https://stac.dataspace.copernicus.eu/v1/collections/sentinel-2-l2a/items/S2A%2FONE'

    """
    return f"{collection_address(catalogue, collection)}/items/{quote(item, safe='')}"
