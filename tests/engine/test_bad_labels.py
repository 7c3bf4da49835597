"""Labels as they come: what can be used is used, the rest is kept with its reason, and errors say the next step."""

import json
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely
from allpa_engine.core.errors import AllpaError, ReferenceInvalid, TrainingInvalid
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.learn.feature_sources import find_sources
from allpa_engine.learn.labels import read_labels
from allpa_engine.learn.sampling import sample_labels
from learn_samples import options, write_features, write_points, write_shapes

X, Y = 700_205.0, 8_499_705.0


def test_every_left_out_feature_has_its_reason(tmp_path):
    lines = shapely.LineString([(X, Y), (X + 50, Y)])
    shapes = [
        shapely.Point(X, Y), shapely.Point(X + 40, Y), None, shapely.Point(), lines, shapely.Point(X + 80, Y),
        shapely.Point(X + 120, Y), shapely.Point(X + 160, Y),
    ]  # fmt: skip
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    values = ["Queñual", "Ichu", "Ichu", "Ichu", "Ichu", None, " ", "Nubes"]
    write_shapes(tmp_path / "labels.gpkg", wkb, values, "Unknown")
    labels = read_labels(tmp_path / "labels.gpkg", options(classes={"nubes": 0}))
    assert labels.feature.tolist() == [1, 2]
    reasons = dict(zip(labels.left_out.feature, labels.left_out.reason))
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8]
    assert "geometry" in reasons[3]
    assert "geometry" in reasons[4]
    assert "neither a point nor a polygon" in reasons[5]
    assert "empty" in reasons[6]
    assert "empty" in reasons[7]
    assert "left out by the legend" in reasons[8]
    assert [land.name for land in labels.legend] == ["Ichu", "Queñual"]


def test_parts_and_heights_are_labels_of_their_own(tmp_path):
    many = shapely.MultiPoint([(X, Y - 90, 3400.0), (X + 100, Y - 90, 3410.0)])
    fields = shapely.MultiPolygon([shapely.box(X, Y, X + 50, Y + 50), shapely.box(X + 90, Y, X + 140, Y + 50)])
    both = shapely.GeometryCollection([shapely.Point(X + 300, Y), shapely.MultiPoint([(X + 330, Y)])])
    shapes = [many, fields, shapely.Point(X + 200, Y, 3500.0), both]
    write_shapes(tmp_path / "labels.gpkg", shapely.to_wkb(shapes), ["a", "b", "a", "b"], "Unknown")
    labels = read_labels(tmp_path / "labels.gpkg", options())
    assert labels.feature.tolist() == [1, 1, 2, 2, 3, 4, 4]
    assert not shapely.has_z(labels.geometry).any()
    assert "3 features have several points or polygons" in " ".join(labels.notes)


def test_polygons_of_different_classes_lose_what_they_share(tmp_path):
    left, right = shapely.box(X, Y, X + 100, Y + 100), shapely.box(X + 60, Y, X + 200, Y + 100)
    within = shapely.box(X + 10, Y + 10, X + 20, Y + 20)
    beside = shapely.box(X + 200, Y, X + 300, Y + 100)  # only touches
    write_shapes(tmp_path / "fields.gpkg", shapely.to_wkb([left, right, within, beside]), list("abbc"), "Polygon")
    labels = read_labels(tmp_path / "fields.gpkg", options())
    assert labels.feature.tolist() == [1, 2, 4]
    assert labels.left_out.feature == (3,)
    areas = shapely.area(labels.geometry)
    np.testing.assert_allclose(areas, [100 * 60 - 100, 100 * 100, 100 * 100])
    assert "3 polygons overlap polygons of another class" in " ".join(labels.notes)


def test_a_point_within_a_polygon_of_another_class_is_left_out(tmp_path):
    shapes = [shapely.box(X, Y, X + 100, Y + 100), shapely.Point(X + 50, Y + 50), shapely.Point(X + 50, Y + 30)]
    shapes.append(shapely.Point(X + 500, Y))
    write_shapes(tmp_path / "labels.gpkg", shapely.to_wkb(shapes), list("aabb"), "Unknown")
    labels = read_labels(tmp_path / "labels.gpkg", options())
    assert labels.feature.tolist() == [1, 2, 4]


def test_a_broken_polygon_is_repaired(tmp_path):
    bow_tie = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    strip = shapely.box(X + 200, Y, X + 300, Y + 9)
    write_shapes(tmp_path / "fields.gpkg", shapely.to_wkb([bow_tie, strip]), ["a", "b"], "Polygon")
    labels = read_labels(tmp_path / "fields.gpkg", options())
    assert labels.feature.tolist() == [1, 1, 2]
    assert shapely.area(labels.geometry[:2]).sum() == pytest.approx(5000)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "iso-8859-1", "cp850"])
