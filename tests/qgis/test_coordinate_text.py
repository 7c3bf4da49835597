"""Coordinates as people write them: what is read is where they meant, and what could mean two places is refused."""

import numpy as np
import pytest

CURAHUASI = (-72.695, -13.5425)


@pytest.mark.parametrize(
    "text",
    [
        "-13.5425, -72.695",
        "-13.5425 -72.695",
        "-13.5425,-72.695",
        "-13,5425; -72,695",
        "-13,5425 -72,695",
        "-13,5425, -72,695",
        "-13,5425,-72,695",
        "(-13.5425, -72.695)",
        "13.5425 S, 72.695 W",
        "S 13,5425; O 72,695",
        "72.695W 13.5425S",
        "13°32'33\"S 72°41'42\"W",
        "13° 32' 33\" S, 72° 41' 42\" O",
        "13°32.55′S; 72°41.7′W",
        "\u221213.5425, \u221272.695",
    ],
)
def test_one_place_in_many_writings(allpa, text):
    from allpa.plugin.coordinate_text import parse_pair

    assert parse_pair(text, is_geographic=True) == pytest.approx(CURAHUASI, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["698000 8500000", "698 000 8 500 000", "698 000; 8 500 000", "698000E 8500000N", "8500000 N 698000 E",
             "698000,0 8500000,0", "698000.0,8500000.0"],
)  # fmt: skip
def test_metres_of_a_projected_crs_are_east_then_north(allpa, text):
    from allpa.plugin.coordinate_text import parse_pair

    assert parse_pair(text, is_geographic=False) == (698_000, 8_500_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-13.5",
        "-13,5",
        "Cusco",
        "1, 2, 3",
        "95, 20",
        "20, 190",
        "13S 14S",
        "13°70'S 72°W",
        "nan, 3",
        "1e400 3",
        ";",
        "°",
    ],
)
def test_what_is_no_place_is_refused(allpa, text):
    from allpa.plugin.coordinate_text import CoordinatesUnreadable, parse_pair

    with pytest.raises(CoordinatesUnreadable):
        parse_pair(text, is_geographic=True)


@pytest.mark.parametrize("separator", ["; ", " ", ", ", ";"])
@pytest.mark.parametrize("mark", [".", ","])
def test_any_place_with_either_decimal_mark(allpa, mark, separator):
    from allpa.plugin.coordinate_text import parse_pair

    for number in range(500):
        latitude, longitude = number * 0.35911 - 89.7, 179.7 - number * 0.71823
        text = separator.join(f"{value:.5f}".replace(".", mark) for value in (latitude, longitude))
        assert parse_pair(text, is_geographic=True) == (round(longitude, 5), round(latitude, 5))


def test_no_text_ends_in_another_error(allpa):
    from allpa.plugin.coordinate_text import CoordinatesUnreadable, parse_pair

    letters = np.random.default_rng(11).choice([*"0123456789.,;°'NSEWO -"], (3000, 12))
    for text in map("".join, letters):
        try:
            x, y = parse_pair(text, is_geographic=True)
        except CoordinatesUnreadable:
            continue
        assert abs(x) <= 180, text
        assert abs(y) <= 90, text


@pytest.mark.parametrize(("text", "length"), [("2,5", 2.5), (" 10 ", 10), ("0.1", 0.1)])
def test_lengths_with_either_decimal_mark(allpa, text, length):
    from allpa.plugin.coordinate_text import parse_length

    assert parse_length(text) == length


@pytest.mark.parametrize("text", ["", "0", "-1", "inf", "nan", "a"])
def test_what_is_no_length_is_refused(allpa, text):
    from allpa.plugin.coordinate_text import CoordinatesUnreadable, parse_length

    with pytest.raises(CoordinatesUnreadable):
        parse_length(text)
