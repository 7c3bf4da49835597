"""Addresses of files and services: what kind they are, what they are relative to, and what of them is secret.

An href of a catalogue is a URL or a path on this machine. All that comes from outside may be malformed, so every
function takes any text; `url_fault` says what is wrong with one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, unquote_plus, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

from .messages import message

HTTP, S3, GS, FILE, PATH, UNC, OTHER = "http", "s3", "gs", "file", "path", "unc", "other"
"""Kinds of an href: a web address, a bucket of S3 or of Google, `file:`, a path, a share of another machine."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
"""Two letters at least: one is the letter of a drive."""
_KINDS = {"http": HTTP, "https": HTTP, "s3": S3, "gs": GS, "file": FILE}
_UNC = re.compile(r"[\\/]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[^\s/\\?#@<>^`{|}%\"]{1,253}")
_MAX_URL_CHARS = 8000
_SECRET_NAME = re.compile(
    r"(?i)x-amz-.*|x-goog-.*|awsaccesskeyid|googleaccessid|expires|policy|key-pair-id|sas|sig|jwt"
    r"|.*(?:signature|token|secret|password|passwd|credential|api[-_]?key|access[-_]?key|subscription[-_]?key|session).*"
    r"|(?:.*[-_])?auth(?:[-_].*|orization)?"
)
"""Parameters that sign an address for AWS, Google and others."""
_AZURE_NAME = re.compile(r"(?i)s[eprtv]|ske|skt|skoid|sktid|sks|skv|spr|sip|sdd|saoid|suoid|scid|ses")
"""Parameters that belong to Azure's `sig`."""
_SECRET_VALUE = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\..*|AKIA[0-9A-Z]{12,}|AIza[0-9A-Za-z_-]{30,}")
_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^\s\"'<>]+")
_QUERY_IN_TEXT = re.compile(r"\?[^\s\"'<>)]+")


def kind_of(href: str) -> str:
    """What an href is: `HTTP`, `S3`, `GS`, `FILE`, `PATH` (on this machine), `UNC` (another machine's) or `OTHER`.

    Examples
    --------
    >>> [kind_of(href) for href in ("https://example.org/B02.tif", "C:/B02.tif", "//nas/B02.tif")]
    ['http', 'path', 'unc']
    """
    match = _SCHEME.match(href)
    if match is None:
        return UNC if _UNC.match(href) else PATH
    kind = _KINDS.get(match[1].lower(), OTHER)
    return UNC if kind == FILE and _UNC.match(_file_path(href)) else kind


def is_local(href: str) -> bool:
    """Whether an href names a file of this machine."""
    return kind_of(href) in (FILE, PATH)


def local_path(href: str) -> Path | None:
    """The path of an href that names a file of this machine; None where it names anything else."""
    kind = kind_of(href)
    if kind == FILE:
        return Path(url2pathname(_file_path(href)))
    return Path(href) if kind == PATH else None


def suffix_of(href: str) -> str:
    """The suffix of the file that an href names, in small letters and with its dot, whatever query follows.

    Examples
    --------
    >>> suffix_of("https://example.org/B02.JP2?sig=abc")
    '.jp2'
    """
    path = href if is_local(href) else href.split("?", 1)[0].split("#", 1)[0]
    return PurePosixPath(path).suffix.lower()


def resolve_href(href: str, base: str) -> str:
    """An href that may be relative to a document, as one that is not.

    Parameters
    ----------
    href : a URL or a path; one that is not relative stays as it is.
    base : the document, a URL or a path; empty leaves the href as it is.

    Returns
    -------
    A URL, or a path on this machine.

    Examples
    --------
    >>> resolve_href("../B02.tif", "https://example.org/a/b/item.json")
    'https://example.org/a/B02.tif'
    >>> resolve_href("./B02.tif", "s3://bucket/a/item.json")
    's3://bucket/a/B02.tif'

    """
    base_kind = kind_of(base)
    if not base or _SCHEME.match(href) or (len(href) > 1 and href[1] == ":"):
        return href
    if base_kind in (PATH, UNC):
        return href if _UNC.match(href) else os.path.normpath(Path(base).parent / href)
    scheme, rest = base.split(":", 1)
    try:  # the library joins addresses of schemes that it knows
        return f"{scheme}:{urljoin(f'http:{rest}', href).split(':', 1)[1]}"
    except ValueError:
        return href


