"""Legends that are proposed for the values of a field."""

import numpy as np
from allpa_engine.core.legend import LEGEND, Legend
from allpa_engine.core.legend_proposal import distinct_colors, propose_legend
from hypothesis import given
from hypothesis import strategies as st


def test_names_of_the_bundled_legend_get_its_codes_colours_and_roles():
    found = propose_legend(["Agua", "Trees", "Cultivos", "Nieve/hielo", "Páramo"])
    land = {part.name: part for part in found.legend}
    assert {name: land[name].code for name in ("Agua", "Trees", "Cultivos", "Nieve/hielo")} == {
        "Agua": 1, "Trees": 2, "Cultivos": 5, "Nieve/hielo": 9,
    }  # fmt: skip
    assert land["Agua"].color == LEGEND[0].color
    assert land["Agua"].role == "water"
    assert land["Páramo"].code == 11


def test_whole_numbers_are_the_codes():
    found = propose_legend([3, 3.0, "11", 250])
    assert [(part.code, part.name) for part in found.legend] == [(3, "3"), (11, "11"), (250, "250")]
    assert found.code_of(3.0) == 3


def test_spellings_are_one_class_under_the_commoner_one():
    found = propose_legend(["QUEÑUAL", "Queñual", "Queñual ", "quenual", "Ichu"])
    assert [part.name for part in found.legend] == ["Ichu", "Queñual"]
    assert found.code_of("quenual") == found.code_of("Queñual") != 0


def test_two_kinds_of_water_are_two_classes():
    found = propose_legend(["río", "laguna", "mar"])
    assert len(found.legend) == 3
    assert len({part.color for part in found.legend}) == 3
    assert sum(part.role == "water" for part in found.legend) == 1


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=60))
def test_any_values_give_a_legend_or_a_sentence(values):
    from allpa_engine.core.errors import AllpaError

    try:
        found = propose_legend(values)
    except AllpaError:
        return
    assert Legend.from_dict(found.legend.to_dict()).codes == found.legend.codes
    assert {found.code_of(value) for value in values} - {0} == set(found.legend.codes)


def test_colours_are_further_apart_than_a_person_can_mistake():
    """At least 12 in CIELAB, where 2.3 is the least that is seen, among thirty."""
    colors = list(distinct_colors(30, [land.color for land in LEGEND[:9]]))
    linear = np.array([[int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)] for color in colors])
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    xyz = linear @ np.array(
        [[0.4124564, 0.2126729, 0.0193339], [0.3575761, 0.7151522, 0.1191920], [0.1804375, 0.0721750, 0.9503041]]
    )
    ratio = xyz / (0.95047, 1.0, 1.08883)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    assert distance[~np.eye(30, dtype=bool)].min() > 12