@pytest.mark.parametrize("has_cpg", [True, False])
def test_accents_survive_in_shapefiles(tmp_path, encoding, has_cpg):
    names = ["Queñual", "Pajonal húmedo", "Árboles"]
    path = tmp_path / "labels.shp"
    write_points(path, [X, X + 50, X + 90], [Y, Y, Y], names, field="cobertura", encoding=encoding)
    if not has_cpg:
        path.with_suffix(".cpg").unlink()
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = 0  # no code page in its header either
        path.with_suffix(".dbf").write_bytes(table)
    named = "" if has_cpg or encoding != "cp850" else encoding
    labels = read_labels(path, options(encoding=named))
    assert sorted(land.name for land in labels.legend) == sorted(names)


def test_kmz_geojson_and_csv_give_the_same_labels(tmp_path):
    places = [(-72.9, -13.6, "Ichu"), (-72.91, -13.61, "Queñual")]
    kml = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>{x},{y},3400</coordinates></Point></Placemark>"
        for x, y, name in places
    )
    document = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{kml}</Document></kml>'
    with zipfile.ZipFile(tmp_path / "labels.kmz", "w") as archive:
        archive.writestr("doc.kml", document)
    features = [
        {"type": "Feature", "properties": {"label": name}, "geometry": {"type": "Point", "coordinates": [x, y]}}
        for x, y, name in places
    ]
    (tmp_path / "labels.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    rows = "".join(f"{y};{x};{name}\n" for x, y, name in places).replace(".", ",")
    (tmp_path / "labels.csv").write_text("latitude;longitude;label\n" + rows, encoding="cp1252")
    for name in ("labels.kmz", "labels.geojson", "labels.csv"):
        labels = read_labels(tmp_path / name, options())
        np.testing.assert_allclose(shapely.get_coordinates(labels.geometry), [place[:2] for place in places])
        assert [labels.legend.by_code[code].name for code in labels.codes] == ["Ichu", "Queñual"]
        assert labels.crs == "EPSG:4326"


@pytest.mark.parametrize("ending", ["shp", "gpkg"])
def test_an_unknown_crs_is_asked_for(tmp_path, ending):
    """A GeoPackage names a CRS even where there is none: "Undefined geographic SRS"."""
    path = tmp_path / f"labels.{ending}"
    write_points(path, [X, X + 50], [Y, Y], ["a", "b"], crs=None)
    with pytest.raises(ReferenceInvalid, match=r"CRS of labels\.(shp|gpkg) is not known") as found:
        read_labels(path, options())
    assert "training_options.crs" in found.value.next_step
    labels = read_labels(path, options(crs="EPSG:32718"))
    assert len(labels) == 2
    assert labels.crs == "EPSG:32718"


def test_one_class_alone_is_refused_with_the_next_step(tmp_path):
    write_points(tmp_path / "labels.gpkg", [X, X + 50], [Y, Y], ["Ichu", "ICHU"])
    with pytest.raises(TrainingInvalid, match="one class, ICHU") as found:
        read_labels(tmp_path / "labels.gpkg", options())
    assert "at least one other class" in found.value.next_step


def test_labels_outside_the_images_are_counted_or_refused(tmp_path):
    write_features(tmp_path / "features")
    scope, sources = find_sources(tmp_path / "features")
    write_points(tmp_path / "some.gpkg", [X, X + 50, X + 90_000], [Y, Y, Y], ["a", "b", "b"])
    result = sample_labels(read_labels(tmp_path / "some.gpkg", options()), sources, scope, options(), "some.gpkg")
    assert len(result.labels) == 2
    assert "Labels outside the images, which are left out: 1." in " ".join(result.labels.left_out.notes())
    write_points(tmp_path / "far.gpkg", [X + 90_000, X + 90_050], [Y, Y], ["a", "b"])
    with pytest.raises(
        TrainingInvalid, match=r"No label of far\.gpkg can be used.*Labels outside the images, which are left out: 2"
    ):
        sample_labels(read_labels(tmp_path / "far.gpkg", options()), sources, scope, options(), "far.gpkg")


def test_values_are_merged_renamed_and_dropped(tmp_path):
    values = ["Bosque primario", "bosque secundario", "Ichu", "sin dato"]
    write_points(tmp_path / "labels.gpkg", X + 50 * np.arange(4), [Y] * 4, values)
    classes = {"bosque primario": "Bosque", "Bosque Secundario": "Bosque", "Ichu": "Pajonal", "Sin dato": ""}
    labels = read_labels(tmp_path / "labels.gpkg", options(classes=classes))
    assert [labels.legend.by_code[code].name for code in labels.codes] == ["Bosque", "Bosque", "Pajonal"]
    assert labels.legend.by_code[2].color == "#358221"  # forest, as in the bundled legend


def test_a_legend_that_is_given_must_have_all_values(tmp_path):
    legend = Legend((LandClass(20, "Bosque", "#00FF00"), LandClass(31, "Ichu", "#FFFF00")))
    write_points(tmp_path / "labels.gpkg", X + 50 * np.arange(3), [Y] * 3, ["bosque", "31", "Puna"])
    with pytest.raises(TrainingInvalid, match="1 values of the field of classes are not in the legend") as found:
        read_labels(tmp_path / "labels.gpkg", options(), legend)
    assert "'puna' (1)" in found.value.why
    labels = read_labels(tmp_path / "labels.gpkg", options(classes={"Puna": "Ichu"}), legend)
    assert labels.codes.tolist() == [20, 31, 31]


def test_too_many_values_are_no_classes(tmp_path):
    rows = "".join(f"-72.9,-13.6,plot {number}\n" for number in range(300))
    (tmp_path / "labels.csv").write_text("lon,lat,class\n" + rows)
    with pytest.raises(TrainingInvalid, match="300 different values"):
        read_labels(tmp_path / "labels.csv", options())


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"lon,lat,class\nwest,south,Ichu\n", "numbers in its columns"),
        ("a.csv", b"lon,lat\n-72.9,-13.6\n", "No field of a.csv"),
        ("a.gpkg", b"not a database", "no GeoPackage"),
        ("a.shp", b"\x00\x00\x27\x0a" + bytes(96), "no .dbf"),
        ("a.kmz", b"PK", "no KMZ"),
        ("a.xlsx", b"PK", "format of a.xlsx is not read"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [1]}', "no GeoJSON"),
        ("a.csv", b"lon,lat,class\n-72.9,-13.6,\n", "No label has a class"),
    ],
)
def test_files_that_hold_no_labels_are_refused(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AllpaError, match=sentence):
        read_labels(tmp_path / name, options())


