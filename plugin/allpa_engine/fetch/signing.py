"""Making hrefs readable: nothing to do, Planetary Computer's signatures, or S3 keys from the environment.

Signed URLs live in memory only: they are made when a request is made, and never written or logged.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote, urlsplit

from ..core.catalogues import (
    S3_KEYS,
    SIGNED_BY_PLANETARY_COMPUTER,
    needs_s3_keys,
    signing_method,
)
from ..core.errors import S3KeysMissing, SceneUnreadable
from ..core.json_input import parse_json
from ..core.messages import message
from ..core.urls import public_url
from .http import AuthError, Connection, RetryState, TransientError
from .remote_file import Signer

SIGNING_URL = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
BLOB_HOST = ".blob.core.windows.net"
COPERNICUS_S3 = "https://eodata.dataspace.copernicus.eu"
REFRESH_EARLY_S = 300
_MAX_EXPIRED_TOKENS = 2
_URL_LIFETIME_S = 3600
_MAX_TOKEN_BYTES = 1 << 16
_NO_KEYS = "The catalogue's files need S3 keys, and none are set."


def signer_for(catalogue: str, connection: Connection | None = None) -> Signer:
    """The signer for the files of a catalogue.

    Parameters
    ----------
    catalogue : its key in the table of catalogues, or its URL; the files of unknown catalogues are not signed.
    connection : by which signatures are requested from Planetary Computer; None makes a new one.

    Returns
    -------
    For a catalogue that needs S3 keys, a signer with those of the environment, whether or not there are any.

    """
    method = signing_method(catalogue)
    if method == SIGNED_BY_PLANETARY_COMPUTER:
        return PlanetarySigner(connection or Connection())
    if method == S3_KEYS:
        return S3Signer(os.environ)
    return NoSigner()


def require_keys(catalogues: Iterable[str]) -> None:
    """Refuse catalogues that need S3 keys where the environment holds none.

    Raises
    ------
    S3KeysMissing
    """
    if any(needs_s3_keys(catalogue) for catalogue in catalogues) and not S3Signer(os.environ).has_keys:
        raise S3KeysMissing(_NO_KEYS)


class NoSigner:
    """For files that anyone may read."""

    def sign(self, href: str) -> str:
        """The href itself; of a file in a bucket its public address."""
        return public_url(href)

    def handle_refusal(self, href: str) -> None:
        """There is nothing to forget."""


class PlanetarySigner:
    """Shared access signatures of Planetary Computer: one per storage container, refreshed before they run out."""

    def __init__(self, connection: Connection, signing_url: str = SIGNING_URL, blob_host: str = BLOB_HOST) -> None:
        self._connection, self._signing_url, self._blob_host = connection, signing_url, blob_host
        self._queries: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def sign(self, href: str) -> str:
        """The href with its container's signature; other hosts' hrefs and those that carry one stay as they are.

        Raises
        ------
        SceneUnreadable : where no signature can be had. Cancelled
        """
        parts = urlsplit(href)
        container = self._container(href)
        if container is None or {"st", "se", "sp"} & {name for name, _ in parse_qsl(parts.query)}:
            return href
        with self._lock:
            query, expiry = self._queries.get(container, ("", datetime.fromtimestamp(0, timezone.utc)))
            if expiry - datetime.now(timezone.utc) < timedelta(seconds=REFRESH_EARLY_S):
                query, expiry = self._fetch_token(container)
                self._queries[container] = query, expiry
        return f"{href}{'&' if parts.query else '?'}{query}"

    def handle_refusal(self, href: str) -> None:
        """Forget the signature of the href's container."""
        with self._lock:
            self._queries.pop(self._container(href) or "", None)

    def _container(self, href: str) -> str | None:
        """`account/container` of an href in the store that needs signatures."""
        parts = urlsplit(href)
        host, path = parts.netloc, parts.path.lstrip("/")
        if not host.endswith(self._blob_host) or "/" not in path:
            return None
        return f"{host[: -len(self._blob_host)]}/{path.split('/')[0]}"

    def _fetch_token(self, container: str) -> tuple[str, datetime]:
        """A fresh signature with its expiry; one that has already expired is requested again."""
        url = f"{self._signing_url}/{container}"
        retry_state, token_requests = RetryState(self._connection, url), 0
        while True:
            try:
                query, expiry = self._request_token(url)
            except TransientError as transient_error:
                retry_state.record_failure(transient_error)
                continue
            except AuthError:
                raise SceneUnreadable("Planetary Computer refused to sign the scene's files.") from None
            token_requests += 1
            if expiry > datetime.now(timezone.utc) or token_requests > _MAX_EXPIRED_TOKENS:
                return query, expiry
            retry_state.record_failure(TransientError("the signature had already expired"))

    def _request_token(self, url: str) -> tuple[str, datetime]:
        with self._connection.get(url, {"Accept-Encoding": "identity"}) as response:
            body = b"".join(self._connection.chunks(response, _MAX_TOKEN_BYTES))
        try:
            token_json = parse_json(body)
            return str(token_json["token"]), _parse_datetime(str(token_json["msft:expiry"]))
        except (ValueError, KeyError, TypeError):
            raise SceneUnreadable(
                message("Planetary Computer's answer is not a signature for the scene's files.")
            ) from None


