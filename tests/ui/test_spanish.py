"""QGIS in Spanish: dock, options page and algorithms show no English, and unloading gives English back."""

import ast
import errno
import re
from pathlib import Path

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsProcessingParameterEnum
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QLabel, QWidget
from spanish_texts import english_in, qt_translations, shown_texts


def test_every_text_is_translated_as_the_file_says(spanish):
    texts = qt_translations.read_ts()
    assert {key: QCoreApplication.translate(*key) for key in texts} == texts


@pytest.mark.parametrize("locale", ["es", "es_ES", "es_PE", "es_MX"])
def test_every_spanish_gets_the_translation_until_the_plugin_is_unloaded(start_plugin, locale):
    from allpa.plugin.translation import tr

    plugin = start_plugin(locale)
    assert tr("Output folder") == "Carpeta de salida"
    plugin.unload()
    assert tr("Output folder") == "Output folder"


def test_other_languages_get_english(start_plugin):
    from allpa.plugin.translation import tr

    start_plugin("fr")
    assert tr("Output folder") == "Output folder"


def test_the_dock_is_in_spanish(spanish, dock):
    wait_until(lambda: dock.engine.ready is not None)
    texts = set(shown_texts(dock))
    assert {"Ejecutar", "Dónde", "Escenas", "Catálogo", "Carpeta", "Nubosidad máxima", "Buscar escenas"} <= texts
    assert english_in(texts) == []


def test_the_options_page_is_in_spanish(spanish, algorithms, clean_settings):
    from allpa.ui.options import AllpaOptionsFactory

    parent = QWidget()
    page = AllpaOptionsFactory().createWidget(parent)
    wait_until(lambda: page.findChild(QLabel, "allpaEngineText").text() != "")
    texts = set(shown_texts(page))
    assert {"Motor", "Carpeta de caché", "Claves S3"} <= {text.rstrip(":") for text in texts}
    assert english_in(texts) == []
    parent.deleteLater()


def choices_of(definition):
    """Names that are typed as they are in every language: the choices of a parameter."""
    return definition.options() if isinstance(definition, QgsProcessingParameterEnum) else []


def test_the_algorithms_are_in_spanish(spanish, provider):
    texts, choices = [], set()
    for algorithm in provider.algorithms():
        choices |= {word for definition in algorithm.parameterDefinitions() for word in choices_of(definition)}
        texts += [algorithm.displayName(), algorithm.group(), algorithm.shortDescription()]
        texts += algorithm.shortHelpString().split("\n\n")[:-1]  # the last is a call in Python
        texts += [definition.description() for definition in algorithm.parameterDefinitions()]
        texts += [definition.description() for definition in algorithm.outputDefinitions()]
    assert {"Mapa anual de cobertura de la tierra", "Carpeta de salida", "Nubosidad máxima (%)"} <= set(texts)
    names = re.compile(rf"\b({'|'.join(map(re.escape, sorted(choices)))})\b")
    assert english_in(names.sub("", text) for text in texts) == []


def test_a_choice_that_is_optional_says_so_in_spanish(spanish, provider):
    from allpa.ui.choice_widget import ChoiceWidget

    definition = provider.algorithm("landcoverchange").parameterDefinition("CLASS")
    assert ChoiceWidget(definition).label.text() == f"{definition.description()} [opcional]"


def test_a_folder_that_cannot_be_written_is_refused_in_spanish(spanish, provider, tmp_path):
    from qgis.core import QgsProcessingContext

    (tmp_path / "file").write_text("", encoding="utf-8")
    accepted, text = provider.algorithm("landcovermap").checkParameterValues(
        {"EXTENT": "-72.9,-72.8,-13.7,-13.6 [EPSG:4326]", "YEAR": 2020, "FOLDER": str(tmp_path / "file" / "map")},
        QgsProcessingContext(),
    )
    assert not accepted
    assert text.splitlines()[1:] == [
        "Un archivo tiene el nombre de una carpeta por crear. (File exists)",
        "Elija una carpeta en la que pueda escribir.",
    ]


def test_errors_of_the_engine_are_in_spanish(spanish, feedback, tmp_path):
    from allpa.plugin.algorithms.base import error_text
    from allpa.plugin.allpa_engine.core.atomic import to_allpa_error
    from allpa.plugin.allpa_engine.core.errors import AllpaError
    from allpa.plugin.allpa_engine.core.protocol import format_error
    from allpa.plugin.worker.process import EngineWorker

    line = format_error(to_allpa_error(OSError(errno.EDQUOT, "over quota"), Path("/datos/mapa.tif")))
    (tmp_path / "line").write_text(line + "\n", encoding="utf-8")
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat '{tmp_path}/line'\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    with pytest.raises(AllpaError) as caught:
        EngineWorker(python, feedback).run(["run"])
    assert error_text(caught.value).splitlines() == [
        "El disco se llenó al escribir mapa.tif en /datos.",
        "La cuota de su cuenta está agotada.",
        "Libere espacio en disco o elija otra carpeta y ejecute de nuevo: los pasos terminados se conservan.",
    ]


def test_errors_are_in_spanish_with_their_next_step(spanish, provider, tmp_path):
    from qgis.core import QgsProcessingContext

    algorithm = provider.algorithm("searchscenes")
    accepted, text = algorithm.checkParameterValues(
        {"EXTENT": "-72.9,-72.8,-13.7,-13.6 [EPSG:4326]", "START": "2021-02-01", "END": "2021-01-01"},
        QgsProcessingContext(),
    )
    assert not accepted
    assert text.splitlines()[0] == "El período termina antes de empezar."
    assert english_in(text.splitlines()) == []


def test_the_help_page_is_in_spanish_and_names_things_as_they_are_shown(spanish, provider):
    from allpa.plugin import help_pages
    from allpa.plugin.translation import tr

    english, page = (help_pages.HELP_FOLDER / name for name in ("index.html", "index_es.html"))
    assert help_pages.help_page() == page
    texts = [file.read_text(encoding="utf-8") for file in (english, page)]
    tags = [re.findall(r"</?\w+|<code>[^<]*", text) for text in texts]
    assert tags[0] == tags[1]
    assert english_in(re.sub(r"<(style|code|pre)>.*?</\1>|<[^>]*>", "\n", texts[1], flags=re.DOTALL).splitlines()) == []
    for algorithm in provider.algorithms():
        assert f"<code>{algorithm.id()}</code></td><td>{algorithm.displayName()}" in texts[1]
    for shown in ("Install engine", "Land-cover map…"):
        assert f"{tr(shown)}</b>" in texts[1].replace("&hellip;", "…")


def test_no_class_that_translates_its_texts_is_subclassed():
    """Qt looks a text up under the class of the object, the tool under the class in whose source it stands."""
    contexts = {context for context, _ in qt_translations.marked_texts()}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in qt_translations.source_files()]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert len(classes) > 40
    assert [node.name for node in classes if contexts & {ast.unparse(base) for base in node.bases}] == []