def test_groups_come_from_a_field(tmp_path):
    wkb = np.array(shapely.to_wkb(shapely.points(X + 50 * np.arange(4), Y)), object)
    columns = [np.array(["a", "b", "a", "b"], object), np.array(["Finca 1", "finca 1", "Finca 2", None], object)]
    pyogrio.raw.write(
        str(tmp_path / "labels.gpkg"), wkb, columns, ["class", "farm"], geometry_type="Point", crs="EPSG:32718"
    )
    groups = read_labels(tmp_path / "labels.gpkg", options(group_field="farm")).groups
    assert groups[0] == groups[1]
    assert len(set(groups.tolist())) == 3
    with pytest.raises(ReferenceInvalid, match="no field 'plot'") as found:
        read_labels(tmp_path / "labels.gpkg", options(group_field="plot"))
    assert "group_field" in found.value.next_step


def point_file(path, crs, fields, places):
    """Points of GeoJSON with their CRS."""
    features = [
        {"type": "Feature", "properties": values, "geometry": {"type": "Point", "coordinates": place}}
        for values, place in zip(fields, places)
    ]
    named = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": named, "features": features}), encoding="utf-8")


def test_metres_under_a_crs_of_degrees_are_refused_with_the_next_step(tmp_path):
    metres = [(700_000.0 + n, 8_480_000.0) for n in range(10)]
    point_file(tmp_path / "labels.geojson", "EPSG:4326", [{"class": "ab"[n % 2]} for n in range(10)], metres)
    with pytest.raises(ReferenceInvalid, match=r"EPSG:4326 has degrees.*700000.*EPSG:32718"):
        read_labels(tmp_path / "labels.geojson", options())


def test_single_coordinates_out_of_range_do_not_stop_the_others(tmp_path):
    degrees = [(-72.8 + n / 100, -13.7) for n in range(9)] + [(700_000.0, -13.7)]
    point_file(tmp_path / "labels.geojson", "EPSG:4326", [{"class": "ab"[n % 2]} for n in range(10)], degrees)
    assert len(read_labels(tmp_path / "labels.geojson", options())) == 10


@pytest.mark.parametrize(
    ("field", "sentence"),
    [("año de la clase", ""), ("otro", "Its fields are otro.*Class field"), ("", "no fields.*Add")],
)
def test_the_field_of_classes_is_found_by_a_word_or_asked_for(tmp_path, field, sentence):
    values = [{field: "ab"[n % 2]} if field else {} for n in range(4)]
    point_file(tmp_path / "labels.geojson", "EPSG:4326", values, [(-72.8 + n / 100, -13.7) for n in range(4)])
    if not sentence:
        assert len(read_labels(tmp_path / "labels.geojson", options())) == 4
        return
    with pytest.raises(ReferenceInvalid, match=sentence):
        read_labels(tmp_path / "labels.geojson", options())
