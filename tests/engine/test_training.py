"""Training end to end on a small made-up store, and the parts whose arithmetic can be checked by hand."""

import copy
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from allpa_engine.classify.model_file import load_model, save_model
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.legend import BUILT, CLOUDS, CROPS, GRASS
from allpa_engine.learn.network_loss import class_weights
from hypothesis import given, settings
from hypothesis import strategies as st
from training.__main__ import main
from training.atmosphere import Atmosphere, draw_atmosphere, median_atmosphere
from training.batches import Batch, BatchSource, Views
from training.calibration import fold_odds, fold_temperature
from training.chips import Chip
from training.clouds import add_clouds, build_bank
from training.loss import pixel_weights, weighted_cross_entropy
from training.recolouring import unlabelled_land
from training.replicas import Replicas
from training.samples import SAMPLE_SIZE, Sample, cut_tile, tile_corners, to_sample
from training.spectra import NATURAL, NOT_CROPS
from training.store import open_store, write_shard
from training.training import (
    Schedule,
    copy_branch_checkpoint,
    create_training_state,
    load_initial_network,
    new_network,
    train,
)
from training.variation import NOTHING_NEW

SMALL = Architecture(8, (8, 16), (1, 1))
FEW_TWINS = replace(NOTHING_NEW, twins=0.5)
WATER_DN, FOREST_DN = (300, 350, 200, 100, 40, 30), (200, 350, 200, 2700, 1100, 450)


