"""No secret of any kind leaves the computer in a report, nor whose computer it is."""

import json
import string
from base64 import b64encode
from urllib.parse import quote

import pytest
from allpa_engine.core.redaction import redact
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(string.ascii_letters + string.digits + "_-.~", min_size=6, max_size=60)
"""Secrets that an address or a header takes as they are."""
ANY = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=6, max_size=40).filter(
    lambda text: text.strip() == text and len(set(text)) > 3
)
NAMES = st.sampled_from(
    (
        *("password", "PASSWORD", "proxy_password", "passphrase", "pwd", "credential", "secret", "client-secret"),
        *("token", "access_token", "AWS_SESSION_TOKEN", "X-Api-Key", "apikey", "api_key", "private_key", "key"),
        *("aws_secret_access_key", "authcfg", "sig", "cookie", "Set-Cookie"),
    )
)
IN_LINE = {
    "a URL's login": lambda _name, secret: f"GET https://ana:{quote(secret, safe='')}@host.example:8080/a/b.tif failed",
    "a URL's query": lambda name, secret: f"<a href='https://host.example/a?x=1&{name}={quote(secret, safe='')}'>",
    "a header": lambda _name, secret: f"Authorization: Bearer {secret}",
    "a header of a login": lambda _name, secret: f"> Basic {b64encode(secret.encode()).decode()}",
    "an environment variable": lambda name, secret: f"export {name}={secret}",
    "a setting": lambda name, secret: f"{name} = {secret}",
    "a line of YAML": lambda name, secret: f"  {name}: {secret}",
    "an option": lambda name, secret: f"tool --{name}={quote(secret, safe='')} --year 2020",
    "JSON": lambda name, secret: json.dumps({"year": 2020, name: secret, "last": 1}),
    "a dictionary": lambda name, secret: repr({name: secret, "year": 2020}),
    "XML": lambda name, secret: f"<{name}>{quote(secret)}</{name}>",
}


@pytest.mark.parametrize("place", IN_LINE)
@given(name=NAMES, secret=WORDS)
def test_a_secret_with_a_name_or_in_an_address_is_cut_out(place, name, secret):
    line = IN_LINE[place](name, secret)
    redacted = redact(f"before\n{line}\nafter")
    assert secret not in redacted.replace(name, "")
    assert quote(secret, safe="") not in redacted.replace(name, "")
    assert b64encode(secret.encode()).decode() not in redacted
    assert redacted.startswith("before\n")
    assert redacted.endswith("\nafter")


@given(secret=ANY, before=st.text(max_size=30), after=st.text(max_size=30))
@pytest.mark.parametrize("written", [str, quote, lambda text: json.dumps(text)[1:-1], lambda text: repr(text)[1:-1]])
def test_a_secret_that_is_known_is_cut_out_wherever_it_stands(written, secret, before, after):
    redacted = redact(f"{before}|{written(secret)}|{after}", secrets=[secret])
    assert written(secret) not in redacted.replace("***", "") or written(secret) in before + after


def characters(alphabet, count):
    return st.text(alphabet, min_size=count, max_size=count)


LETTERS = string.ascii_letters + string.digits
TOKENS = {
    "a web token": st.tuples(characters(LETTERS, 30), characters(LETTERS, 40)).map(lambda two: f"eyJ{two[0]}.{two[1]}"),
    "an access key": characters(string.ascii_uppercase + string.digits, 16).map("AKIA{}".format),
    "a Google key": characters(LETTERS, 35).map("AIza{}".format),
    "a token of a forge": characters(LETTERS, 36).map("ghp_{}".format),
    "a key of a service": characters(LETTERS, 40).map("sk-{}".format),
    "a long number": characters("0123456789abcdef", 40),
    "a secret key": characters(LETTERS + "/+", 40).filter(
        lambda text: (
            text[0] in LETTERS
            and any(map(str.islower, text))
            and any(map(str.isupper, text))
            and any(map(str.isdigit, text))
        )
    ),
    "a private key": characters(LETTERS, 64).map(
        lambda text: f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----"
    ),
}


@pytest.mark.parametrize("kind", TOKENS)
@given(data=st.data())
def test_what_has_the_form_of_a_secret_is_cut_out(kind, data):
    token = data.draw(TOKENS[kind])
    redacted = redact(f"the server said {token} and no more\nyear 2020")
    assert all(part not in redacted for part in token.split("\n"))
    assert redacted.endswith("\nyear 2020")


@pytest.mark.parametrize(
    ("home", "user", "text", "expected"),
    [
        ("/home/ana", "ana", "file /home/ana/maps/a.tif", "file ~/maps/a.tif"),
        ("/home/ana", "ana", "/home/anabel/x and /media/ana/disk", "/home/anabel/x and /media/USER/disk"),
        (r"C:\Users\Ana María", "Ana María", r"open C:\Users\Ana María\maps", r"open ~\maps"),
        (r"C:\Users\Ana", "Ana", r'{"f": "c:\\users\\ana\\maps"}', r'{"f": "~\\maps"}'),
        (r"C:\Users\Ana María", "Ana María", "file:///C:/Users/Ana%20Mar%C3%ADa/maps", "file:///~/maps"),
        ("/", "", "/data/x", "/data/x"),
    ],
)
def test_the_home_folder_and_the_user_s_name_are_cut_out(home, user, text, expected):
    assert redact(text, home, user) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Scene S2B_MSIL2A_20200604T150719_N0500_R082_T18LXN_20230314T150719 was read in 3.2 s",
        "torch 2.13.0+cpu, numpy 2.4.6, QGIS 3.40.6-Bratislava",
        'File "~/.local/share/allpa/engine-1039e72d1e65/lib/python3.11/site-packages/rasterio/io.py", line 12',
        "EngineMissing: The engine's package rasterio cannot be imported.",
        "12 of 34 tiles, 5.1 GB free",
    ],
)
def test_what_helps_stays(line):
    assert redact(line, "/home/ana", "ana", ["hunter2"]) == line
