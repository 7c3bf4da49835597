"""Reference data that cannot be read, or lead elsewhere, are refused with a sentence."""

import zipfile

import numpy as np
import pytest
from allpa_engine.accuracy import reference_file
from allpa_engine.accuracy.reference_classes import class_codes
from allpa_engine.accuracy.reference_file import read_reference
from allpa_engine.accuracy.reference_table import read_numbers
from allpa_engine.core.errors import ReferenceInvalid
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"lon,lat,class\n", "has no rows"),
        ("a.csv", b"\x00\x01\x02\x03" * 9, "no table of text"),
        ("a.csv", b"x,X,y\n1,2,3\n", "two columns named 'x'"),
        ("a.csv", b"id,class\n1,2\n", "No column of a.csv is known to hold x.*It has id, class"),
        ("a.csv", b"lon,lat,class\n73W,13S,2\n", "No row of a.csv has numbers.*decimal numbers, not as degrees"),
        ("a.csv", b'lon,lat\n"' + b"9" * 200_000 + b'",1\n', "cannot be read"),
        ("a.geojson", b"{", "is no GeoJSON"),
        ("a.geojson", b"[" * 100_000, "is no GeoJSON"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "has no features"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [7]}', "is no GeoJSON"),
        ("a.kml", b"<VRTDataset/>", "is no KML"),
        ("a.kml", b"<kml><OGRVRTDataSource/></kml>", "refers to other files"),
        ("a.kml", b"<kml><Document><NetworkLink><href>http://x</href></NetworkLink></Document></kml>", "refers to"),
        ("a.kml", b'<!DOCTYPE kml [<!ENTITY a "b">]><kml></kml>', "refers to other files"),
        ("a.kml", b"<kml><Document></kml>", "cannot be read|has no"),
        ("a.kmz", b"PK\x03\x04 damaged", "no KMZ, or it is damaged"),
        ("a.shp", b"not a shapefile", "a.shp is no shapefile"),
        ("a.shp", b"\x00\x00\x27\x0a" + bytes(96), "has no .dbf beside it"),
        ("a.gpkg", b"<OGRVRTDataSource/>", "a.gpkg is no GeoPackage"),
        ("a.gpkg", b"SQLite format 3\0" + bytes(100), "cannot be read|has no layer"),
        ("a.xlsx", b"PK", "format of a.xlsx is not read.*Give CSV"),
    ],
)
def test_other_content_is_refused(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReferenceInvalid, match=f"(?s){sentence}") as caught:
        read_reference(path)
    assert len(str(caught.value)) < 900
    assert caught.value.next_step


def test_a_zip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(reference_file, "_MAX_KML_BYTES", 100_000)
    path = tmp_path / "bomb.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"<kml>" + bytes(50_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(ReferenceInvalid, match=r"bomb\.kmz is larger than 0 MB"):
        read_reference(path)


def test_the_field_of_classes_is_named_where_it_is_not_found(tmp_path):
    from allpa_engine.accuracy.reference_classes import class_field

    with pytest.raises(ReferenceInvalid, match=r"has no field 'uso'.*fields are a, b"):
        class_field(["a", "b"], "uso", "x.csv")
    assert class_field(["ID", "Land Cover"], "", "x.csv") == 1


@given(st.floats(-1e7, 1e7, allow_nan=False).map(lambda number: round(number, 6)))
def test_numbers_are_read_with_points_and_commas(number):
    plain = f"{number:.6f}"
    spanish = f"{number:,.6f}".replace(",", "_").replace(".", ",").replace("_", ".")
    texts = [plain, plain.replace(".", ","), f" {number:,.6f} ", spanish]
    assert read_numbers(texts).tolist() == pytest.approx([number] * 4)


def test_legend_and_lucas_codes_are_known_in_both_languages():
    values = ["water", "AGUA", 10, "7.0", "C21", "E20", "G50", "H11", None, "  "]
    assert class_codes(values, {}, "x").tolist() == [1, 1, 10, 7, 2, 3, 9, 4, 0, 0]
    with pytest.raises(ReferenceInvalid, match="'h22'"):
        class_codes(["H22"], {}, "x")
    assert class_codes(np.array([3, 3]), {"3": 5}, "x").tolist() == [5, 5]
