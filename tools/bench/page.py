"""The tables and the plot of docs/benchmarks.md, from the measurements beside it."""

import csv
import os
import platform
from datetime import date
from itertools import chain
from pathlib import Path

START, END = "<!-- measured: start -->", "<!-- measured: end -->"
KARRA_CORE_S = 89.6
BURGUENO_CORE_S = (40, 53)
GLOBE_SCENES, SCENE_MEGAPIXELS = 400_000, 120.5604


def write_rows(path, rows):
    """Write a table of dictionaries with equal keys, one row after another, so that what was measured stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = iter(rows)
    first = next(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, first, lineterminator="\n")
        writer.writeheader()
        for row in chain([first], rows):
            writer.writerow(row)
            file.flush()
            print(*row.values(), sep="  ", flush=True)


def read_rows(path):
    """The rows of a table; none where it was not measured yet."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def machine_text():
    """Processor, number of processors in use, system, Python and day."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        name = lines[0].split(":", 1)[1].strip() if lines else name
    return f"{name}, {os.cpu_count()} processors, Python {platform.python_version()}, {date.today():%d %B %Y}"


def markdown_table(header, rows):
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines)


def speed_text(rows, machine):
    """The table of ways to classify, with the sentences that compare it with published figures."""
    table = markdown_table(
        ["what", "Mpx/s", "core-seconds per Mpx", "GFLOP per Mpx", "GFLOP/s", "share of the limit", "Allpa, file to "
         "prediction, is … times as fast"],
        [[row[key] for key in ("what", "megapixels_per_s", "core_s_per_megapixel", "gflop_per_megapixel", "gflop_per_s",
                               "share_of_limit", "allpa_times_as_fast")] for row in rows],
    )  # fmt: skip
    alone = next(row for row in rows if row["kind"] == "network alone")
    whole = next(row for row in rows if row["kind"] == "end to end")
    core_s = float(whole["core_s_per_megapixel"])
    share = float(whole["megapixels_per_s"]) / float(alone["megapixels_per_s"])
    hours = core_s * SCENE_MEGAPIXELS * GLOBE_SCENES / 3600
    return "\n\n".join([
        f"Machine: {machine}.", table,
        f"From file to prediction Allpa reaches {share:.0%} of the network's own speed and takes {core_s:.2f} core-seconds "  # noqa: E501
        f"per megapixel. Karra et al. 2021 took {KARRA_CORE_S} ({KARRA_CORE_S / core_s:.0f} times as many), Burgueño et "  # noqa: E501
        f"al. 2023 {BURGUENO_CORE_S[0]} to {BURGUENO_CORE_S[1]}, for a random forest on one composite per tile "
        f"({BURGUENO_CORE_S[0] / core_s:.0f} to {BURGUENO_CORE_S[1] / core_s:.0f} times). At this rate the 400,000 scenes "  # noqa: E501
        f"of the globe take {hours:,.0f} core-hours.",
    ])  # fmt: skip


def growth_text(rows, deviations):
    """Seconds and memory of each step by size, and how far they are from a straight line."""
    table = markdown_table(
        ["step", "Mpx of the map", "seconds", "processor seconds", "Mpx per processor second", "peak memory, MB"],
        [[row["step"], row["map_megapixels"], row["wall_s"], row["processor_s"],
          f"{float(row['map_megapixels']) / float(row['processor_s']):.2f}" if float(row["processor_s"]) else "",
          row["peak_mb"]] for row in rows],
    )  # fmt: skip
    lines = [f"* {step}: {percent:.0f} % at most from the line {a:.2f} s + {b:.4f} s per Mpx, in processor seconds"
             for step, (a, b, percent) in deviations.items()]  # fmt: skip
    return "\n\n".join([table, "\n".join(lines)])


def memory_text(rows):
    """Peak memory by number of scenes."""
    return markdown_table(
        ["step", "Mpx", "scenes", "framework, MB", "peak, MB", "beside the framework, MB"],
        [[row["step"], f"{int(row['pixels']) / 1e6:.1f}", row["scenes"], row["before_mb"], row["peak_mb"],
          row["added_mb"]] for row in rows],
    )  # fmt: skip


def votes_text(rows, scenes):
    """Votes per second of the largest composite."""
    composites = [row for row in rows if row["step"] == "composite"]
    tables = [row for row in rows if row["step"] == "area table"]
    if not composites or not tables:
        return ""
    row, table = composites[-1], tables[-1]
    votes = float(row["map_megapixels"]) * scenes
    return (f"The largest composite had {votes:,.0f} million votes of {scenes} scenes per pixel: "
            f"{votes / float(row['wall_s']):.0f} million votes per second, {votes / float(row['processor_s']):.0f} per "
            f"processor second, with reading and with writing both rasters. Its area table took {table['wall_s']} s.")  # fmt: skip  # noqa: E501


def draw_speed(rows, path):
    """Bars of megapixels per second, on a logarithmic axis."""
    from matplotlib.figure import Figure

    shown = [row for row in rows if row["megapixels_per_s"]]
    figure = Figure(figsize=(9, 0.6 + 0.5 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    colors = ["#4C9F70" if row["kind"] != "reference" else "#B0B7BF" for row in shown]
    values = [float(row["megapixels_per_s"]) for row in shown]
    bars = axes.barh([row["what"] for row in shown], values, color=colors)
    axes.bar_label(bars, [f"{value:.2f}" for value in values], padding=3)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 2)
    axes.invert_yaxis()
    axes.set_xlabel("million pixels per second, one run on one machine")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def draw_growth(rows, path):
    """Processor seconds of each step against the size of the map."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for step in dict.fromkeys(row["step"] for row in rows):
        own = [row for row in rows if row["step"] == step]
        axes.plot([float(row["map_megapixels"]) for row in own], [float(row["processor_s"]) for row in own],
                  marker="o", label=step)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="million pixels of the map", ylabel="processor seconds")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def replace_measured(page, text):
    """Put a text between the two marks of a page."""
    before, rest = page.split(START, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{START}\n\n{text}\n\n{END}{after}"
