"""Command line of the training: `python -m training --data DIR --cache DIR --out FILE.safetensors`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from allpa_engine.classify.inference import find_device
from allpa_engine.classify.model_file import load_model, save_model
from allpa_engine.classify.unet import Architecture

from .batches import REAL_SHARE, BatchSource
from .calibration import GRASS_ODDS, calibrate
from .chips import VALIDATION_PLACES, read_chips
from .curve import draw_curve
from .provenance import training_card
from .store import Store, build_people, build_store, open_store, people_places
from .training import (
    Schedule,
    branch_off,
    fresh,
    restore_best,
    start,
    train,
    trained_before,
)


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with chips, labels and teacher")
    options.add_argument("--cache", type=Path, required=True, help="folder for samples, checkpoints and log (some GB)")
    options.add_argument("--out", type=Path, required=True, help="weights file to write (.safetensors)")
    options.add_argument("--samples", type=int, default=15360, help="made samples of 128 x 128 pixels")
    options.add_argument(
        "--run", default="run", help="folder of this training within the cache: several share the samples"
    )
    options.add_argument(
        "--start",
        type=Path,
        nargs="+",
        default=[],
        help="model file to go on from, or several of one training: their mean",
    )
    options.add_argument("--steps", type=int, default=Schedule.steps)
    options.add_argument("--batch-size", type=int, default=Schedule.batch_size)
    options.add_argument("--learning-rate", type=float, default=Schedule.learning_rate)
    options.add_argument(
        "--decay-share", type=float, default=Schedule.decay_share, help="last part, where it falls to 0"
    )
    options.add_argument("--average-decay", type=float, default=Schedule.average_decay, help="of the average")
    options.add_argument("--validate-every", type=int, default=Schedule.validate_every, help="steps")
    options.add_argument("--real-share", type=float, default=REAL_SHARE, help="of real chips in a batch")
    options.add_argument(
        "--people-from", type=int, default=Schedule.people_from, metavar="STEP", help="where people's labels are heard"
    )
    options.add_argument("--people-rate", type=float, default=Schedule.people_rate, help="learning rate from there on")
    options.add_argument("--unheard", nargs="+", default=[], metavar="PLACE", help="but not at these places")
    options.add_argument("--branch", metavar="RUN", help="go on from where that run began to hear people")
    shape = options.add_argument_group("architecture", "not with --start, which keeps that of the file")
    shape.add_argument("--full-width", type=int, help=f"default {Architecture.full_width}")
    shape.add_argument("--widths", type=int, nargs="+", help=f"default {Architecture.widths}")
    shape.add_argument("--depths", type=int, nargs="+", help=f"default {Architecture.depths}")
    shape.add_argument("--cell", type=int, help=f"side of the squares read as one, default {Architecture.cell}")
    options.add_argument("--seed", type=int, default=20)
    options.add_argument("--device", default="auto")
    options.add_argument("--threads", type=int, default=0, help="CPU threads, 0 = PyTorch's choice")
    options.add_argument("--everything", action="store_true", help="train on the held-out places too")
    return options


def _architecture_asked_for(chosen: argparse.Namespace) -> dict[str, Any]:
    """The options of the architecture that were given."""
    values = {name: getattr(chosen, name) for name in Architecture().as_dict()}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value}


def main(arguments: list[str] | None = None) -> int:
    """Build the samples that are missing, train (or go on), write weights, card and curve."""
    chosen = parser().parse_args(arguments)
    asked = _architecture_asked_for(chosen)
    if chosen.start and asked:
        parser().error(
            "--start keeps the architecture of the file: leave out --full-width, --widths, --depths and --cell"
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    store, places = _store(chosen)
    source = BatchSource(store, chosen.batch_size, chosen.seed, real_share=chosen.real_share)
    schedule = Schedule(
        **{field.name: getattr(chosen, field.name) for field in fields(Schedule) if field.name in vars(chosen)}
    )
    before = [load_model(path) for path in chosen.start]
    network = trained_before(before) if before else fresh(Architecture(**asked), source)
    progress = start(network, schedule, find_device(chosen.device))
    validation = [chip for chip in read_chips(chosen.data) if chip.held_out and not chip.clouded]
    run = chosen.cache / chosen.run
    if chosen.branch:
        branch_off(chosen.cache / chosen.branch, run)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    train(progress, source, validation, schedule, run, stop)
    if stop.is_set():
        return 1
    heard = places if progress.step > schedule.people_from else []
    if not heard:
        restore_best(progress, run)
    trained = progress.average.cpu()
    histories = [file.card.get("training", {}) for file in before]
    said = sorted({*heard, *(place for history in histories for place in history.get("people_heard_at", []))})
    held_out = () if chosen.everything else sorted(VALIDATION_PLACES)
    card = training_card(chosen.data, progress, schedule, held_out=held_out, people=said)
    card["training"] |= calibrate(trained, validation, grass_odds=GRASS_ODDS if said else 1.0)
    if before:
        card["training"]["started_from"] = [
            {"digest": f"sha256:{file.sha256}", **history} for file, history in zip(before, histories)
        ]
    save_model(chosen.out, trained, card)
    if (run / "log.csv").is_file():
        draw_curve(run / "log.csv", run / "curve.png")
    return 0


def _store(chosen: argparse.Namespace) -> tuple[Store, list[str]]:
    """The samples, made where they are missing, and the places where people may be heard."""
    samples = chosen.cache / ("samples_everything" if chosen.everything else "samples")
    build_store(chosen.data, samples, made=chosen.samples, seed=chosen.seed, everything=chosen.everything)
    build_people(chosen.data, samples, seed=chosen.seed)
    labelled = people_places(samples)
    if unknown := set(chosen.unheard) - set(labelled):
        parser().error(
            f"--unheard: no people's labels of {', '.join(sorted(unknown))}; there are {', '.join(labelled)}"
        )
    return open_store(samples, unheard=chosen.unheard), [place for place in labelled if place not in chosen.unheard]


if __name__ == "__main__":
    sys.exit(main())
