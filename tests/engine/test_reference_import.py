"""Reference data of other programs become a sample: tables, KML, GeoJSON, shapefiles and GeoPackages."""

import json
import re
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely
import shapely.affinity
from allpa_engine.accuracy.labelled_sample import read_labelled_sample
from allpa_engine.accuracy.sample_file import read_design, read_labels
from allpa_engine.core.errors import JobInvalid, ReferenceInvalid, SampleExists
from allpa_engine.core.job import job_from_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from pyproj import Transformer
from sample_maps import LEFT, TOP, UTM, write_map
from shapely.geometry import Point, Polygon, box

TO_DEGREES = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
CODES = np.repeat(np.array([[1, 2, 5, 8]], np.uint8), 40, 0).repeat(10, 1)
"""Four stripes of 10 pixels: water, trees, crops, bare ground."""
CODES[0, 0] = 0


def centre(column, row, crs="EPSG:4326"):
    x, y = LEFT + 10 * column + 5, TOP - 10 * row - 5
    return (x, y) if crs == UTM else TO_DEGREES.transform(x, y)


@pytest.fixture
def landcover(tmp_path):
    return write_map(tmp_path / "map.tif", CODES)


@pytest.fixture
def load(tmp_path, landcover):
    """Import a file; gives the labelled sample and the result of the task."""

    def run(path, options=None, **keys):
        job = {
            "folder": str(tmp_path / "out"),
            "task": "accuracy_import",
            "landcover": str(landcover),
            "overwrite": True,
        }
        job |= {"reference": str(path), "reference_options": options or {}, **keys}
        result = run_job(job_from_dict(job), NullReporter())
        return read_labelled_sample(result["sample"], landcover), result

    return run


def text(tmp_path, name, content, encoding="utf-8"):
    path = tmp_path / name
    path.write_text(content, encoding=encoding)
    return path


def pairs(labelled):
    """Map class and reference class of each point, sorted."""
    return sorted(zip(labelled.map_class.tolist(), labelled.reference_class.tolist()))


def test_lucas_codes_and_columns_are_known(load, tmp_path):
    rows = [(5, 3, "G11"), (15, 3, "C10"), (25, 3, "B11"), (26, 8, "B81"), (35, 3, "F10"), (36, 9, "A11")]
    lines = ["POINT_ID,TH_LAT,TH_LONG,LC1,LU1"]
    lines += [f"{n},{centre(c, r)[1]},{centre(c, r)[0]},{code},U111" for n, (c, r, code) in enumerate(rows)]
    labelled, result = load(text(tmp_path, "lucas.csv", "\n".join(lines)))
    assert pairs(labelled) == [(1, 1), (2, 2), (5, 2), (5, 5), (8, 7), (8, 8)]
    assert (result["method"], result["labels"]) == ("imported", 6)
    assert any("intervals do not hold" in note for note in result["notes"])


def test_a_spanish_table_with_decimal_commas_of_an_old_spreadsheet(load, tmp_path):
    x, y = centre(15, 5)
    content = f"id;Longitud;Latitud;Cobertura\n1;{x!s};{y!s};Árboles\n".replace(".", ",")
    path = text(tmp_path, "puntos.csv", content, "cp1252")
    assert pairs(load(path)[0]) == [(2, 2)]
    path = text(tmp_path, "excel.csv", f"sep=;\r\n{content}", "cp1252")
    assert pairs(load(path)[0]) == [(2, 2)]


def test_collect_earth_and_geo_wiki_tables(load, tmp_path):
    x, y = centre(25, 5)
    earth = f"_id,location_srs,location_x,location_y,land_use_category\nA,EPSG:4326,{x},{y},Cropland\n"
    assert pairs(load(text(tmp_path, "ce.csv", earth), {"classes": {"cropland": 5}})[0]) == [(5, 5)]
    wiki = f"sampleid\tx\ty\tlc_code\n7\t{x}\t{y}\t2.0\n"
    assert pairs(load(text(tmp_path, "gw.txt", wiki, "utf-16"))[0]) == [(5, 2)]


