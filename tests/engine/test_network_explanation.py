"""Explanations of networks: attributions add up, and name the band that a made-up network looks at."""

import numpy as np
import pytest
import torch
from allpa_engine.classify.unet import Architecture, ReflectanceInput, UNet
from allpa_engine.core.errors import TrainingInvalid
from allpa_engine.learn.network_explanation import explain_network
from torch import nn

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")
CODES = (3, 7, 40, 41, 42, 43, 44, 45, 46, 47)
"""As many as the network has channels; the first two are labelled."""


class OneBand(nn.Module):
    """A network that reads the fourth band alone: bright means the second class, dark the first."""

    def __init__(self):
        super().__init__()
        self.input = ReflectanceInput()
        self.input.mean += 2.0

    def forward(self, reflectance):
        infrared = self.input(reflectance)[:, 3]
        return torch.stack([-2 * infrared, 3 * infrared, 0 * infrared - 9], dim=1)


def chips(count=3, side=48, seed=2):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        values = rng.uniform(0.02, 0.6, (len(BANDS), side, side)).astype(np.float32)
        labels = rng.choice(np.array([0, 3, 7, 9], np.uint8), (side, side))
        values[:, :5, :7] = np.nan
        yield values, labels


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    unet = UNet(Architecture(6, (8, 10), (1, 1))).eval()
    with torch.no_grad():
        unet.input.mean += 1.8
        unet.head.weight *= 5
    return unet


def test_attributions_of_a_network_sum_to_the_rise_of_its_scores(network):
    found = explain_network(network, BANDS, CODES, chips(), stride=4, steps=64)
    assert found.codes == (3, 7)
    assert found.largest_gap < 0.02
    np.testing.assert_allclose(found.attributions.sum(axis=1), found.rises, rtol=0.02, atol=0.02)


def test_the_rises_are_those_of_the_network_itself(network):
    found = explain_network(network, BANDS, CODES, chips(1), stride=4, steps=4)
    ((values, labels),) = chips(1)
    image = np.where(np.isnan(values), 0, values)[None]
    mean = np.expm1(np.full((1, len(BANDS), *labels.shape), 1.8, np.float32)) / 50
    with torch.no_grad():
        logits, start = (network(torch.from_numpy(chip))[0].numpy() for chip in (image, mean))
    for number, channel in enumerate((0, 1)):
        mask = (labels == CODES[channel]) & np.isfinite(values[0])
        assert found.pixels[number] == mask.sum()
        assert found.rises[number] == pytest.approx((logits - start)[channel][mask].mean(), abs=1e-3)
        assert found.accuracies[number] == pytest.approx((logits.argmax(axis=0) == channel)[mask].mean())


def test_the_band_that_decides_is_found_by_both_methods():
    found = explain_network(OneBand().eval(), BANDS, CODES[:3], chips(), stride=4, steps=4)
    others = [0, 1, 2, 4, 5]
    assert (found.attributions[:, others] == 0).all()
    assert (found.logit_falls[:, others] == 0).all()
    assert (found.accuracy_falls[:, others] == 0).all()
    np.testing.assert_allclose(found.attributions[:, 3], found.rises, rtol=1e-4)
    np.testing.assert_allclose(found.logit_falls[:, 3], found.rises, rtol=1e-4)
    assert np.abs(found.accuracy_falls[:, 3]).max() > 0.2


def test_large_and_odd_chips_are_cut_around_their_labels(network):
    values = np.full((len(BANDS), 301, 203), 0.2, np.float32)
    labels = np.zeros((301, 203), np.uint8)
    labels[290:299, 1:9] = 3
    found = explain_network(network, BANDS, CODES, [(values, labels)], stride=4, steps=4)
    assert found.pixels.tolist() == [72]


def test_chips_without_labels_of_the_model_are_refused(network):
    with pytest.raises(TrainingInvalid, match=r"No chip has a labelled pixel"):
        explain_network(network, BANDS, tuple(range(100, 110)), chips(), stride=4)


def test_the_table_has_a_row_for_each_class_and_band(network):
    found = explain_network(network, BANDS, CODES, chips(1), stride=4, steps=4)
    rows = found.table_rows(["Páramo", "Puna"])
    assert len(rows) == 1 + 2 * len(BANDS)
    assert rows[1][:4] == ["Páramo", 3, int(found.pixels[0]), "B02"]
    assert sum(row[4] for row in rows[1:7]) == pytest.approx(found.attributions[0].sum(), abs=1e-3)
