"""The model of two years on the real engine: the change that it finds is the one that the land went through."""

import csv
import json
from pathlib import Path

import pytest
from served_archive import needs_engine, qgis_process, write_rectangles

pytestmark = needs_engine
TREES, CROPS, BUILT = 2, 5, 7
EDGES = (645, 885, 780, 928)
"""The felled stand and the new houses, in pixels of the archive: columns, then rows."""


def read_codes(path, edges=None):
    from osgeo import gdal

    raster = gdal.Open(str(path))
    if edges is None:
        return raster.ReadAsArray()
    first_column, last_column, first_row, last_row = edges
    return raster.ReadAsArray(first_column, first_row, last_column - first_column, last_row - first_row)


def matrix_ha(path):
    """The table of transitions: hectares by the names of both classes."""
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = [row for row in csv.reader(stream) if len(row) > 2]
    return {(row[0], name): float(cell) for row in rows for name, cell in zip(header[1:], row[1:])}


def require_the_known_change(root, first, second, table):
    """The maps changed where the land did, and the table counts what the maps show."""
    truth = [read_codes(root / "build/archive" / name, EDGES) for name in ("truth.tif", "truth_2021.tif")]
    maps = [read_codes(path) for path in (first, second)]
    assert maps[0].shape == maps[1].shape == truth[0].shape
    changed, mapped_change = truth[0] != truth[1], maps[0] != maps[1]
    assert changed.sum() > 12_000
    assert mapped_change[changed].mean() > 0.9
    assert mapped_change[~changed].mean() < 0.3  # errors of both maps
    table_ha = matrix_ha(table)
    for before, after, names in ((TREES, CROPS, ("Trees", "Crops")), (CROPS, BUILT, ("Crops", "Built area"))):
        true, mapped = ((codes[0] == before) & (codes[1] == after) for codes in (truth, maps))
        assert mapped[true].mean() > 0.55, names
        assert true[mapped].mean() > 0.6, names
        assert table_ha[names] == pytest.approx(mapped.sum() / 100, abs=0.005)
    kinds = {pair: ha for pair, ha in table_ha.items() if pair[0] != pair[1] and "Total" not in pair}
    assert max(kinds, key=kinds.get) == ("Trees", "Crops")
    gain_ha = table_ha["Total", "Built area"] - table_ha["Built area", "Total"]
    assert gain_ha == pytest.approx(((truth[1] == BUILT).sum() - (truth[0] == BUILT).sum()) / 100, rel=0.5)


def values_of(archive, region, folder):
    """The model's values."""
    folders = {f"{step}:FOLDER": str(folder / step) for step in ("first", "second", "change")}
    return {"REGION": region, "FIRST_YEAR": 2020, "SECOND_YEAR": 2021, "CATALOGUE_URL": archive["stac_url"], **folders}


def test_two_years_in_a_terminal(archive, engine_python, root, tmp_path):
    from qgis_profile import make_profile

    region = write_rectangles(tmp_path / "region.geojson", Abancay=EDGES)
    values = values_of(archive, region, tmp_path)
    environment = make_profile(tmp_path / "profile", engine_python)
    done = qgis_process(environment, "run", "allpa:two_years", "--json", *(f"--{k}={v}" for k, v in values.items()))
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    assert results["change:FOLDER"] == str(tmp_path / "change")
    require_the_known_change(
        root,
        tmp_path / "first/landcover_2020.tif",
        tmp_path / "second/landcover_2021.tif",
        tmp_path / "change/change_2020_2021.csv",
    )


def test_two_years_in_python_with_their_layers(run_algorithm, archive, engine_python, root, tmp_path, monkeypatch):
    from qgis.core import QgsProcessingContext, QgsProject

    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", engine_python)
    region = write_rectangles(tmp_path / "region.geojson", Abancay=EDGES)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results = run_algorithm("two_years", values_of(archive, region, tmp_path), context=context)
    first, second, change = (Path(results[f"{step}:FOLDER"]) for step in ("first", "second", "change"))
    require_the_known_change(
        root, first / "landcover_2020.tif", second / "landcover_2021.tif", change / "change_2020_2021.csv"
    )
    names = {details.name for details in context.layersToLoadOnCompletion().values()}
    maps = {f"{kind} Abancay {year}" for kind in ("Land cover", "Quality") for year in (2020, 2021)}
    assert names == {*maps, "Change Abancay 2020 – 2021", "Change confidence Abancay 2020 – 2021"}