def test_a_table_in_metres_names_its_crs(load, tmp_path):
    x, y = centre(15, 5, UTM)
    path = text(tmp_path, "utm.csv", f"este,norte,clase\n{x},{y},2\n")
    with pytest.raises(ReferenceInvalid, match=r"CRS of utm\.csv is not known.*not longitude and latitude"):
        load(path)
    assert pairs(load(path, {"crs": UTM})[0]) == [(2, 2)]
    with pytest.raises(ReferenceInvalid, match=r"CRS of utm\.csv cannot be used"):
        load(path, {"crs": "EPSG:nothing"})


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>a</name>
<Placemark><name>Trees</name><Point><coordinates>{},{},0</coordinates></Point></Placemark></Folder>
<Folder><name>b</name><Placemark><name>Crops</name><Point><coordinates>{},{},0</coordinates></Point></Placemark>
</Folder></Document></kml>"""


@pytest.mark.parametrize("suffix", [".kml", ".kmz"])
def test_placemarks_of_google_earth(load, tmp_path, suffix):
    content = KML.format(*centre(15, 5), *centre(25, 6))
    path = tmp_path / f"sitios{suffix}"
    if suffix == ".kml":
        path.write_text(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("doc.kml", content)
    assert pairs(load(path)[0]) == [(2, 2), (5, 5)]


@pytest.mark.parametrize("name", ["points.shp", "points.gpkg", "points.geojson"])
def test_layers_in_their_own_crs(load, tmp_path, name):
    path = tmp_path / name
    crs = "EPSG:4326" if name.endswith("json") else UTM
    geometry = shapely.to_wkb([Point(centre(5, 3, crs)), Point(centre(35, 3, crs)), None])
    values = np.array(["Water", "Suelo desnudo", "Water"], object)
    pyogrio.raw.write(str(path), geometry, [values], ["clase"], geometry_type="Point", crs=crs)
    labelled, result = load(path, {"classes": {"suelo desnudo": 8}})
    assert pairs(labelled) == [(1, 1), (8, 8)]
    assert "Features that are neither points nor polygons, or have no place, which are left out: 1." in result["notes"]


def geojson(tmp_path, *features):
    content = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"class": value}, "geometry": shapely.geometry.mapping(shape)}
            for value, shape in features
        ],
    }
    return text(tmp_path, "features.geojson", json.dumps(content))


def in_degrees(shape):
    return shapely.transform(shape, lambda xy: np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1])))


def on_map(left, top, right, bottom):
    return in_degrees(box(LEFT + 10 * left, TOP - 10 * bottom, LEFT + 10 * right, TOP - 10 * top))


def test_a_polygon_gives_its_innermost_point(load, tmp_path, landcover):
    """Of a flag with a thin pole the flag counts: no place within is further from the border, by a search on a grid."""
    flag = shapely.affinity.translate(
        Polygon([(0, 0), (20, 0), (20, 300), (110, 300), (110, 390), (0, 390)]), LEFT + 100, TOP - 395
    )
    _, result = load(geojson(tmp_path, ("2", in_degrees(flag))))
    _, _, geometry, _ = pyogrio.raw.read(result["sample"], layer="sample_points")
    west, south, east, north = flag.bounds
    tried = shapely.points(*np.meshgrid(np.arange(west, east, 1.5), np.arange(south, north, 1.5)))
    best = shapely.distance(tried[shapely.contains(flag, tried)], flag.boundary).max()
    assert len(geometry) == 1
    assert shapely.from_wkb(geometry[0]).distance(flag.boundary) >= best - 1


def test_random_points_lie_in_their_polygon(load, tmp_path):
    options = {"polygons": "random_points", "points_per_polygon": 8}
    path = geojson(tmp_path, ("2", on_map(12, 5, 18, 30)), ("8", on_map(31, 5, 38, 30)))
    labelled, result = load(path, options)
    assert set(pairs(labelled)) == {(2, 2), (8, 8)}
    assert 12 <= len(labelled.stratum) <= 16
    assert any("Several points come from one polygon" in note for note in result["notes"])
    assert load(path, options)[1]["points"] == result["points"]


def test_points_that_cannot_be_used_are_counted(load, tmp_path):
    rows = [(15, 5, 2), (15, 5, 2), (25, 5, 5), (25, 5, 8), (0, 0, 1), (500, 5, 1), (35, 1, "")]
    lines = ["lon,lat,class", *(f"{centre(c, r)[0]},{centre(c, r)[1]},{code}" for c, r, code in rows), "west,south,2"]
    labelled, result = load(text(tmp_path, "points.csv", "\n".join(lines)))
    assert pairs(labelled) == [(2, 2)]
    assert [note.split(" The")[0] for note in result["notes"][:5]] == [
        "Features that are neither points nor polygons, or have no place, which are left out: 1.",
        "Points outside the map, which are left out: 1.",
        "Points where the map has no data, which are left out: 1.",
        "Points in a pixel that has a point already: 1.",
        "Points of another class than a point in the same pixel, all of which are left out: 2.",
    ]


def test_points_that_are_declared_random_are_a_simple_sample(load, tmp_path):
    path = text(tmp_path, "points.csv", "lon,lat,class\n{},{},2\n{},{},5\n".format(*centre(15, 5), *centre(22, 7)))
    labelled, result = load(path, {"is_random": True, "interpreter": "Campo 2024"})
    assert (result["method"], labelled.stratum_names, labelled.stratum_pixels.tolist()) == (
        "simple", ("Whole map",), [1599]
    )  # fmt: skip
    assert not any("do not hold" in note for note in result["notes"])
    assert read_design(result["sample"]).interpreters == ("Campo 2024",)
    counts = {count.map_class: count.pixels for count in read_design(result["sample"]).map_counts}
    assert counts == {1: 399, 2: 400, 5: 400, 8: 400}
    _, imported = load(path)
    assert [row["pixels"] for row in imported["strata"]] == [399, 400, 400, 400]


def test_points_carry_their_zone(load, tmp_path):
    zones = tmp_path / "zones.geojson"
    features = [("West", on_map(0, 0, 20, 40)), ("East", on_map(20, 0, 30, 40))]
    content = [
        {"type": "Feature", "properties": {"name": n}, "geometry": shapely.geometry.mapping(s)} for n, s in features
    ]
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": content}))
    lines = ["lon,lat,class", *(f"{centre(c, 5)[0]},{centre(c, 5)[1]},2" for c in (15, 25, 35))]
    labelled, _ = load(text(tmp_path, "points.csv", "\n".join(lines)), zones=str(zones))
    assert sorted(zip(labelled.map_class.tolist(), labelled.zone.tolist())) == [(2, 0), (5, 1), (8, -1)]


def test_values_without_a_class_are_all_named(load, tmp_path):
    lines = ["lon,lat,class"] + [f"{centre(15, row)[0]},{centre(15, row)[1]},{value}" for row, value in
                                 enumerate(["puna", "puna", "bofedal", "2"], 3)]  # fmt: skip
    path = text(tmp_path, "points.csv", "\n".join(lines))
    with pytest.raises(ReferenceInvalid, match=r"2 values .* have no class\. They are 'puna' \(2\), 'bofedal' \(1\)"):
        load(path)
    labelled, _ = load(path, {"classes": {"Puna": 6, "bofedal": 0}})
    assert pairs(labelled) == [(2, 2), (2, 6), (2, 6)]


def test_the_first_value_stays_as_a_note_without_control_characters(load, tmp_path):
    x, y = centre(15, 5)
    path = text(tmp_path, "p.csv", f'lon,lat,class\n{x},{y},"=HYPERLINK(""x"")\x07"\n')
    _, result = load(path, {"classes": {'=hyperlink("x")': 2}})
    assert [label.note for label in read_labels(result["sample"], 1)] == ['=HYPERLINK("x")']


def test_two_hundred_thousand_rows(load, tmp_path):
    random = np.random.default_rng(1)
    x, y = TO_DEGREES.transform(LEFT + 400 * random.random(200_000), TOP - 400 * random.random(200_000))
    lines = ["lon,lat,class", *(f"{a:.7f},{b:.7f},2" for a, b in zip(x, y))]
    labelled, result = load(text(tmp_path, "many.csv", "\n".join(lines)))
    assert len(labelled.stratum) == 1599
    assert any(re.search(r": 198\d*\. The pixel counts once", note) for note in result["notes"])


def test_a_file_with_labels_is_not_replaced_unasked(load, tmp_path):
    path = text(tmp_path, "p.csv", "lon,lat,class\n{},{},2\n".format(*centre(15, 5)))
    load(path)
    with pytest.raises(SampleExists, match="holds 1 labels"):
        load(path, overwrite=False)


def test_a_job_without_reference_data_is_refused(load, tmp_path):
    with pytest.raises(JobInvalid, match="names no reference data"):
        load("")
    with pytest.raises(ReferenceInvalid, match=r"nothing\.csv do not exist"):
        load(tmp_path / "nothing.csv")
