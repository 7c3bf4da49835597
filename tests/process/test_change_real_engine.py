"""`allpa:landcoverchange` with the real engine: figures equal a plain count, layers are styled, refusals are words."""

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from small_maps import LEFT, YEARS, codes_of, quality_of, write_raster

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")
PIXEL_HA = 0.01

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture
def maps(qgis_app, tmp_path, monkeypatch):
    """Three maps of as many years, with quality rasters, as runs leave them."""
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", ENGINE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = tmp_path / "mapas ñ"
    for year in YEARS:
        write_raster(folder / f"quality_{year}.tif", quality_of())
    return [write_raster(folder / f"landcover_{year}.tif", [codes_of(year)]) for year in YEARS]


def counted(before, after):
    """Hectares from each of ten classes to each, by numpy."""
    both = (before > 0) & (after > 0)
    pairs = np.zeros((11, 11))
    np.add.at(pairs, (before[both], after[both]), PIXEL_HA)
    return pairs[1:, 1:]


def rows_of(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_two_maps_give_the_matrix_the_classes_and_the_numbers(run_algorithm, maps, tmp_path, feedback):
    results = run_algorithm("landcoverchange", {"INPUTS": maps[:2], "FOLDER": str(tmp_path / "out put")})
    expected = counted(codes_of(2018), codes_of(2019))
    rows = rows_of(results["MATRIX"])
    written = np.array([[float(cell) for cell in row[1:11]] for row in rows[1:11]])
    np.testing.assert_allclose(written, expected, atol=0.005)
    assert results["COMPARED_HA"] == pytest.approx(expected.sum())
    assert results["CHANGED_HA"] == pytest.approx(expected.sum() - np.trace(expected))
    for place, change in enumerate(json.loads(results["CLASS_CHANGES"])):
        assert change["gain_ha"] == pytest.approx(expected[:, place].sum() - expected[place, place])
        assert change["loss_ha"] == pytest.approx(expected[place].sum() - expected[place, place])
        assert change["net_ha"] == pytest.approx(change["gain_ha"] - change["loss_ha"])
    assert len(rows_of(results["CLASSES"])) >= 11
    assert Path(results["PICTURE"]).read_bytes().startswith(b"\x89PNG")
    assert "TIMELINE" not in results

    # The upper half of the maps is sure of its classes, the lower half is not.
    changed = codes_of(2018) != codes_of(2019)
    changed[:, :3] = False
    confident = changed[: changed.shape[0] // 2].sum() / changed.sum()
    assert results["CONFIDENT_PERCENT"] == pytest.approx(100 * confident, abs=0.001)
    assert any("reference sample of its own" in text for text in feedback.warnings)
    assert "reference sample of its own" in results["WARNING"]


def test_the_order_of_time_is_read_off_the_names_and_three_maps_give_a_time_line(run_algorithm, maps, tmp_path):
    shuffled = [maps[1], maps[2], maps[0]]
    results = run_algorithm("landcoverchange", {"INPUTS": shuffled, "FOLDER": str(tmp_path)})
    assert Path(results["CHANGE"]).name == "change_2018_2020.tif"
    expected = counted(codes_of(2018), codes_of(2020))
    assert results["CHANGED_HA"] == pytest.approx(expected.sum() - np.trace(expected))
    header, *rows = rows_of(results["TIMELINE"])
    assert header[2:] == [f"{year} (ha)" for year in YEARS]
    for code, row in enumerate(rows[:10], 1):
        assert [float(cell) for cell in row[2:]] == [
            pytest.approx((codes_of(year) == code).sum() * PIXEL_HA) for year in YEARS
        ]
    assert Path(results["TIMELINE_PICTURE"]).is_file()
    assert json.loads((tmp_path / "change_2018_2020.job.json").read_text(encoding="utf-8"))["task"] == "change"


def test_only_a_region_is_compared(run_algorithm, maps, tmp_path):
    extent = f"{LEFT + 100},{LEFT + 300},{8_500_000 - 250},{8_500_000 - 50} [EPSG:32718]"
    results = run_algorithm("landcoverchange", {"INPUTS": maps[:2], "EXTENT": extent, "FOLDER": str(tmp_path)})
    expected = counted(codes_of(2018)[5:25, 10:30], codes_of(2019)[5:25, 10:30])
    assert results["COMPARED_HA"] == pytest.approx(expected.sum())
    assert results["CHANGED_HA"] == pytest.approx(expected.sum() - np.trace(expected))


def test_change_and_certainty_are_loaded_styled_in_a_group(run_algorithm, maps, tmp_path):
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

    project = QgsProject.instance()
    project.clear()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    context.setProject(project)
    parameters = {"INPUTS": maps[:2], "FOLDER": str(tmp_path / "out"), "REGION_NAME": "Curahuasi"}
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("allpa:landcoverchange")
    _, done = algorithm.run(parameters, context, feedback)
    assert done, feedback.textLog()
    handleAlgorithmResults(algorithm, context, feedback, parameters=parameters)
    title = "Curahuasi 2018 – 2019"
    group = project.layerTreeRoot().findGroup(title)
    layers = {node.name(): node for node in group.findLayers()}
    assert set(layers) == {f"Change {title}", f"Change confidence {title}"}
    assert layers[f"Change {title}"].isVisible()
    change = layers[f"Change {title}"].layer()
    before, after = codes_of(2018), codes_of(2019)
    exist = {(int(a), int(b)) for a, b in zip(before[before > 0], after[before > 0])}
    shown = {divmod(int(entry.value), 16): entry.label for entry in change.renderer().classes()}
    assert set(shown) == exist
    assert shown[(2, 3)] == "Trees → Grass"
    assert "reference sample" in change.metadata().abstract()
    certainty = layers[f"Change confidence {title}"].layer()
    assert [entry.label for entry in certainty.renderer().classes()][-1] == "Change, high confidence"
    project.clear()


def test_other_grids_are_refused_in_the_engine_s_words_or_aligned(run_algorithm, maps, tmp_path):
    from qgis.core import QgsProcessingException

    moved = write_raster(tmp_path / "moved" / "landcover_2021.tif", [codes_of(2021)], left=LEFT + 30)
    parameters = {"INPUTS": [maps[2], moved], "FOLDER": str(tmp_path / "out")}
    with pytest.raises(QgsProcessingException, match=r"(?s)2020 and 2021 have different grids.*choose an alignment"):
        run_algorithm("landcoverchange", parameters)
    assert not list((tmp_path / "out").glob("*.tif"))
    results = run_algorithm("landcoverchange", {**parameters, "ALIGN": "first"})
    expected = counted(codes_of(2020)[:, 3:], codes_of(2021)[:, :-3])
    assert results["COMPARED_HA"] == pytest.approx(expected.sum())
    assert "CERTAINTY" not in results


def test_one_class_is_looked_at_by_itself(run_algorithm, maps, tmp_path):
    results = run_algorithm("landcoverchange", {"INPUTS": maps[:2], "CLASS": "Trees", "FOLDER": str(tmp_path / "out")})
    expected = counted(codes_of(2018), codes_of(2019))
    flows = json.loads(results["CLASS_FLOWS"])
    lost = {flow["code"]: flow["area_ha"] for flow in flows if flow["part"] == "lost"}
    assert lost == {
        code: pytest.approx(expected[1, code - 1]) for code in range(1, 10) if code != 2 and expected[1, code - 1]
    }
    assert sum(flow["area_ha"] for flow in flows if flow["part"] == "gained") == pytest.approx(
        np.delete(expected[:9, 1], 1).sum()
    )
    assert Path(results["CLASS_RASTER"]).is_file()
    assert len(rows_of(results["CLASS_TABLE"])) == len(flows) + 3
    report = Path(results["REPORT"]).read_text(encoding="utf-8")
    assert "reference sample of its own" in report
    assert "Map of loss, gain and unchanged area of Trees" in report


def test_the_comparison_runs_in_a_terminal(maps, tmp_path):
    from qgis_profile import QGIS_PROCESS, make_profile

    environment = make_profile(tmp_path / "profile", ENGINE)
    done = subprocess.run(
        [QGIS_PROCESS, "run", "allpa:landcoverchange", "--json", *(f"--INPUTS={path}" for path in maps[:2]),
         f"--FOLDER={tmp_path / 'out'}"],
        env={**environment, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    expected = counted(codes_of(2018), codes_of(2019))
    assert results["CHANGED_HA"] == pytest.approx(expected.sum() - np.trace(expected))
    assert Path(results["CHANGE"]).is_file()
