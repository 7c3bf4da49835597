"""One Spanish term for each idea, wherever users read: dock, dialogs, log, report, guide, and the plugin's description.

The terms are those of the region's geographers and of QGIS in Spanish: the ministry of the environment of Peru maps the
"cobertura de la tierra", land has a "superficie", and QGIS calls a plugin "complemento" and a CRS "SRC".
"""

import html
import re

import pytest
import qt_translations
import translations

FORBIDDEN = {
    r"áreas?(?! construidas?)": "superficie; ámbito, where no area is measured",
    r"cobertura (del suelo|terrestre|vegetal)": "cobertura de la tierra",
    r"imagen(es)? de(l)? satélite": "imagen satelital",
    r"nubes por ciento": "nubosidad",
    r"periodos?": "período",
    r"añad\w*": "agregar",
    r"temporadas?": "estación",
    r"ficheros?": "archivo",
    r"directorios?": "carpeta",
    r"ordenador(es)?|computador(a|as|es)?": "equipo",
    r"teja[s]?|mosaicos?|baldosas?": "tesela",
    r"raster(s|es)?": "ráster",
    r"plugins?": "complemento",
    r"clusters?": "clúster",
    r"pixel(es|s)?": "píxel",
    r"crs": "SRC",
    r"fiabilidad": "confianza or exactitud",
    r"salvar|salve": "guardar",
    r"clickear|cliquear|click": "hacer clic",
    r"chequear|chequee|testear": "revisar, verificar",
    r"mapear|mapeo|mapead[oa]s?": "cartografiar",
    r"remover|remueva": "quitar",
    r"tú|tus?|ti|vosotros|vuestr[oa]s?": "usted, su",
    r"haz|(elige|guarda|dibuja) tu": "haga, elija, guarde, dibuje",
}
"""What is not written, as a pattern of whole words, and what is written instead."""
_NOT_WORDS = re.compile(
    r"\{[^}]*\}|\[[^\]]*\]|«[^»]*»"
    r"|`[^`]*`|'[^']*'|\"[^\"]*\"|<code>.*?</code>|\b\w+(?==)|\b[\w.]+_\w+|\b\w+: |\S*[/:]\S+"
)
"""Names of fields, values and files, which are the same in every language."""


def spanish_texts(root):
    """Every Spanish text with where it stands."""
    for english, spanish in translations.read_po().items():
        yield f"log and report: {english[:60]}", spanish
    for (context, english), spanish in qt_translations.updated_texts().items():
        yield f"{context}: {english[:60]}", spanish
    page = (root / "resources/help/index_es.html").read_text(encoding="utf-8")
    yield (
        "guide",
        html.unescape(
            re.sub(r"<(style|script).*?</\1>|<pre.*?</pre>|<code>.*?</code>|<[^>]+>", " ", page, flags=re.DOTALL)
        ),
    )
    for line in (root / "metadata.txt").read_text(encoding="utf-8").splitlines():
        name, _, text = line.partition("=")
        if name.endswith("[es]"):
            yield f"metadata.txt {name}", text


def forbidden_in(text):
    """What of a text is not written, by what is written instead."""
    plain = _NOT_WORDS.sub(" ", text)
    found = {}
    for pattern, term in FORBIDDEN.items():
        for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", plain, re.IGNORECASE):
            found[match[0]] = term
    return found


def test_each_idea_has_one_spanish_term(root):
    found = {place: words for place, text in spanish_texts(root) if (words := forbidden_in(text))}
    assert found == {}


def test_there_is_spanish_in_each_place(root):
    places = [place.split(" ")[0] for place, _ in spanish_texts(root)]
    assert len(places) > 2000
    assert {"guide", "metadata.txt"} <= set(places)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Tabla de áreas por zona", "áreas"),
        ("El área que cubren", "área"),
        ("Cobertura del suelo 2020", "Cobertura del suelo"),
        ("Elija el fichero", "fichero"),
        ("un raster de calidad", "raster"),
        ("Añada etiquetas", "Añada"),
        ("Guarda tu mapa", "Guarda tu"),
    ],
)
def test_a_forbidden_word_is_found(text, word):
    assert word in forbidden_in(text)


@pytest.mark.parametrize(
    "text", ["Área construida", "«raster»", "El mapa {raster} no existe", "CRS=EPSG:4326", "tesela"]
)
def test_names_of_values_and_classes_are_no_words(text):
    assert forbidden_in(text) == {}
