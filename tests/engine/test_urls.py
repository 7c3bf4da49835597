"""Addresses from outside: their kind, what they are relative to, their secrets, and what is wrong with them."""

from pathlib import Path

import pytest
from allpa_engine.core.urls import (
    hide_secrets,
    is_local,
    kind_of,
    local_path,
    public_url,
    resolve_href,
    strip_secrets,
    url_fault,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/data/a b.tif", "/data/a b.tif"),
        ("B02.tif", "B02.tif"),
        ("file:///data/a%20b.tif", "/data/a b.tif"),
        ("file://localhost/data/x.tif", "/data/x.tif"),
        ("FILE:/data/x.tif", "/data/x.tif"),
        ("C:/data/x.tif", "C:/data/x.tif"),
    ],
)
def test_files_of_this_machine(href, path):
    assert is_local(href)
    assert local_path(href) == Path(path)


@pytest.mark.parametrize(
    "href",
    [
        "\\\\server\\share\\x.tif",
        "//server/share/x.tif",
        "\\/server/share/x.tif",
        "\\\\?\\UNC\\server\\share\\x.tif",
        "file://server/share/x.tif",
        "file:////server/share/x.tif",
        "file:///%2Fserver/share/x.tif",
        "file:\\\\server\\share\\x.tif",
    ],
)
def test_files_of_another_machine_are_not_local(href):
    assert kind_of(href) == "unc"
    assert local_path(href) is None
    assert url_fault(href) == "its address names a folder that another machine shares"


@pytest.mark.parametrize(
    ("href", "base", "resolved"),
    [
        ("./B02.tif", "https://a.org/x/item.json", "https://a.org/x/B02.tif"),
        ("../B02.tif?sig=1", "https://a.org/x/y/item.json?token=2", "https://a.org/x/B02.tif?sig=1"),
        ("/B02.tif", "https://a.org/x/item.json", "https://a.org/B02.tif"),
        ("//b.org/B02.tif", "https://a.org/x/item.json", "https://b.org/B02.tif"),
        ("https://b.org/B02.tif", "https://a.org/x/item.json", "https://b.org/B02.tif"),
        ("s3://b/B02.tif", "https://a.org/x/item.json", "s3://b/B02.tif"),
        ("B02.tif", "s3://bucket/x/item.json", "s3://bucket/x/B02.tif"),
        ("../B02.tif", "/data/x/item.json", "/data/B02.tif"),
        ("/other/B02.tif", "/data/x/item.json", "/other/B02.tif"),
        ("B02.tif", "file:///data/x/item.json", "file:///data/x/B02.tif"),
        ("B02.tif", "", "B02.tif"),
        ("//server/share/B02.tif", "/data/item.json", "//server/share/B02.tif"),
    ],
)
def test_relative_addresses(href, base, resolved):
    assert resolve_href(href, base) == resolved


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("s3://sentinel-cogs/a b/B02.tif", "https://sentinel-cogs.s3.amazonaws.com/a%20b/B02.tif"),
        ("S3://my.bucket/B02.tif", "https://s3.amazonaws.com/my.bucket/B02.tif"),
        ("gs://gcp-public-data/x/B02.jp2", "https://storage.googleapis.com/gcp-public-data/x/B02.jp2"),
        ("https://a.org/B02.tif", "https://a.org/B02.tif"),
    ],
)
def test_files_in_buckets_have_a_public_address(href, url):
    assert public_url(href) == url
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://a.org/B02 10m.tif?file=1", ""),
        ("http://[::1]:8080/B02.tif", ""),
        ("http://127.0.0.1/B02.tif", ""),
        ("http://ñandú.org/x", ""),
        ("http://[bad/x", "its address is malformed"),
        (f"http://{'a' * 64}.org/x", "its address is malformed"),
        (f"http://{'ñ' * 64}.org/x", "its address is malformed"),
        ("http://a..org/x", "its address is malformed"),
        ("http://a.org:port/x", "its address is malformed"),
        ("http://a.org:99999/x", "its address is malformed"),
        ("http://a.org:0/x", "its address names no host"),
        (f"http://{'a.' * 200}org/x", "its address names no host"),
        ("http:///x", "its address names no host"),
        ("https:", "its address names no host"),
        ("http://a.org/x\0y", "its address holds a character that no address may hold"),
        ("http://a.org/x\r\nHost: b", "its address holds a character that no address may hold"),
        ("http://a.org/" + "x" * 9000, "its address has more than 8000 characters"),
        ("a.org/B02.tif", "its address does not begin with https://"),
        ("ftp://a.org/B02.tif", "addresses that begin with ftp: cannot be read"),
        ("abfs://container/B02.tif", "addresses that begin with abfs: cannot be read"),
        ("javascript:alert(1)", "addresses that begin with javascript: cannot be read"),
    ],
)
def test_what_is_wrong_with_an_address(url, fault):
    assert url_fault(url) == fault


@pytest.mark.parametrize(
    ("href", "stripped"),
    [
        ("https://a.org/download?file=B02", "https://a.org/download?file=B02"),
        ("https://a.org/d?file=a%2Fb+c&x", "https://a.org/d?file=a%2Fb+c&x"),
        ("https://a.org/d?file=B02&X-Amz-Signature=abc&X-Amz-Date=1", "https://a.org/d?file=B02"),
        ("https://a.org/d?st=1&se=2&sp=r&sv=3&sr=c&sig=abc", "https://a.org/d"),
        ("https://a.org/wms?srs=EPSG:32718&st=1&author=me", "https://a.org/wms?srs=EPSG:32718&st=1&author=me"),
        ("https://a.org/d?Expires=1&Signature=abc&Key-Pair-Id=K", "https://a.org/d"),
        ("https://a.org/d?file=B02&access_token=abc", "https://a.org/d?file=B02"),
        ("https://a.org/d?api-key=abc&apiKey=d&subscription-key=e&auth=f", "https://a.org/d"),
        ("https://a.org/d?key=x/B02.tif", "https://a.org/d?key=x/B02.tif"),
        ("https://a.org/d?key=0123456789abcdef0123", "https://a.org/d"),
        ("https://a.org/d?t=eyJhbGciOiJIUzI1NiJ9.e30.abc", "https://a.org/d"),
        ("https://me:word@a.org/B02.tif", "https://a.org/B02.tif"),
        ("/data/what?sig=1.tif", "/data/what?sig=1.tif"),
    ],
)
def test_secrets_leave_an_address_and_the_rest_stays(href, stripped):
    assert strip_secrets(href) == stripped


def test_a_text_shows_no_query_and_no_password():
    text = 'GET "https://me:word@a.org/d?file=B02&sig=hidden" by http://user:pass@proxy:8080, see a.org?token'
    assert hide_secrets(text) == 'GET "https://a.org/d" by http://proxy:8080, see a.org'


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://[", "file://", "s3://", "//", "http://a.org/?"]))
def test_the_kind_of_any_text_is_recognised(text, start):
    href = start + text
    assert url_fault(href) or kind_of(href) == "http"
    for function in (strip_secrets, hide_secrets, public_url, local_path):
        function(href)
    assert resolve_href(href, "https://a.org/x/item.json")
    resolve_href("B02.tif", href)
