"""What the documents say of the repository is so: files that they name exist, lists are complete, versions agree."""

import re

import pytest

DOCUMENTS = (
    "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", *(f"docs/{name}.md" for name in (
        "architecture", "areas", "compatibility", "composite", "glossary", "index", "model",
    )),
)  # fmt: skip
EXAMPLE_FILES = {"report/months_table.py", "plugin/algorithms/writereport.py", "tests/engine/test_months_table.py",
                 "tests/engine/test_highland_archive.py"}  # fmt: skip
"""Files that the recipes of CONTRIBUTING ask the reader to write."""


def documents(root):
    return [*(root / name for name in DOCUMENTS), *sorted((root / "docs/decisions").glob("*.md"))]


def test_python_files_that_are_named_exist(root):
    missing = []
    for document in documents(root):
        for name in re.findall(
            r"`([\w/{},]+/[\w{},]+\.(?:py|sh|md|json|txt|toml))`", document.read_text(encoding="utf-8")
        ):
            written = "run" in name and document.name != "CONTRIBUTING.md" and name.endswith("job.json")
            if name not in EXAMPLE_FILES and not written:
                found = (root / name).exists() or (root / "plugin/allpa_engine" / name).exists()
                missing += [] if found else [f"{document.name}: {name}"]
    assert missing == []


def test_answers_name_tests_that_exist(root):
    text = (root / "docs/answers.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| problem")]
    assert len(rows) >= 30
    assert all("::test_" in row for row in rows)
    assert [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^def {name}\(", (root / file).read_text(encoding="utf-8"), re.MULTILINE)
    ] == []


def test_names_that_documents_place_in_a_file_are_there(root):
    missing = []
    for document in documents(root):
        text = re.sub(r"\s+", " ", document.read_text(encoding="utf-8"))
        for name, file in re.findall(r"`(?:\w+\.)?(\w+)` (?:of|in) `([\w/]+\.py)`", text):
            found = [folder / file for folder in (root, root / "plugin/allpa_engine") if (folder / file).exists()]
            if not (found and name in found[0].read_text(encoding="utf-8")):
                missing.append(f"{document.name}: {name} in {file}")
    assert missing == []


def test_pages_that_are_linked_exist(root):
    for document in documents(root):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_make_targets_that_are_named_exist(root):
    targets = set(
        re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    known = {name for target in targets for name in target.split()}
    for document in documents(root):
        named = set(re.findall(r"`make ([a-z-]+)`", document.read_text(encoding="utf-8")))
        assert named <= known, document.name


def test_every_decision_is_in_the_index(root):
    index = (root / "docs/decisions/index.md").read_text(encoding="utf-8")
    pages = {path.name for path in (root / "docs/decisions").glob("*.md")} - {"index.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


def test_the_glossary_is_short_and_sorted(root):
    rows = re.findall(r"^\| ([^|]+) \|", (root / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    terms = [row for row in rows if row not in ("term", "---")]
    assert 10 <= len(terms) <= 30
    assert terms == sorted(terms, key=str.casefold)


@pytest.mark.parametrize(("name", "pattern"), [("CITATION.cff", r"^version: (.+)$"), ("CHANGELOG.md", r"^## (\d.+)$")])
def test_citation_and_changelog_have_the_version_of_the_plugin(root, name, pattern):
    version = re.search(r"^version=(.+)$", (root / "metadata.txt").read_text(encoding="utf-8"), re.MULTILINE).group(1)
    assert version in re.findall(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
