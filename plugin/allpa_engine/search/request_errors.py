"""What a failed request means: whether it may succeed later, and its cause in words."""

from __future__ import annotations

import socket

import requests
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError

from ..core.messages import message

_CERTIFICATE_ERROR = "CERTIFICATE_VERIFY_FAILED"


def is_final(error: Exception) -> bool:
    """Whether a request fails in the same way each time, such as for a malformed address or an unreadable answer."""
    return isinstance(
        error,
        (
            ValueError,
            requests.TooManyRedirects,
            requests.exceptions.InvalidJSONError,
            requests.exceptions.ContentDecodingError,
            LocationParseError,
        ),
    )


def is_socks(error: Exception) -> bool:
    """Whether a SOCKS proxy is set and the package that speaks with one is missing."""
    return isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error)


def is_connect_error(error: Exception) -> bool:
    """Whether no connection can be made: an unknown name, a closed port, a proxy or certificate in the way."""
    if isinstance(error, requests.exceptions.SSLError):
        return _CERTIFICATE_ERROR in str(error)
    return isinstance(error, requests.exceptions.ProxyError) or isinstance(_reason(error), NewConnectionError)


def _reason(error: Exception) -> object:
    """The urllib3 error behind an error of requests."""
    return getattr(error.args[0], "reason", None) if error.args else None


def needs_other_settings(error: Exception) -> bool:
    """Whether no request gets through before somebody changes the proxy, its login or the certificates."""
    if isinstance(error, requests.exceptions.SSLError):
        return _CERTIFICATE_ERROR in str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return " 407 " in str(error)
    # without its own class: a file of certificates that does not exist
    return is_socks(error) or not isinstance(error, (requests.RequestException, ValueError, HTTPError))


def describe_error(error: Exception) -> str:
    """The cause as a sentence."""
    if isinstance(error, requests.exceptions.ProxyError):
        wants_login = " 407 " in str(error)
        if wants_login:
            return message("The proxy requires a user name and password.")
        return message("The proxy cannot be reached, or rejects the request.")
    if isinstance(error, requests.exceptions.SSLError) and _CERTIFICATE_ERROR in str(error):
        return message("Its certificate is not trusted; a proxy with a certificate of its own may be in the way.")
    reason = _reason(error)
    if isinstance(reason, NewConnectionError):
        if isinstance(reason.__cause__, socket.gaierror):
            return message("Its host name could not be resolved; check the network connection.")
        return message("No connection to it can be made.")
    if is_socks(error):
        return message("The network settings name a SOCKS proxy, and the engine lacks the package PySocks for it.")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return message("Its answer is not compressed as it says.")
    if isinstance(error, requests.Timeout):
        return message("The request timed out.")
    if isinstance(error, requests.ConnectionError):
        return message("The connection failed or was interrupted.")
    return message("The request cannot be made: {error}.", error=f"{type(error).__name__}: {error}"[:200])
