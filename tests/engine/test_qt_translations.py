"""The Spanish of dock, options and algorithms is complete, current and fits its English."""

import ast
import re

import pytest
import qt_translations
import translations
from allpa_engine.core import errors

SHOWING = re.compile(
    r"set(Text|Title|WindowTitle|ToolTip|StatusTip|Help|Suffix|PlaceholderText|SpecialValueText|Accessible\w+)|push\w+|"
    r"reportError|add(Action|Item|Row|Tab)|Q(Label|Action|GroupBox|PushButton|ToolButton|RadioButton|CheckBox|MessageBox)"
)
"""Calls whose texts users see."""
FIELD = re.compile(r"\{[^}]*\}")


def test_every_text_has_its_spanish_with_the_same_fields():
    """Where this fails: run `python tools/translations.py`, write the Spanish into the `.ts`, run it again."""
    saved = qt_translations.read_ts()
    assert {key for key in qt_translations.marked_texts() if not saved.get(key)} == set()
    wrong = {key for key, spanish in saved.items() if sorted(FIELD.findall(key[1])) != sorted(FIELD.findall(spanish))}
    assert wrong == set()


def test_the_committed_files_are_what_the_tool_makes_of_the_sources():
    assert translations.stale_files(update=False) == []


def untranslated_in(tree):
    """Words that a call shows, or that an error says, as they stand in the source."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func).rpartition(".")[2]
        for argument in call.args if SHOWING.fullmatch(name) or (name[0].isupper() and hasattr(errors, name)) else []:
            text = "".join(
                part.value
                for part in getattr(argument, "values", [argument])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
            if re.search(r"[A-Z][a-z]{2}|[a-z] [a-z]", text) and text != "Allpa":
                yield ast.unparse(call)


def test_no_text_is_shown_as_it_stands_in_the_source():
    paths = list(qt_translations.source_files())
    assert len(paths) > 40
    shown = [text for path in paths for text in untranslated_in(ast.parse(path.read_text(encoding="utf-8")))]
    assert shown == []


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A made-up source file, the only one that is searched."""
    monkeypatch.setattr(qt_translations, "SOURCES", (tmp_path,))
    monkeypatch.setattr(qt_translations, "TS", tmp_path / "allpa_es.ts")
    return tmp_path / "dock.py"


def test_texts_are_found_with_the_context_that_qt_uses(source):
    source.write_text(
        'TITLE = translatable("Year")\n'
        'class Dock:\n    def show(self):\n        self.tr("Run " "now")\n        tr("Folder")\n        tr(TITLE)\n'
        'QCoreApplication.translate("Job", "Stop")\n'
    )
    assert qt_translations.marked_texts() == {
        ("Allpa", "Year"),
        ("Allpa", "Folder"),
        ("Dock", "Run now"),
        ("Job", "Stop"),
    }


@pytest.mark.parametrize(
    "call", ['self.tr(f"{year} map")', "self.tr(title)", 'tr(f"{year} map")', 'tr("map of " + year)']
)
def test_a_text_that_cannot_be_extracted_is_refused(source, call):
    source.write_text(f"class Dock:\n    def show(self):\n        {call}\n")
    with pytest.raises(SyntaxError, match="cannot be extracted"):
        qt_translations.marked_texts()


def test_a_removed_text_goes_and_a_new_one_waits_for_its_spanish(source):
    texts = {("Allpa", "Year"): "Año", ("Allpa", "Gone"): "Ido"}
    qt_translations.TS.write_text(qt_translations.ts_text(texts), encoding="utf-8")
    assert qt_translations.read_ts() == texts
    source.write_text('tr("Year")\ntr("New & <b>")\nclass Dock:\n    def show(self):\n        self.tr("Year")\n')
    updated = qt_translations.updated_texts()
    assert updated == {("Allpa", "New & <b>"): "", ("Allpa", "Year"): "Año", ("Dock", "Year"): "Año"}
    qt_translations.TS.write_text(qt_translations.ts_text(updated), encoding="utf-8")
    assert qt_translations.read_ts() == updated
