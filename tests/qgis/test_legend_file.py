"""Legends that users have already: styles of QGIS, tables, colour maps; and files that are none."""

import json

import pytest
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsMarkerSymbol,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

TABLE = (
    "código;nombre;color;peso;superior\n10;Queñual;#358221;1,5;\n20;Bofedal;87d19e;;\n11;Queñual joven;#449944;;10\n"
)


def read(allpa, path):
    from allpa.plugin.legend_file import read_legend_file

    return read_legend_file(path)


def rows(found):
    return [(land.code, land.name, land.color) for land in found.legend]


def category_style(path):
    """What QGIS writes of a layer whose field `uso` is styled by categories."""
    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=uso:string", "puntos", "memory")
    categories = []
    for value, label, color in (
        ("bosq", "Bosque alto", "#112233"),
        ("bofe", "Bofedal", "#445566"),
        ("", "otros", "#777777"),
    ):
        symbol = QgsMarkerSymbol.createSimple({})
        symbol.setColor(QColor(color))
        categories.append(QgsRendererCategory(value, symbol, label))
    layer.setRenderer(QgsCategorizedSymbolRenderer("uso", categories))
    assert layer.saveNamedStyle(str(path))[1]


def palette_style(path, raster):
    """What QGIS writes of a raster with a palette."""
    layer = QgsRasterLayer(str(raster), "mapa")
    entries = ((0, "#000000", "sin datos"), (3, "#A7D282", "Pajonal"), (250, "#FF00FF", "Puna"))
    classes = [QgsPalettedRasterRenderer.Class(code, QColor(color), name) for code, color, name in entries]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))
    assert layer.saveNamedStyle(str(path))[1]


def test_a_style_with_categories_gives_names_colours_and_values(allpa, tmp_path):
    category_style(tmp_path / "uso.qml")
    found = read(allpa, tmp_path / "uso.qml")
    assert rows(found) == [(1, "Bosque alto", "#112233"), (2, "Bofedal", "#445566")]
    assert found.codes_of(["Bosq", "bofe", "2", "x"]) == {"Bosq": 1, "bofe": 2, "2": 2}


def test_the_palette_of_a_raster_keeps_its_codes_and_leaves_no_data_out(allpa, tmp_path):
    from osgeo import gdal

    gdal.GetDriverByName("GTiff").Create(str(tmp_path / "m.tif"), 2, 2, 1, gdal.GDT_Byte).FlushCache()
    palette_style(tmp_path / "m.qml", tmp_path / "m.tif")
    assert rows(read(allpa, tmp_path / "m.qml")) == [(3, "Pajonal", "#A7D282"), (250, "Puna", "#FF00FF")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_table_in_spanish_gives_weights_and_parents(allpa, tmp_path, encoding):
    path = tmp_path / "leyenda.csv"
    path.write_bytes(TABLE.encode(encoding))
    found = read(allpa, path)
    assert rows(found) == [(10, "Queñual", "#358221"), (11, "Queñual joven", "#449944"), (20, "Bofedal", "#87D19E")]
    assert [land.weight for land in found.legend] == [1.5, 1.0, 1.0]
    assert [land.parent for land in found.legend] == [None, 10, None]


def test_names_alone_are_enough(allpa, tmp_path):
    (tmp_path / "n.csv").write_text("class\nForest\nWater\n")
    found = read(allpa, tmp_path / "n.csv")
    assert [(land.code, land.name) for land in found.legend] == [(1, "Forest"), (2, "Water")]
    assert len({land.color for land in found.legend}) == 2


def test_a_colour_map_that_qgis_exported_is_read(allpa, tmp_path):
    text = "# QGIS Color Map\nINTERPOLATION:EXACT\n5,255,219,91,255,Maíz\n7,237,2,42,255,Pueblo\n"
    (tmp_path / "m.txt").write_text(text)
    assert rows(read(allpa, tmp_path / "m.txt")) == [(5, "Maíz", "#FFDB5B"), (7, "Pueblo", "#ED022A")]


def test_a_legend_of_allpa_is_read(allpa, tmp_path):
    legend = {"format": "allpa-legend", "version": 1, "classes": [{"code": 9, "name": "A"}, {"code": 3, "name": "B"}]}
    (tmp_path / "legend.json").write_text(json.dumps(legend))
    assert {land.name for land in read(allpa, tmp_path / "legend.json").legend} == {"A", "B"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\n\n#\n"),
        ("a.csv", b"x,y\n1,2\n"),
        ("a.csv", b"code,name\n300,A\n2,B\n"),
        ("a.csv", b"code,name\n1,A\n1,B\n"),
        ("a.csv", b"code,name\n1,A\n2,a\n"),
        ("a.csv", b"code,name\nx,A\n2,B\n"),
        ("a.csv", b"code,name,color\n1,A,blue\n2,B,red\n"),
        ("a.csv", b"code,name,parent\n1,A,9\n2,B,\n"),
        ("a.csv", b"name\n" + b"\n".join(b"n%d" % n for n in range(300))),
        ("a.qml", b"<qgis/>"),
        ("a.qml", b"not xml"),
        ("a.qml", b'<!DOCTYPE q [<!ENTITY a "b">]><qgis><paletteEntry value="1" label="&a;" color="#000000"/></qgis>'),
        ("a.qml", bytes(range(256)) * 20),
        ("a.json", b"[]"),
        ("none.csv", None),
    ],
)
def test_what_is_no_legend_is_refused_in_a_sentence(allpa, tmp_path, name, content):
    from allpa.plugin.allpa_engine.core.errors import LegendInvalid

    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LegendInvalid) as refused:
        read(allpa, tmp_path / name)
    assert refused.value.what
