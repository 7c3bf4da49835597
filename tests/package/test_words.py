"""Names and texts use the words of remote sensing, QGIS and Python; words private to this project are gone."""

import io
import re
import tokenize

import pytest

NAMES = {
    "borne", "died", "each", "farewell", "glance", "haul", "heard", "looks", "nobody", "owing",
    "patience", "said", "setback", "told", "unheard", "whoever", "workplace",
}  # fmt: skip
"""Parts of identifiers that say nothing to a reader from outside; `each` alone is none in the name of a test."""
TEXTS = {
    "clear look": "clear observation",
    "clear looks": "clear observations",
    "borne": "tolerated",
    "farewell": "the last messages",
    "haul": "query result",
    "heard": "used in training",
    "patience": "retry policy",
    "setback": "failure",
    "told": "reported, printed, documented",
    "unheard": "left out",
    "whoever": "the person who",
    "nobody": "none, or a passive",
    "owing": "still to come",
}
"""Words and phrases of texts, docstrings and comments, with what to write instead."""


@pytest.fixture(scope="module")
def shipped(root):
    """Texts of the modules and templates that ship, by their paths."""
    paths = [
        path for folder in ("plugin", "ui") for path in (root / folder).rglob("*") if path.suffix in (".py", ".html")
    ]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


def tokens(text):
    return tokenize.generate_tokens(io.StringIO(text).readline)


@pytest.mark.parametrize("folder", ["plugin", "ui", "tools", "tests", "docs/examples"])
def test_no_identifier_uses_a_private_word(root, folder):
    found = []
    for path in (root / folder).rglob("*.py"):
        for token in tokens(path.read_text(encoding="utf-8")):
            parts = set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", token.string).lower()))
            if token.string.startswith("test_"):
                parts -= {"each"}
            if token.type == tokenize.NAME and parts & NAMES:
                found.append(f"{path.relative_to(root)}:{token.start[0]}: {token.string}")
    assert found == []


@pytest.mark.parametrize("phrase", sorted(TEXTS))
def test_texts_use_common_words(shipped, phrase):
    found = []
    for path, text in shipped.items():
        if path.endswith(".py"):
            kinds = (tokenize.STRING, tokenize.COMMENT)
            pieces = [(token.start[0], token.string) for token in tokens(text) if token.type in kinds]
        else:
            pieces = list(enumerate(text.splitlines(), 1))
        for line, piece in pieces:
            found += [f"{path}:{line}"] * len(re.findall(rf"\b{phrase}\b", piece, re.IGNORECASE))
    assert found == [], f"write {TEXTS[phrase]!r} instead of {phrase!r}: {found}"


def test_the_documents_use_them_too(root):
    written = {path.name: path.read_text(encoding="utf-8") for path in (root / "docs").rglob("*.md")}
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
    written |= {name: (root / name).read_text(encoding="utf-8") for name in names}
    for name in set(written) - {"model.md"}:
        for phrase in TEXTS:
            assert not re.search(rf"\b{phrase}\b", written[name], re.IGNORECASE), f"{name}: {phrase}"
