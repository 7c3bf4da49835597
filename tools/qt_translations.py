"""The Qt translations of dock, options and algorithms; `python tools/translations.py` updates and compiles them.

Texts are found in the sources of `plugin/` and `ui/`: `tr("...")` and `translatable("...")` are of the context
`Allpa`, `self.tr("...")` is of its class, as Qt looks it up, and `QCoreApplication.translate` names its context. The
translations are in `resources/i18n/allpa_es.ts`, which Qt Linguist opens too; QGIS reads `allpa_es.qm`.
"""

from __future__ import annotations

import ast
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (ROOT / "plugin", ROOT / "ui")
TS = ROOT / "resources" / "i18n" / "allpa_es.ts"
QM = TS.with_suffix(".qm")
CONTEXT = "Allpa"
"""Context of `tr` and `translatable`."""
_QM_MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_HASHES, _MESSAGES, _LANGUAGE = 0x42, 0x69, 0xA7
_END, _TRANSLATION, _SOURCE, _CONTEXT, _COMMENT = 1, 3, 6, 7, 8

Texts = dict[tuple[str, str], str]
"""Translation by context and English text."""


def marked_texts() -> set[tuple[str, str]]:
    """Context and English of every text that must have a translation."""
    return {found for path in source_files() for found in _marked_in(ast.parse(path.read_text(encoding="utf-8")), "")}


def source_files() -> Iterator[Path]:
    """The sources of the QGIS side."""
    for folder in SOURCES:
        yield from (path for path in sorted(folder.rglob("*.py")) if "allpa_engine" not in path.parts)


def _marked_in(node: ast.AST, class_name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ClassDef):
        class_name = node.name
    if isinstance(node, ast.Call):
        context, argument = _text_argument(node, class_name)
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield context, argument.value
        elif argument is not None and (context != CONTEXT or isinstance(argument, (ast.JoinedStr, ast.BinOp))):
            raise SyntaxError(f"This text cannot be extracted: {ast.unparse(node)}")
    for child in ast.iter_child_nodes(node):
        yield from _marked_in(child, class_name)


def _text_argument(call: ast.Call, class_name: str) -> tuple[str, ast.expr | None]:
    """Context and text of a call that translates or marks a text; no text for any other call."""
    name = ast.unparse(call.func)
    if name in ("tr", "translatable"):
        return CONTEXT, call.args[0]
    if name == "self.tr":
        return class_name, call.args[0]
    if name == "QCoreApplication.translate" and not isinstance(call.args[1], ast.Name):  # a name: in `tr` itself
        return str(ast.literal_eval(call.args[0])), call.args[1]
    return "", None


def read_ts() -> Texts:
    """The translations as committed."""
    if not TS.exists():
        return {}
    return {
        (context.findtext("name", ""), message.findtext("source", "")): message.findtext("translation", "")
        for context in ElementTree.parse(TS).getroot().iter("context")  # noqa: S314 - a file of this repository
        for message in context.iter("message")
    }


def updated_texts() -> Texts:
    """The translations for the sources as they are; new texts have one only where another context translates them."""
    saved = read_ts()
    elsewhere = {english: spanish for (_, english), spanish in saved.items() if spanish}
    return {key: saved.get(key) or elsewhere.get(key[1], "") for key in sorted(marked_texts())}


def ts_text(texts: Mapping[tuple[str, str], str]) -> str:
    """The translations in the format of Qt Linguist; the same texts give the same file."""
    root = ElementTree.Element("TS", version="2.1", language="es", sourcelanguage="en")
    contexts: dict[str, ElementTree.Element] = {}
    for (name, english), spanish in texts.items():
        if name not in contexts:
            contexts[name] = ElementTree.SubElement(root, "context")
            ElementTree.SubElement(contexts[name], "name").text = name
        message = ElementTree.SubElement(contexts[name], "message")
        ElementTree.SubElement(message, "source").text = english
        translation = ElementTree.SubElement(message, "translation", {} if spanish else {"type": "unfinished"})
        translation.text = spanish
    ElementTree.indent(root)
    xml = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{xml}\n'


def qm_bytes(texts: Mapping[tuple[str, str], str]) -> bytes:
    """The translations as QTranslator reads them: the sorted hashes of the English texts, then the messages."""
    messages = b""
    offsets: dict[int, list[int]] = defaultdict(list)
    for (context, english), spanish in texts.items():
        if spanish:
            offsets[_elf_hash(english.encode())].append(len(messages))
            messages += _record(_TRANSLATION, spanish.encode("utf-16-be")) + _record(_COMMENT, b"")
            messages += _record(_SOURCE, english.encode()) + _record(_CONTEXT, context.encode()) + bytes([_END])
    hashes = b"".join(struct.pack(">II", key, offset) for key in sorted(offsets) for offset in offsets[key])
    sections = ((_LANGUAGE, b"es"), (_HASHES, hashes), (_MESSAGES, messages))
    return _QM_MAGIC + b"".join(_record(tag, content) for tag, content in sections)


def _record(tag: int, content: bytes) -> bytes:
    return struct.pack(">BI", tag, len(content)) + content


def _elf_hash(text: bytes) -> int:
    """The hash by which QTranslator looks a text up."""
    value = 0
    for byte in text:
        value = (value << 4) + byte
        value = (value ^ ((value & 0xF0000000) >> 24)) & 0x0FFFFFFF
    return value or 1