def public_url(href: str) -> str:
    """The `https:` address of a public file in a bucket of S3 or of Google; other hrefs stay as they are.

    Examples
    --------
    >>> public_url("s3://sentinel-cogs/a/B02.tif")
    'https://sentinel-cogs.s3.amazonaws.com/a/B02.tif'
    >>> public_url("gs://bucket.with.dots/B02.tif")
    'https://storage.googleapis.com/bucket.with.dots/B02.tif'
    """
    kind = kind_of(href)
    if kind not in (S3, GS):
        return href
    bucket, _, key = href.split(":", 1)[1].lstrip("/").partition("/")
    path = quote(key, safe="/-_.~!*'()%")
    if kind == GS:
        return f"https://storage.googleapis.com/{bucket}/{path}"
    if "." in bucket:  # the certificate of the store covers names without dots
        return f"https://s3.amazonaws.com/{bucket}/{path}"
    return f"https://{bucket}.s3.amazonaws.com/{path}"


def url_fault(url: str) -> str:
    """Why no request can ever be made to a URL, as the end of a sentence; empty where one can.

    Examples
    --------
    >>> url_fault("https://example.org/B02.tif")
    ''
    >>> url_fault("http://[bad/x")
    'its address is malformed'
    """
    if _CONTROL.search(url):
        return message("its address holds a character that no address may hold")
    if len(url) > _MAX_URL_CHARS:
        return message("its address has more than {count} characters", count=_MAX_URL_CHARS)
    kind = kind_of(url)
    if kind == UNC:
        return message("its address names a folder that another machine shares")
    if kind == PATH:
        return message("its address does not begin with https://")
    if kind != HTTP:
        return message("addresses that begin with {scheme}: cannot be read", scheme=url.split(":", 1)[0][:20])
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:  # UnicodeError is one
        return message("its address is malformed")
    if not _HOST.fullmatch(host) or port == 0:
        return message("its address names no host")
    return ""


def strip_secrets(href: str) -> str:
    """An href without what signs it: user and password, signatures, tokens and keys. The rest of its query stays.

    Examples
    --------
    >>> strip_secrets("https://example.org/download?file=B02&sig=abc&se=2020")
    'https://example.org/download?file=B02'
    """
    if kind_of(href) != HTTP:
        return href
    try:
        parts = urlsplit(href)
    except ValueError:
        return href.split("?")[0]
    pairs = [(piece, *(unquote_plus(half) for half in piece.partition("=")[::2])) for piece in parts.query.split("&")]
    is_azure = any(name.lower() == "sig" for _, name, _ in pairs)
    kept = [piece for piece, name, value in pairs if not _is_secret(name, value, is_azure)]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "&".join(kept), ""))


def hide_secrets(text: str) -> str:
    """A text for a log or a message, with user, password and the whole query cut out of every address in it."""

    def without_login(match: re.Match[str]) -> str:
        scheme, rest = match[0].split("://", 1)
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"

    return _URL_IN_TEXT.sub(without_login, _QUERY_IN_TEXT.sub("", text))


def _is_secret(name: str, value: str, is_azure: bool) -> bool:
    is_key = name.lower() == "key" and len(value) >= 16 and "/" not in value and "." not in value
    is_signature = _SECRET_NAME.fullmatch(name) or (is_azure and _AZURE_NAME.fullmatch(name))
    return is_key or bool(is_signature or _SECRET_VALUE.fullmatch(value))


def _file_path(href: str) -> str:
    """The path in a `file:` address, with two slashes before the name of another machine."""
    rest = unquote(_SCHEME.sub("", href, count=1)).replace("\\", "/")
    if not rest.startswith("//"):
        return rest
    host, _, path = rest[2:].partition("/")
    if host.lower() in ("", "localhost"):
        return f"/{path}"
    return rest[2:] if re.fullmatch("[A-Za-z]:", host) else rest