def two_class_sample(rng):
    """Left forest, right water, the border somewhere."""
    border = int(rng.integers(30, 98))
    dn = np.empty((6, SAMPLE_SIZE, SAMPLE_SIZE), np.float32)
    dn[:, :, :border] = np.array(FOREST_DN)[:, None, None]
    dn[:, :, border:] = np.array(WATER_DN)[:, None, None]
    soft = np.zeros((9, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8)
    soft[1, :, :border], soft[0, :, border:] = 200, 200
    dn *= rng.normal(1, 0.05, dn.shape)
    return Sample(dn.astype(np.uint16), soft, *np.zeros((2, *soft.shape[1:]), np.uint8))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    folder, rng = tmp_path_factory.mktemp("store"), np.random.default_rng(0)
    write_shard(folder, "real_000", [two_class_sample(rng) for _ in range(6)])
    write_shard(folder, "made_000", [two_class_sample(rng) for _ in range(6)])
    return folder


def validation_chip():
    sample = two_class_sample(np.random.default_rng(9))
    nine = sample.reflectance[[0, 1, 2, 3, 3, 3, 3, 4, 5]]
    return Chip("test", "somewhere", "L2A", nine, sample.soft)


def run(store, folder, stop=None, **changes):
    schedule = Schedule(**{"steps": 6, "batch_size": 2, "warmup_steps": 2, "validate_every": 3, **changes})
    source = BatchSource(open_store(store), schedule.batch_size, seed=5, cloud_fields=8, mixture=FEW_TWINS)
    training_state = create_training_state(new_network(SMALL, source), schedule, torch.device("cpu"))
    return train(training_state, source, [validation_chip()], schedule, folder, stop)


def weights_of(training_state):
    return torch.cat([value.flatten().float() for value in training_state.average.state_dict().values()])


class StopAfter(threading.Event):
    """Asks the training to stop once it has been looked at so many times."""

    def __init__(self, observations):
        super().__init__()
        self.observations = observations

    def is_set(self):
        self.observations -= 1
        return self.observations < 0


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(store, tmp_path):
    whole = run(store, tmp_path / "whole")
    stopped = run(store, tmp_path / "parts", StopAfter(3))
    assert stopped.step < whole.step
    resumed = run(store, tmp_path / "parts")
    assert resumed.step == whole.step
    torch.testing.assert_close(weights_of(resumed), weights_of(whole), rtol=0, atol=0)


def test_a_finished_training_does_nothing_more(store, tmp_path):
    first = weights_of(run(store, tmp_path))
    torch.testing.assert_close(weights_of(run(store, tmp_path)), first, rtol=0, atol=0)


def test_a_branch_is_what_a_training_of_its_own_would_be(store, tmp_path):
    whole = run(store, tmp_path / "trunk", finetune_start_step=4)
    copy_branch_checkpoint(tmp_path / "trunk", tmp_path / "branch")
    branched = run(store, tmp_path / "branch", StopAfter(1), finetune_start_step=4)
    assert branched.step == 5
    copy_branch_checkpoint(tmp_path / "trunk", tmp_path / "branch")
    branched = run(store, tmp_path / "branch", StopAfter(0), finetune_start_step=4)
    assert branched.step == 5, "a branch that has begun goes on from its own checkpoint"
    torch.testing.assert_close(
        weights_of(run(store, tmp_path / "branch", finetune_start_step=4)), weights_of(whole), rtol=0, atol=0
    )


def test_a_training_draws_reference_labels_from_the_fine_tuning_on(store, tmp_path):
    class Recorded(BatchSource):
        def batch(self, step, *, with_reference=True):
            drawn[step] = with_reference
            return super().batch(step, with_reference=with_reference)

    drawn, source = {}, Recorded(open_store(store), 2, seed=5, cloud_fields=8, mixture=NOTHING_NEW)
    training_state = create_training_state(new_network(SMALL, source), Schedule(), torch.device("cpu"))
    train(training_state, source, [validation_chip()], Schedule(steps=6, finetune_start_step=4), tmp_path)
    assert [drawn[step] for step in range(6)] == [False] * 4 + [True] * 2


def test_the_rate_warms_up_decays_and_starts_anew_in_the_fine_tuning():
    schedule = Schedule(
        steps=100, learning_rate=1.0, warmup_steps=4, decay_share=0.5, finetune_start_step=80,
        finetune_learning_rate=0.7, finetune_decay_steps=10,
    )  # fmt: skip
    expected = {0: 0.25, 3: 1, 50: 1, 75: 0.5, 79: 0.42, 80: 0.7, 90: 0.7, 95: 0.35, 99: 0.07}
    assert {step: pytest.approx(schedule.rate(step)) for step in expected} == expected
    alone = Schedule(steps=100, learning_rate=1.0, warmup_steps=4, decay_share=0.5, finetune_start_step=100)
    assert alone.rate(99) == pytest.approx(0.02)


def test_learning_lowers_the_held_out_loss_and_writes_the_log(store, tmp_path):
    run(store, tmp_path, steps=24, validate_every=4, learning_rate=1e-2, average_decay=0.5)
    header, *rows = (tmp_path / "log.csv").read_text().splitlines()
    losses = [float(row.split(",")[header.split(",").index("loss")]) for row in rows]
    assert len(rows) == 6
    assert losses[-1] < 0.8 * losses[0]


def test_early_stopping_ends_a_training_that_no_longer_improves(store, tmp_path):
    training_state = run(store, tmp_path, steps=40, validate_every=1, early_stopping_rounds=2, learning_rate=1e-12)
    assert training_state.step < 40


def test_a_step_gives_the_same_batch_each_time_and_another_step_another(store):
    source = BatchSource(open_store(store), 4, seed=1, cloud_fields=8, mixture=NOTHING_NEW)
    first, again, other = source.batch(7), source.batch(7), source.batch(8)
    torch.testing.assert_close(first.views.reflectance, again.views.reflectance, rtol=0, atol=0)
    assert not torch.equal(first.views.reflectance, other.views.reflectance)


def test_targets_of_labelled_pixels_are_shares(store):
    batch = BatchSource(open_store(store), 8, seed=2, cloud_fields=8, mixture=NOTHING_NEW).batch(0)
    total = batch.views.target.sum(dim=1)
    labelled = batch.views.weight > 0
    torch.testing.assert_close(total[labelled], torch.ones(int(labelled.sum())), atol=1e-4, rtol=0)


def test_two_copies_of_the_network_learn_what_one_learns():
    torch.manual_seed(0)
    batch_parts = torch.rand(4, 6, 32, 32), torch.softmax(torch.randn(4, 10, 32, 32), 1), *torch.ones(2, 4, 32, 32)
    gradients = []
    for count in (1, 2):
        torch.manual_seed(1)
        model = UNet(SMALL)
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
        replicas = Replicas(model.eval(), count, torch.ones(10), half=False)
        for twin in replicas.models:
            twin.train = lambda mode=True, twin=twin: twin  # statistics of a part differ from those of the whole
        replicas.gradients(Batch(Views(*batch_parts)))
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in model.parameters()]))
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-5)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_l1c_and_back_is_the_same_land(seed):
    rng = np.random.default_rng(seed)
    atmosphere = draw_atmosphere(rng)
    land = rng.uniform(200, 4000, (9, 8, 8)).astype(np.float32)
    assert (atmosphere.to_l1c(land) > 0).all()
    np.testing.assert_allclose(atmosphere.to_l2a(atmosphere.to_l1c(land)), land, rtol=1e-3)


def test_pixels_without_data_stay_so_through_the_atmosphere():
    land = np.full((9, 4, 4), 1000, np.float32)
    land[:, 1, 2] = 0
    atmosphere: Atmosphere = median_atmosphere()
    for changed in (atmosphere.to_l1c(land), atmosphere.to_l2a(land)):
        assert (changed[:, 1, 2] == 0).all()
        assert (changed[:, 0, 0] > 0).all()


