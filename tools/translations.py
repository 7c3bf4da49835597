"""The message catalogues: `python tools/translations.py` updates and compiles them, `--check` only compares.

Texts are found in the sources: the first argument of `message(...)` and `translatable(...)`, whatever the errors are
raised with, the names of classes and bands, and `{{ _("...") }}` in the templates of reports. New ones are added to
`plugin/allpa_engine/locale/es/LC_MESSAGES/allpa.po` without a translation, those that stand in no source any more are
removed, and `allpa.mo`, which the engine reads, is written. Write the Spanish into the `.po` and run it again; both
files are committed. The texts of dock, options and algorithms are of `qt_translations.py`, which runs with it.
"""

from __future__ import annotations

import ast
import json
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import qt_translations

ENGINE = Path(__file__).resolve().parent.parent / "plugin" / "allpa_engine"
PO = ENGINE / "locale" / "es" / "LC_MESSAGES" / "allpa.po"
MO = PO.with_suffix(".mo")
HEADER = "Language: es\nContent-Type: text/plain; charset=UTF-8\n"
TEXT_ARGUMENTS = {"message": 0, "translatable": 0, "_bundled": 1, "RasterBand": 1}
"""Which argument of a call is a text of the catalogue."""
CALLS_WITH_TEXTS = frozenset(
    {
        *("DecodeError", "TransientError", "wrong_value", "changed_file", "unknown_codes", "too_large", "log"),
        *("_wrong", "_invalid", "_refuse", "_other_structure", "_damaged", "_not_possible", "_unreadable", "_failure"),
    }
)
"""Functions that take texts for people beside other arguments: each text with a space is of the catalogue."""
_IN_TEMPLATE = re.compile(r'\b_\("((?:[^"\\]|\\.)*)"\)')


def marked_texts() -> set[str]:
    """Every text of the engine that must have a translation."""
    found = {text for tree in _syntax_trees() for text in _marked_in(tree)}
    for path in ENGINE.rglob("*.html"):
        found |= set(_IN_TEMPLATE.findall(path.read_text(encoding="utf-8")))
    return {text for text in found if re.search(r"[^\W\d_]", re.sub(r"\{[^}]*\}", "", text))}


def literal_texts() -> set[str]:
    """Every text that stands in the engine's sources: a translation of another one is left over."""
    nodes = (node for tree in _syntax_trees() for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _syntax_trees() -> Iterator[ast.Module]:
    for path in sorted(ENGINE.rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


@cache
def error_classes() -> frozenset[str]:
    """`AllpaError` and the names of all classes that derive from it."""
    classes = {node for tree in _syntax_trees() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    found, before = {"AllpaError"}, 0
    while len(found) > before:
        before = len(found)
        found |= {node.name for node in classes if found & {ast.unparse(base).split(".")[-1] for base in node.bases}}
    return frozenset(found)


def texts_for_people(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call that people read: of an error, or of a function such as `reporter.log`."""
    name = ast.unparse(node.func).split(".")[-1]
    if name not in error_classes() | CALLS_WITH_TEXTS:
        return []
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    return [branch for argument in arguments for branch in _branches(argument)]


def _branches(argument: ast.expr) -> list[ast.expr]:
    """What an argument can be: both sides of a condition, or itself."""
    if isinstance(argument, ast.IfExp):
        return [*_branches(argument.body), *_branches(argument.orelse)]
    if isinstance(argument, ast.BoolOp):
        return [branch for value in argument.values for branch in _branches(value)]
    return [argument]


def _marked_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _advice_of(node)
        if isinstance(node, ast.Call):
            for text in texts_for_people(node):
                if isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value:
                    yield text.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXT_ARGUMENTS:
            index = TEXT_ARGUMENTS[node.func.id]
            argument = node.args[index] if index < len(node.args) else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def _advice_of(error: ast.ClassDef) -> Iterator[str]:
    """The next step that a class of errors gives."""
    for node in error.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "advice":
            yield from (text for text in [ast.literal_eval(node.value)] if text)


def read_po() -> dict[str, str]:
    """Spanish by English text, as committed."""
    texts: dict[str, str] = {}
    parts: dict[str, str] = {}
    keyword = ""
    for line in [*PO.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith(("msgid ", "msgstr ")):
            keyword, _, line = line.partition(" ")
            parts[keyword] = ""
        if line.startswith('"'):
            parts[keyword] += json.loads(line)  # PO escapes what is in quotes as JSON does
        elif not line and parts:
            texts[parts["msgid"]] = parts["msgstr"]
            parts = {}
    texts.pop("")  # the header
    return texts


def updated_texts() -> dict[str, str]:
    """Spanish by English text for the sources as they are; new texts have none yet."""
    saved = read_po()
    wanted = marked_texts() | (set(saved) & literal_texts())
    return {text: saved.get(text, "") for text in sorted(wanted)}


def po_text(texts: Mapping[str, str]) -> str:
    """The catalogue for people; the same texts give the same file."""
    entries = [f"msgid {_quoted(english)}\nmsgstr {_quoted(spanish)}\n" for english, spanish in texts.items()]
    header = 'msgid ""\nmsgstr ""\n' + "".join(f"{_quoted(line)}\n" for line in HEADER.splitlines(keepends=True))
    return "\n".join([header, *entries])


def mo_bytes(texts: Mapping[str, str]) -> bytes:
    """The catalogue as gettext reads it: seven numbers, the tables of lengths and offsets, the texts."""
    pairs = sorted({"": HEADER, **{key: value for key, value in texts.items() if value}}.items())
    columns = [[text.encode() for text in column] for column in zip(*pairs, strict=True)]
    offset = 28 + 16 * len(pairs)
    tables, contents = b"", b""
    for text in (text for column in columns for text in column):
        tables += struct.pack("<II", len(text), offset + len(contents))
        contents += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, offset) + tables + contents


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def stale_files(*, update: bool) -> list[Path]:
    """The catalogues that are not what the sources ask for; with `update` they are written."""
    engine, qgis = updated_texts(), qt_translations.updated_texts()
    contents = {
        PO: po_text(engine).encode(),
        MO: mo_bytes(engine),
        qt_translations.TS: qt_translations.ts_text(qgis).encode(),
        qt_translations.QM: qt_translations.qm_bytes(qgis),
    }
    stale = [path for path, content in contents.items() if not path.exists() or path.read_bytes() != content]
    for path in stale if update else ():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(contents[path])
    return stale


def main() -> None:
    """Update and compile, or with `--check` only say what is not current."""
    check = "--check" in sys.argv[1:]
    stale = stale_files(update=not check)
    if check and stale:
        sys.exit("\n".join(["Run python tools/translations.py; these files are not current:", *map(str, stale)]))
    qgis = {english: spanish for (_, english), spanish in qt_translations.updated_texts().items()}
    missing = [english for texts in (updated_texts(), qgis) for english, spanish in texts.items() if not spanish]
    if missing:
        sys.exit("\n".join(["These texts have no Spanish:", *missing]))


if __name__ == "__main__":
    main()
