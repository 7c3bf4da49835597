"""Texts in two languages: every text of the engine has its Spanish, and JSON keeps what a message was made of."""

import ast
import copy
import gettext
import json
import re
import string
from pathlib import Path

import allpa_engine
import pytest
import translations
from allpa_engine.core.errors import SceneUnreadable
from allpa_engine.core.messages import Message, joined, message, message_from_json, messages_to_json, translate

SOURCES = sorted(Path(allpa_engine.__file__).parent.rglob("*.py"))


def fields(template):
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def test_every_text_has_its_spanish_with_the_same_fields():
    saved = translations.read_po()
    assert len(translations.marked_texts()) > 80
    assert {text for text in translations.marked_texts() if not saved.get(text)} == set()
    assert {english for english, spanish in saved.items() if fields(english) != fields(spanish)} == set()


def test_the_committed_catalogue_is_what_the_tool_makes_of_the_sources():
    """Where this fails: run `python tools/translations.py`, write missing Spanish into the `.po`, run it again."""
    texts = translations.updated_texts()
    assert translations.PO.read_text(encoding="utf-8") == translations.po_text(texts)
    assert translations.MO.read_bytes() == translations.mo_bytes(texts)


def test_gettext_reads_every_text_of_the_catalogue():
    """The compiled file is written by hand-made code, so the standard library is asked for each text."""
    catalogue = gettext.translation("allpa", translations.PO.parents[2], ["es"])
    texts = translations.read_po()
    assert {english: catalogue.gettext(english) for english in texts} == texts


def test_a_catalogue_with_quotes_and_breaks_comes_back(tmp_path, monkeypatch):
    texts = {'a "quoted" text': "una «cita»\\n", "two\nlines\tand a tab": "dos\nlíneas"}
    monkeypatch.setattr(translations, "PO", tmp_path / "allpa.po")
    translations.PO.write_text(translations.po_text(texts), encoding="utf-8")
    assert translations.read_po() == texts


def test_the_empty_text_has_no_translation():
    assert translate("", "es") == translate(Message(""), "es") == ""


def put_together(source):
    """Texts of errors, of the log and of progress that are not of the catalogue, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        is_log = (
            isinstance(node.func, ast.Attribute) and node.func.attr == "log" and "eporter" in ast.unparse(node.func)
        )
        for text in translations.texts_for_people(node):
            has_words = any(
                isinstance(part, ast.Constant) and re.search(r"[^\W\d_]{2}", str(part.value)) for part in ast.walk(text)
            )
            is_made = isinstance(text, (ast.JoinedStr, ast.BinOp)) or (
                isinstance(text, ast.Call) and ast.unparse(text.func).endswith((".join", ".format"))
            )
            is_bare = is_log and isinstance(text, ast.Constant) and " " in str(text.value)
            if (is_made and has_words) or is_bare:
                yield node.lineno, ast.unparse(text)


def test_no_text_for_people_is_put_together_in_place():
    """A message takes its values by name; an f-string would reach a Spanish reader in English."""
    found = {
        f"{path.name}:{line}": text for path in SOURCES for line, text in put_together(path.read_text(encoding="utf-8"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        'reporter.log(f"Tile {tile} failed.", "warning")',
        'self._reporter.log("Tile failed.")',
        'reporter.log("Renamed: " + names)',
        'raise JobInvalid(message("x y"), f"It is {value}.")',
        'raise RasterInvalid("It is {}.".format(value))',
        'raise RegionInvalid("The region is empty.", "" if crs else f"It is in {crs}.")',
        'raise wrong_value(subject, value, f"at most {count}")',
    ],
)
def test_a_text_that_is_put_together_is_found(source):
    assert list(put_together(source))


def test_a_message_is_its_english_text_and_is_translated_into_spanish():
    share = message("not selected: only {share:.1%} of the region is clear", share=0.0314)
    assert share == "not selected: only 3.1% of the region is clear"
    assert translate(share, "en") == "not selected: only 3.1% of the region is clear"
    assert translate(share, "es") == "no seleccionada: solo el 3,1\u202f% de la región está despejado"
    assert translate("A file of the scene is incomplete.", "es") == "Un archivo de la escena está cortado."
    assert translate("whatever GDAL says", "es") == "whatever GDAL says"


def test_messages_within_messages_are_translated_too():
    error = SceneUnreadable(
        message("A file of the scene could not be read: {reason}.", reason="the server has stalled")
    )
    whole = message("{what} {why}", what=error.what, why=message("Tried {count} times in a row.", count=5))
    assert whole == "A file of the scene could not be read: the server has stalled. Tried 5 times in a row."
    assert translate(whole, "es") == (
        "Un archivo de la escena no se pudo leer: el servidor se detuvo. Se intentó 5 veces seguidas."
    )


def test_json_keeps_sentences_and_edited_texts_stay_as_they_are():
    inner = message("the server answered {status}", status=503)
    texts = ["plain", message("A file of the scene could not be read: {reason}.", reason=inner)]
    beside = json.loads(json.dumps(messages_to_json(texts)))
    back = [message_from_json(str(text), beside) for text in texts]
    assert back == texts
    assert translate(back[1], "es") == translate(texts[1], "es") != texts[1]
    assert type(message_from_json("excluded by hand", beside)) is str


@pytest.mark.parametrize(
    "messages",
    [
        {"x": {"template": "y"}},
        {"x": {"template": "y", "values": {}}},
        {"x": {"template": "{a:>99999999999}", "values": {"a": 1}}},
        {"x": {"template": "{a.__class__}", "values": {"a": "b"}}},
        {"x": {"template": 3, "values": {}}},
        {"x": None},
    ],
)
def test_a_template_that_the_text_was_not_made_of_leaves_the_text_as_it_is(messages):
    assert message_from_json("x", messages) == "x"


def test_a_copied_sentence_is_still_one():
    text = message("Tried {count} times in a row.", count=3)
    copied = copy.deepcopy(text)
    assert isinstance(copied, Message)
    assert translate(copied, "es") == "Se intentó 3 veces seguidas."


def test_a_refusal_made_of_several_sentences_is_translated_whole():
    """The reasons for which labels are left out are shown in one line of an error."""
    reasons = joined([message("Labels without a class, which are left out: {count}.", count=3), "Water"])
    assert reasons == "Labels without a class, which are left out: 3. Water"
    assert translate(reasons, "es") == "Etiquetas sin clase, que se excluyen: 3. Agua"
    assert joined([]) == translate(joined([]), "es") == ""
