"""The network: sizes, seams, and pixels without data."""

import numpy as np
import pytest
import torch
from allpa_engine.classify.torch_network import fold_batch_norms
from allpa_engine.classify.unet import Architecture, UNet


@pytest.fixture(scope="module")
def network():
    torch.set_num_threads(1)
    torch.manual_seed(3)
    net = UNet()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return net.eval()


def logits(net, chip):
    with torch.inference_mode():
        return net(torch.from_numpy(np.ascontiguousarray(chip))[None])[0].numpy()


def land(size, seed=0):
    return np.random.default_rng(seed).uniform(0.01, 0.6, (6, size, size)).astype(np.float32)


@pytest.mark.parametrize("shape", [(16, 16), (16, 48), (128, 64)])
def test_every_multiple_of_the_stride_gives_ten_classes_of_the_same_size(network, shape):
    assert logits(network, np.full((6, *shape), 0.2, np.float32)).shape == (10, *shape)


def test_a_core_is_the_same_in_every_chip_that_holds_it(network):
    scene, margin, stride = land(320), network.architecture.margin, network.architecture.stride
    whole = logits(network, scene)
    for origin in (stride, 5 * stride):
        end = origin + 2 * margin + 6 * stride
        part = logits(network, scene[:, origin:end, origin:end])
        core = slice(origin + margin, end - margin)
        np.testing.assert_allclose(part[:, margin:-margin, margin:-margin], whole[:, core, core], atol=1e-4)


def test_a_smaller_margin_would_show_seams(network):
    scene = land(256)
    whole, part = logits(network, scene), logits(network, scene[:, 64:192, 64:192])
    at_border = np.abs(part[:, 0, :] - whole[:, 64, 64:192]).max()
    assert at_border > 1e-3


def test_a_chip_does_not_change_with_what_else_is_in_its_batch(network):
    one, other = land(64), 3 * land(64, 1)
    with torch.inference_mode():
        both = network(torch.from_numpy(np.stack([one, other]))).numpy()
    np.testing.assert_allclose(both[0], logits(network, one), atol=1e-4)


def test_folding_keeps_the_answers(network):
    chip = land(64)
    np.testing.assert_allclose(logits(fold_batch_norms(network), chip), logits(network, chip), atol=1e-4)


def test_reflectance_beyond_a_mirror_is_taken_like_a_mirror(network):
    np.testing.assert_array_equal(
        logits(network, np.full((6, 32, 32), 5, np.float32)), logits(network, np.full((6, 32, 32), 2, np.float32))
    )


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(),
        Architecture(8, (16, 32), (1, 2)),
        Architecture(8, (8, 8, 8, 8), (2, 1, 2, 1)),
        Architecture(8, (8, 16), (1, 2), cell=2),
    ],
)
def test_the_margin_covers_the_reach_of_every_architecture(architecture):
    torch.manual_seed(0)
    net, centre = UNet(architecture).eval(), 128
    chip = land(256)
    before = logits(net, chip)
    for shift in range(0, architecture.stride, 3):
        touched = chip.copy()
        touched[:, centre + shift, centre + shift] += 0.5
        rows = np.flatnonzero(np.abs(logits(net, touched) - before).max(axis=(0, 2)) > 0)
        assert max(centre + shift - rows.min(), rows.max() - centre - shift) <= architecture.margin
