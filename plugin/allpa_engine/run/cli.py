"""The command line `allpa`: the same jobs as in QGIS, from a terminal or as QGIS's child process."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..core.cluster_keys import SEPARATELY
from ..core.errors import AllpaError, JobInvalid
from ..core.job import Job, read_job
from ..core.job_schema import job_schema
from ..core.json_input import read_json
from ..core.messages import message, translate
from ..core.protocol import Reporter, format_error, format_line
from ..core.text_keys import LANGUAGES
from .child import (
    EXIT_FAILED,
    JsonLinesReporter,
    LineWriter,
    TextReporter,
    listen_for_cancel,
    open_standard_streams,
    reserve_stdout,
    start_heartbeat,
)
from .failures import explained_error
from .result_text import result_text

_STEP_HELP = {
    "landcovermap": "make the annual map of a region: all steps from the search to the report",
    "search": "find and select scenes; writes the scene list",
    "fetch": "download the region's part of the selected scenes",
    "classify": "classify the downloaded scenes; downloads what is missing",
    "composite": "merge the predictions into the annual map and its quality raster",
    "areas": "tabulate the map's areas",
    "report": "write the map image, the report and the STAC item of a finished map",
    "change": "compare the job's maps: matrix, change raster, timeline",
    "accuracy_sample": "draw a sample of the job's map for its assessment",
    "accuracy_import": "make a sample of reference data that were labelled elsewhere",
    "accuracy_more_points": "add the points to a sample that a wished interval needs",
    "seasonal_composite": "make cloud-free composites of the job's seasons, and a folder of features",
    "train_forest": "train a forest or another model of single pixels on training data",
    "classify_features": "make the map of a folder of features with a model that was trained on such features",
    "refit": "teach a network by corrections of a run's map, and write it as a new version",
    "embeddings": "write a network's features of a run's scenes, by year or by month",
    "export_model": "write a network for other programs: Deepness, ONNX, TorchScript",
    "explain_model": "say on which bands the classes of a network depend",
    "training_data": "make training data of labels and images",
    "train_network": "train a network for own classes on the chips of training data",
    "plan": "say what a job takes, before anything is downloaded: tiles, scenes, bytes, time, disk and memory",
    "quick_looks": "write small pictures of the chosen scenes over the region, from their overviews",
    "accuracy": "assess maps by labelled samples: error matrix, accuracies and areas with intervals",
}


def main(arguments: list[str] | None = None) -> int:
    """Run `allpa` and give its exit code: 0 done, 1 a known error, 2 wrong usage."""
    has_input = open_standard_streams()
    options = _parser().parse_args(arguments)
    logging.captureWarnings(True)
    if options.command == "schema":
        LineWriter(sys.stdout).write(json.dumps(job_schema(), indent=2))
        return 0
    if options.command == "serve":
        return _serve(options.idle_s)
    cancelled = threading.Event()
    out = LineWriter(reserve_stdout() if options.lines else sys.stdout)
    listen_for_cancel(cancelled, stdin=options.lines and has_input, error_lines=out if options.lines else None)
    return _run_command(options, out, cancelled)


def _serve(idle_s: float) -> int:
    """Run the jobs that a parent sends, in this process."""
    from .serve import serve

    def run_command(arguments: list[str], out: LineWriter, cancelled: threading.Event) -> int:
        return _run_command(_parser().parse_args([*arguments, "--lines"]), out, cancelled)

    return serve(run_command, reserve_stdout(), idle_s)


def _run_command(options: argparse.Namespace, out: LineWriter, cancelled: threading.Event) -> int:
    """Run one job or the status, and write its last line; every error becomes one."""
    job = None
    try:
        job = _read_job(options)
        values = _report_run(job, options, out, cancelled)
    except Exception as error:  # noqa: BLE001 - the border of the process: every error becomes its last line
        return _fail(explained_error(error), options, out, job)
    out.write_last(_format_result(values, options, job))
    return 0


def _format_result(values: dict[str, Any], options: argparse.Namespace, job: Job | None) -> str:
    """The last line for a parent process, JSON for other programs, or text for people."""
    if options.lines:
        return format_line("result", values=values)
    if options.json:
        return json.dumps(values, ensure_ascii=False, indent=1)
    return result_text(values, _language(job))


def _report_run(
    job: Job | None, options: argparse.Namespace, out: LineWriter, cancelled: threading.Event
) -> dict[str, Any]:
    """Run the job (none: the status) with the reporter that its listener needs."""
    stages = _stages(job)
    if not options.lines:
        return (
            _without_job(options)
            if job is None
            else _run(job, TextReporter(LineWriter(sys.stderr), stages, cancelled, job.locale))
        )
    out.write(format_line("start", version=__version__, task=job.task if job else options.command))
    start_heartbeat(out)
    return _without_job(options) if job is None else _run(job, JsonLinesReporter(out, stages, cancelled))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="allpa", description=__doc__)
    parser.add_argument("--version", action="version", version=f"allpa {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    command_parsers = [commands.add_parser("run", help="run a job file: its task, by default the whole job")]
    command_parsers += [commands.add_parser(step, help=text) for step, text in _STEP_HELP.items()]
    for command in command_parsers:
        is_plan = command.prog.endswith(" plan")
        command.add_argument("job", nargs="?" if is_plan else None, help="path of the job file (JSON)")
        if command.prog.split()[-1] in ("run", "landcovermap"):
            command.add_argument("--dask", metavar="ADDRESS", help="make the tiles on a Dask cluster, or by local:N")
            command.add_argument(
                "--tile-store", metavar="STORE", help="keep finished tiles in a folder or s3://bucket/prefix"
            )
        if is_plan:
            command.add_argument("--tiles-file", metavar="FILE", help="plan these tiles whole, without a search")
            command.add_argument("--scenes-per-tile", type=float, default=20.0, metavar="N", help="of --tiles-file")
    command_parsers.append(
        commands.add_parser("status", help="show whether the engine is ready, with versions and device")
    )
    server = commands.add_parser("serve", help="run the jobs that a parent process sends by standard input")
    server.add_argument("--idle-s", type=float, default=300.0, help="seconds without a job before it ends")
    command_parsers.append(server)
    join = commands.add_parser("join", help="make one map of the finished tiles of several runs or computers")
    join.add_argument("folders", nargs="+", metavar="FOLDER", help="of a run, or of one finished tile")
    join.add_argument("--folder", required=True, metavar="OUT", help="of the joined map")
    join.add_argument("--zones", default="", metavar="FILE", help="GeoJSON layer: areas are tabulated for each polygon")
    join.add_argument("--overwrite", action="store_true", help="replace the map of another job in OUT")
    command_parsers.append(join)
    commands.add_parser("schema", help="print the JSON Schema of job files")
    for command in command_parsers:
        command.add_argument("--lines", action="store_true", help="write one JSON object per line, for programs")
        command.add_argument("--json", action="store_true", help="write the result as JSON, not as text")
    return parser


def _read_job(options: argparse.Namespace) -> Job | None:
    if options.command == "status" or (options.command == "plan" and options.tiles_file):
        return None
    if options.command == "join":
        folders = {str(number): str(path) for number, path in enumerate(options.folders, start=1)}
        zones, overwrite = options.zones, options.overwrite
        return Job(folder=options.folder, task="join", tile_folders=folders, zones=zones, overwrite=overwrite)
    if options.job is None:
        raise JobInvalid(message("A plan needs a job file, or a list of tiles by --tiles-file."))
    job = read_job(options.job)
    values = {key: getattr(options, key, None) for key in ("dask", "tile_store")}
    job = replace(job, **{key: value for key, value in values.items() if value is not None})
    return job if options.command == "run" else replace(job, task=options.command)


def _stages(job: Job | None) -> tuple[str, ...]:
    if job is None:
        return ()
    if job.task == "landcovermap" and (job.tiles == SEPARATELY or job.dask or job.tile_store):
        return ("search", "select", "tiles", "areas", "report")
    if job.task == "landcovermap":
        return ("search", "select", "fetch", "classify", "elevation", "composite", "areas", "report")
    if job.task == "seasonal_composite":
        return ("search", "select", "fetch", "composite", "tile_quality", "elevation", "terrain")
    if job.task == "join":
        return ("join", "composite", "areas", "report")
    if job.task == "plan":
        return ("search", "select")
    return {"search": ("search", "select"), "classify": ("fetch", "classify")}.get(job.task, (job.task,))


def _run(job: Job, reporter: Reporter) -> dict[str, Any]:
    from .pipeline import run_job

    return run_job(job, reporter)


def _without_job(options: argparse.Namespace) -> dict[str, Any]:
    """The values of a command that runs no job: the engine's status, or the plan of a list of tiles."""
    if options.command == "status":
        return _status()
    from .plan import plan_tiles, read_tiles_file
    from .plan_job import plan_result
    from .rates import read_rates

    plan = plan_tiles(read_tiles_file(Path(options.tiles_file)), options.scenes_per_tile, read_rates())
    return plan_result(plan, "en")


def _status() -> dict[str, Any]:
    from .status import engine_status

    return engine_status()


def _fail(error: AllpaError, options: argparse.Namespace, out: LineWriter, job: Job | None) -> int:
    """Write an error: a line for a parent process, else text in the job's language."""
    if options.lines:
        out.write_last(format_error(error))
    else:
        language = _wanted_language(getattr(options, "job", None)) if job is None else _language(job)
        texts = (translate(part, language) for part in (error.what, error.why, error.next_step) if part)
        LineWriter(sys.stderr).write("\n".join(texts))
    return EXIT_FAILED


def _wanted_language(path: str | None) -> str:
    """The language that a refused job asks for; English where it names none."""
    try:
        language = read_json(Path(path or "")).get("language")
    except (ValueError, AttributeError):
        return "en"
    return language if language in LANGUAGES else "en"


def _language(job: Job | None) -> str:
    return job.locale if job is not None else "en"
