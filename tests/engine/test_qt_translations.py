"""The Spanish of dock, options and algorithms is complete, current and fits its English."""

import re

import pytest
import qt_translations
import translations

FIELD = re.compile(r"\{[^}]*\}")


def test_every_text_has_its_spanish_with_the_same_fields():
    """Where this fails: run `python tools/translations.py`, write the Spanish into the `.ts`, run it again."""
    saved = qt_translations.read_ts()
    assert {key for key in qt_translations.marked_texts() if not saved.get(key)} == set()
    wrong = {key for key, spanish in saved.items() if sorted(FIELD.findall(key[1])) != sorted(FIELD.findall(spanish))}
    assert wrong == set()


def test_the_committed_files_are_what_the_tool_makes_of_the_sources():
    assert translations.stale_files(update=False) == []


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A made-up source file, the only one that is searched."""
    monkeypatch.setattr(qt_translations, "SOURCES", (tmp_path,))
    monkeypatch.setattr(qt_translations, "TS", tmp_path / "allpa_es.ts")
    return tmp_path / "dock.py"


def test_texts_are_found_with_the_context_in_which_qt_looks_them_up(source):
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