class S3Signer:
    """Presigned URLs (AWS signature version 4) for `s3://` hrefs, with the keys that the environment holds.

    Read are the variables that the AWS tools read: access key id, secret access key, and optionally the endpoint.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._key_id = environment.get("AWS_ACCESS_KEY_ID", "")
        self._key = environment.get("AWS_SECRET_ACCESS_KEY", "")
        self._endpoint = environment.get("AWS_ENDPOINT_URL_S3", "") or environment.get("AWS_ENDPOINT_URL", "")
        self._refused_hrefs: set[str] = set()

    @property
    def has_keys(self) -> bool:
        """Whether both keys are there."""
        return bool(self._key_id and self._key)

    def sign(self, href: str) -> str:
        """An `https://` URL of an `s3://` href; other hrefs stay as they are.

        Raises
        ------
        S3KeysMissing : where the environment holds no keys.
        """
        if not href.startswith("s3://"):
            return href
        if not self.has_keys:
            raise S3KeysMissing(_NO_KEYS)
        return presign_url(
            f"{self._endpoint or COPERNICUS_S3}/{href[len('s3://') :]}",
            self._key_id,
            self._key,
            "default",
            time.time(),
        )

    def handle_refusal(self, href: str) -> None:
        """There is nothing to forget, each URL is signed anew; a second refusal of a file is laid to the keys.

        Raises
        ------
        SceneUnreadable
        """
        if href in self._refused_hrefs:
            raise SceneUnreadable("Access to a file of the scene was refused: the S3 keys may be wrong or expired.")
        self._refused_hrefs.add(href)


def presign_url(
    url: str, key_id: str, key: str, region_name: str, now_s: float, lifetime_s: int = _URL_LIFETIME_S
) -> str:
    """A URL that anyone may GET while it lives, by AWS signature version 4 in the query.

    Parameters
    ----------
    url : `https` address of the file, without a query.
    key_id, key : access key id and secret access key.
    region_name : the name that the server has in the signature; `default` at Copernicus.
    now_s : time of signing, seconds since 1970 (UTC).
    lifetime_s : seconds for which the URL is good.

    Returns
    -------
    The address with the signature in its query; never to be written or logged.

    References
    ----------
    Amazon Simple Storage Service API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature
    Version 4)".

    """
    parts = urlsplit(url)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s))
    scope = f"{moment[:8]}/{region_name}/s3/aws4_request"
    fields = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(lifetime_s),
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(fields.items()))
    path = quote(parts.path, safe="/-_.~")
    request = "\n".join(("GET", path, query, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"))
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    signing = f"AWS4{key}".encode()
    for part in scope.split("/"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature}"


def _parse_datetime(text: str) -> datetime:
    """A time in ISO 8601; UTC where it names no zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
