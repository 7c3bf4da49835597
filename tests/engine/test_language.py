"""Sentences in two languages: every template of the engine has its Spanish, and JSON keeps what was message."""

import ast
import copy
import json
import string
from pathlib import Path

import allpa_engine
import pytest
from allpa_engine.core.errors import SceneUnreadable
from allpa_engine.core.messages import Message, message, message_from_json, messages_to_json, translate
from allpa_engine.core.messages_es import SPANISH_MESSAGES

SOURCES = sorted(Path(allpa_engine.__file__).parent.rglob("*.py"))
SHOWN_IN_REPORTS = ("SceneUnreadable", "SceneUnsupported", "TransientError")
"""What is raised with these ends in the report as the reason why a scene failed or was refused."""


def literals(node):
    """Texts of a syntax tree."""
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def calls(names):
    """First argument of every call of these names, where it is a text."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
            if named and node.args and isinstance(node.args[0], ast.Constant):
                yield path.name, node.args[0].value


def places(template):
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def test_every_sentence_has_its_spanish():
    said_somewhere = {text for _, text in calls(("message", *SHOWN_IN_REPORTS))}
    words = {
        text for text in said_somewhere if any(part.strip(" ,;:()") for part, *_ in string.Formatter().parse(text))
    }
    assert len(words) > 60
    assert words - set(SPANISH_MESSAGES) == set()


def test_no_spanish_is_left_over_and_places_are_the_same():
    written = set().union(
        *(literals(ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES if path.name != "spanish.py")
    )
    assert set(SPANISH_MESSAGES) - written == set()
    for english, spanish in SPANISH_MESSAGES.items():
        assert places(english) == places(spanish), english


def test_no_reason_is_put_together_where_it_is_raised():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWN_IN_REPORTS:
                assert not (node.args and isinstance(node.args[0], ast.JoinedStr)), f"{path.name}:{node.lineno}"


def test_a_sentence_is_its_english_and_is_told_in_spanish():
    share = message("not selected: only {share:.1%} of the region is clear", share=0.0314)
    assert share == "not selected: only 3.1% of the region is clear"
    assert translate(share, "en") == "not selected: only 3.1% of the region is clear"
    assert translate(share, "es") == "no seleccionada: solo el 3,1\u202f% de la región está despejado"
    assert translate("A file of the scene was cut short.", "es") == "Un archivo de la escena está cortado."
    assert translate("whatever GDAL says", "es") == "whatever GDAL says"


def test_sentences_within_sentences_are_told_too():
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
    assert type(message_from_json("left by hand", beside)) is str
    with pytest.raises((KeyError, TypeError)):
        message_from_json("x", {"x": {"template": "y"}})


def test_a_copied_sentence_is_still_one():
    text = message("Tried {count} times in a row.", count=3)
    copied = copy.deepcopy(text)
    assert isinstance(copied, Message)
    assert translate(copied, "es") == "Se intentó 3 veces seguidas."
