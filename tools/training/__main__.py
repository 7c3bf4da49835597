"""Command line of the training: `python -m training --data DIR --cache DIR --out FILE.safetensors`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from allpa_engine.classify.architecture import Architecture
from allpa_engine.classify.model_file import ModelFile, load_model, save_model
from allpa_engine.classify.torch_network import find_device
from allpa_engine.classify.unet import UNet

from .batches import BatchSource
from .calibration import GRASS_ODDS, calibrate
from .chips import VALIDATION_SITES, Chip, read_chips
from .new_samples import build_new_samples
from .new_sites import has_new_sites, read_new_chips
from .provenance import history, training_card
from .store import Store, build_reference_samples, build_store, list_reference_sites, open_store
from .training import (
    Schedule,
    copy_branch_checkpoint,
    create_training_state,
    load_initial_network,
    mix_weights,
    new_network,
    restore_best,
    train,
)
from .training_curve import draw_curve
from .variation import Mixture


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with chips, labels and teacher")
    options.add_argument("--cache", type=Path, required=True, help="folder for samples, checkpoints and log (some GB)")
    options.add_argument("--out", type=Path, required=True, help="weights file to write (.safetensors)")
    options.add_argument("--samples", type=int, default=15360, help="number of synthetic samples (128 x 128 pixels)")
    options.add_argument(
        "--run", default="run", help="folder of this training within the cache: several share the samples"
    )
    options.add_argument(
        "--start",
        type=Path,
        nargs="+",
        default=[],
        help="model file to continue training from; several files of one run are averaged",
    )
    options.add_argument(
        "--mean-with", type=Path, metavar="FILE", help="model file whose weights are averaged with the trained ones"
    )
    options.add_argument("--mean-share", type=float, default=0.5, help="share of that file in the mean")
    options.add_argument("--grass-odds", type=float, help=f"default {GRASS_ODDS} with reference labels, else 1")
    options.add_argument("--cloud-odds", type=float, default=1.0, help="factor on the odds of clouds")
    options.add_argument("--slide-share", type=float, default=Mixture.slides, help="share of landslides in a batch")
    options.add_argument("--pair-share", type=float, default=Mixture.pair, help="share of real clouds in a batch")
    _add_schedule_options(options)
    options.add_argument(
        "--left-out-sites", nargs="+", default=[], metavar="SITE", help="sites whose reference labels are not used"
    )
    options.add_argument("--branch", metavar="RUN", help="start from that run's checkpoint before fine-tuning")
    shape = options.add_argument_group("architecture", "not with --start, which keeps that of the file")
    shape.add_argument("--full-width", type=int, help=f"default {Architecture.full_width}")
    shape.add_argument("--widths", type=int, nargs="+", help=f"default {Architecture.widths}")
    shape.add_argument("--depths", type=int, nargs="+", help=f"default {Architecture.depths}")
    shape.add_argument(
        "--cell", type=int, help=f"side in pixels of the blocks merged at the input, default {Architecture.cell}"
    )
    options.add_argument("--seed", type=int, default=20)
    options.add_argument("--device", default="auto")
    options.add_argument("--threads", type=int, default=0, help="CPU threads, 0 = PyTorch's choice")
    options.add_argument("--use-all-sites", action="store_true", help="use the held-out sites for training as well")
    return options


def _add_schedule_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("--steps", type=int, default=Schedule.steps)
    options.add_argument("--batch-size", type=int, default=Schedule.batch_size)
    options.add_argument("--learning-rate", type=float, default=Schedule.learning_rate)
    options.add_argument(
        "--decay-share",
        type=float,
        default=Schedule.decay_share,
        help="share of the steps over which the rate falls to 0",
    )
    options.add_argument(
        "--average-decay", type=float, default=Schedule.average_decay, help="of the average of the weights, per step"
    )
    options.add_argument("--validate-every", type=int, default=Schedule.validate_every, help="steps")
    options.add_argument(
        "--finetune-start-step",
        type=int,
        default=Schedule.finetune_start_step,
        metavar="STEP",
        help="first step that uses the reference labels",
    )
    options.add_argument(
        "--finetune-learning-rate",
        type=float,
        default=Schedule.finetune_learning_rate,
        help="learning rate of the fine-tuning",
    )
    options.add_argument(
        "--finetune-decay-steps",
        type=int,
        default=Schedule.finetune_decay_steps,
        help="last steps, over which that rate falls to 0",
    )
    options.add_argument("--warmup-steps", type=int, default=Schedule.warmup_steps)


def _architecture_options(args: argparse.Namespace) -> dict[str, Any]:
    """The options of the architecture that were given."""
    values = {name: getattr(args, name) for name in Architecture().to_dict()}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value}


def main(arguments: list[str] | None = None) -> int:
    """Generate the samples that are missing, train (or continue), write weights, card and curve."""
    args = parser().parse_args(arguments)
    architecture_options = _architecture_options(args)
    if args.start and architecture_options:
        parser().error("--start keeps the file's architecture: leave out --full-width, --widths, --depths and --cell")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if args.threads:
        torch.set_num_threads(args.threads)
    store, sites = _store(args)
    source = BatchSource(
        store, args.batch_size, args.seed, mixture=Mixture(slides=args.slide_share, pair=args.pair_share)
    )
    schedule = Schedule(
        **{field.name: getattr(args, field.name) for field in fields(Schedule) if field.name in vars(args)}
    )
    initial_models = [load_model(path) for path in args.start]
    if initial_models:
        network = load_initial_network(initial_models)
    else:
        network = new_network(Architecture(**architecture_options), source)
    training_state = create_training_state(network, schedule, find_device(args.device))
    validation = [chip for chip in read_chips(args.data) if chip.held_out and not chip.is_cloudy]
    run = args.cache / args.run
    if args.branch:
        copy_branch_checkpoint(args.cache / args.branch, run)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    train(training_state, source, validation, schedule, run, stop)
    if stop.is_set():
        return 1
    finetune_sites = sites if training_state.step > schedule.finetune_start_step else []
    if not finetune_sites:
        restore_best(training_state, run)
    reference_sites_so_far = sorted({*finetune_sites, *_reference_sites(initial_models)})
    held_out = () if args.use_all_sites else sorted(VALIDATION_SITES)
    card = training_card(args.data, training_state, schedule, held_out=held_out, reference_sites=reference_sites_so_far)
    if initial_models:
        card["training"]["started_from"] = _started_from(initial_models)
    _write_weights(args, training_state.average.cpu(), card, validation, has_reference=bool(reference_sites_so_far))
    if (run / "log.csv").is_file():
        draw_curve(run / "log.csv", run / "curve.png")
    return 0


def _write_weights(
    args: argparse.Namespace, trained: UNet, card: dict[str, Any], validation: list[Chip], *, has_reference: bool
) -> None:
    """Mix, calibrate and write the weights with their card."""
    if args.mean_with:
        mix_weights(trained, load_initial_network([load_model(args.mean_with)]), args.mean_share)
    if args.use_all_sites:
        logging.warning("the temperature is fitted on sites that were used in training: probabilities will be too high")
    grass_odds = args.grass_odds or (GRASS_ODDS if has_reference else 1.0)
    card["training"] |= calibrate(
        trained, validation + _new_clear_chips(args.data), grass_odds=grass_odds, cloud_odds=args.cloud_odds
    )
    if args.mean_with:
        other = {"digest": f"sha256:{load_model(args.mean_with).sha256}", "share": args.mean_share}
        card["training"]["mean_with"] = other
    save_model(args.out, trained, card)


def _new_clear_chips(data: Path) -> list[Chip]:
    """Clear chips of the new sites that are used in training: with them the temperature is not that of few places."""
    if not has_new_sites(data):
        return []
    return [new.chip for new in read_new_chips(data, left_out=False) if new.cloud is None]


def _started_from(models: Sequence[ModelFile]) -> list[dict[str, Any]]:
    """Digest and history of the weights that a training started from."""
    return [{"digest": f"sha256:{file.sha256}", **history(file.card)} for file in models]


def _reference_sites(models: Sequence[ModelFile]) -> set[str]:
    """Sites whose reference labels those weights were trained on."""
    return {site for file in models for site in history(file.card).get("reference_label_sites", [])}


def _store(args: argparse.Namespace) -> tuple[Store, list[str]]:
    """The samples, generated where they are missing, and the sites whose reference labels may be used."""
    samples = args.cache / ("samples_everything" if args.use_all_sites else "samples")
    build_store(args.data, samples, synthetic_count=args.samples, seed=args.seed, use_all_sites=args.use_all_sites)
    build_reference_samples(args.data, samples, seed=args.seed)
    if has_new_sites(args.data):
        build_new_samples(args.data, samples, seed=args.seed)
    labelled = list_reference_sites(samples)
    if unknown := set(args.left_out_sites) - set(labelled):
        parser().error(
            f"--left-out-sites: no reference labels for {', '.join(sorted(unknown))}; available: {', '.join(labelled)}"
        )
    return open_store(samples, left_out_sites=args.left_out_sites), [
        site for site in labelled if site not in args.left_out_sites
    ]


if __name__ == "__main__":
    sys.exit(main())