@given(st.integers(1, 400), st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_squares_cover_every_pixel(height, width):
    seen = np.zeros((height, width), bool)
    for top, left in tile_corners(height, width):
        seen[top : top + SAMPLE_SIZE, left : left + SAMPLE_SIZE] = True
    assert seen.all()


@pytest.mark.parametrize("shape", [(3, 64, 64), (3, 5, 200), (3, 128, 130), (3, 2, 2)])
def test_chips_too_small_are_mirrored_to_full_size(shape):
    piece = np.random.default_rng(0).random(shape).astype(np.float32)
    square = cut_tile(piece, 0, 0)
    assert square.shape == (3, SAMPLE_SIZE, SAMPLE_SIZE)
    np.testing.assert_array_equal(square[:, : min(shape[1], 128), : min(shape[2], 128)], piece[:, :128, :128])


def test_the_border_and_pixels_without_data_carry_no_label():
    land = np.full((9, SAMPLE_SIZE, SAMPLE_SIZE), 1000, np.float32)
    land[:, 50, 50] = 0
    sample = to_sample(unlabelled_land(land), np.full(land.shape, 1 / 9, np.float32), border=6)
    assert not sample.soft[:, 50, 50].any()
    assert not sample.soft[:, :6].any()
    assert sample.soft[:, 6, 6].all()


def test_clouds_cover_land_and_clear_pixels_keep_their_reflectance():
    rng = np.random.default_rng(2)
    bank = build_bank(rng, 8, 64)
    land = np.full((6, 64, 64), 0.05, np.float32)
    for _ in range(20):
        clouded, share, shadow = add_clouds(land, bank, rng)
        assert ((share >= 0) & (share <= 1)).all()
        full = share == 1
        assert (clouded[0][full] > 0.1).all()
        untouched = (share == 0) & (shadow == 0) & (np.abs(clouded - land).max(axis=0) < 1e-6)
        np.testing.assert_allclose(clouded[:, untouched], land[:, untouched], atol=1e-6)
        assert (clouded >= 0).all()


def test_clouds_reach_the_targets(store):
    source = BatchSource(open_store(store), 16, seed=3, cloud_fields=8, mixture=NOTHING_NEW)
    shares = [float(source.batch(step).views.target[:, CLOUDS - 1].mean()) for step in range(4)]
    assert 0.01 < np.mean(shares) < 0.5


def test_rare_classes_weigh_more_and_the_mean_weight_is_one():
    share = np.array([0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.03, 0.02, 0.01])
    weights = class_weights(share).numpy()
    assert (np.diff(weights) >= 0).all()
    assert (weights * share).sum() == pytest.approx(1, abs=0.02)


def test_cross_entropy_is_least_at_the_target():
    target = torch.softmax(torch.randn(1, 10, 4, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    weights = pixel_weights(target, torch.ones(1, 4, 4), torch.linspace(1, 3, 10))
    logits = target.log().requires_grad_()
    weighted_cross_entropy(logits, target, weights).backward()
    assert logits.grad.abs().max() < 1e-5


def test_unlabelled_pixels_teach_nothing():
    target = torch.softmax(torch.randn(1, 10, 4, 4), dim=1)
    logits = torch.randn(1, 10, 4, 4, requires_grad=True)
    mask = torch.zeros(1, 4, 4)
    mask[0, 1, 1] = 1
    weighted_cross_entropy(logits, target, pixel_weights(target, mask, torch.ones(10))).backward()
    touched = logits.grad.abs().sum(dim=1)[0] > 0
    assert touched.sum() == 1
    assert touched[1, 1]


def test_land_that_the_teacher_calls_water_at_a_shore_is_learnt_as_land(tmp_path):
    sample = two_class_sample(np.random.default_rng(4))
    dilated = sample.soft.copy()
    border = int((sample.soft[0] > 0).argmax(axis=1)[0])
    dilated[:, :, border - 2 : border] = 0
    dilated[:2, :, border - 2 : border] = [[[150]], [[100]]]
    write_shard(tmp_path, "real_000", [replace(sample, soft=dilated)] * 2)
    batch = BatchSource(open_store(tmp_path), 16, seed=1, cloud_fields=4, mixture=NOTHING_NEW).batch(0)
    water, forest = ((batch.views.target[:, code] > 0.5).float().mean(dim=(1, 2)) for code in (0, 1))
    assert float(forest.max()) == pytest.approx(border / SAMPLE_SIZE, abs=0.002)
    assert float(water.max()) == pytest.approx(1 - border / SAMPLE_SIZE, abs=0.002)


@pytest.mark.parametrize(
    ("weak_label", "expected"),
    [(0, CROPS), (NOT_CROPS, BUILT), (NATURAL, 8), (3, 3)],
)
def test_weak_labels_exclude_a_class_or_outweigh_the_teacher(tmp_path, weak_label, expected):
    """The teacher says crops before built before bare ground."""
    sample = two_class_sample(np.random.default_rng(4))
    soft = np.zeros_like(sample.soft)
    for code, share in ((CROPS, 110), (BUILT, 90), (8, 50)):
        soft[code - 1, 8:] = share  # above that there is no label
    labelled = replace(sample, soft=soft, weak_label=np.full_like(sample.weak_label, weak_label))
    write_shard(tmp_path, "real_000", [labelled] * 2)
    batch = BatchSource(open_store(tmp_path), 32, seed=1, cloud_fields=4, mixture=NOTHING_NEW).batch(0)
    clear = batch.views.target[:, CLOUDS - 1].amax(dim=(1, 2)) == 0
    target, weight = batch.views.target[clear], batch.views.weight[clear]
    assert len(target) > 4
    assert float((weight > 0).float().mean()) == pytest.approx(1 - 8 / SAMPLE_SIZE)
    predicted = target.argmax(dim=1)[weight > 0] + 1
    assert (predicted == expected).all()
    torch.testing.assert_close(target.sum(dim=1)[weight > 0], torch.ones(len(predicted)), atol=1e-4, rtol=0)


def test_a_shipped_network_is_trained_on_as_it_was_before_its_calibration(tmp_path):
    torch.manual_seed(3)
    network = UNet(SMALL).eval()
    chips = torch.rand(1, 6, 32, 32)
    with torch.inference_mode():
        before = network(chips)
        fold_temperature(network, 0.5)
        fold_odds(network, GRASS, 3)
        save_model(tmp_path / "net.safetensors", network, {"training": {"temperature": 0.5, "grass_odds": 3}})
        again = load_initial_network([load_model(tmp_path / "net.safetensors")]).eval()
        torch.testing.assert_close(again(chips), before, atol=0.02, rtol=0.02)
    assert all(parameter.requires_grad for parameter in again.parameters())


@pytest.mark.parametrize("cell", [1, 2])
def test_the_odds_of_grass_to_every_other_class_are_multiplied_and_no_others(cell):
    torch.manual_seed(3)
    network = UNet(replace(SMALL, cell=cell)).eval()
    chips = torch.rand(1, 6, 32, 32)
    with torch.inference_mode():
        before = network(chips).softmax(dim=1)
        fold_odds(network, GRASS, 1.5)
        after = network(chips).softmax(dim=1)
    odds = (after / after[:, :1]) / (before / before[:, :1])
    expected = torch.ones(10)
    expected[GRASS - 1] = 1.5
    torch.testing.assert_close(odds, expected.view(1, 10, 1, 1).expand_as(odds), rtol=1e-4, atol=1e-4)


def test_the_mean_of_two_networks_has_the_mean_of_their_weights(tmp_path):
    networks = []
    for seed, temperature in ((3, 0.5), (4, 2.0)):
        torch.manual_seed(seed)
        networks.append(UNet(SMALL).eval().requires_grad_(requires_grad=False))
        shipped = copy.deepcopy(networks[-1])
        fold_temperature(shipped, temperature)
        save_model(tmp_path / f"{seed}.safetensors", shipped, {"training": {"temperature": temperature}})
    mean = load_initial_network([load_model(tmp_path / f"{seed}.safetensors") for seed in (3, 4)])
    for found, first, second in zip(mean.parameters(), *(network.parameters() for network in networks)):
        torch.testing.assert_close(found.detach(), (first + second) / 2, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("share", [0.2, 0.45, 0.9])
def test_real_chips_have_the_share_of_a_batch_that_is_asked_for(store, share):
    source = BatchSource(open_store(store), 4, seed=1, cloud_fields=8, mixture=replace(NOTHING_NEW, real=share))
    assert source.probability[source.is_real].sum() == pytest.approx(share)
    assert source.probability.sum() == pytest.approx(1)


def test_networks_of_two_architectures_have_no_mean(tmp_path):
    for name, architecture in (("a", SMALL), ("b", replace(SMALL, full_width=SMALL.full_width + 4))):
        save_model(tmp_path / f"{name}.safetensors", UNet(architecture), {})
    with pytest.raises(ModelInvalid, match="not of one architecture"):
        load_initial_network([load_model(tmp_path / f"{name}.safetensors") for name in "ab"])


def test_who_goes_on_from_a_file_cannot_ask_for_another_architecture(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--data", ".", "--cache", ".", "--out", "o", "--start", "a.safetensors", "--widths", "8", "16"])
    assert stopped.value.code == 2
    assert "keeps the file's architecture" in capsys.readouterr().err
