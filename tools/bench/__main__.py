"""Make the measurements of docs/benchmarks.md: tables, plots and the page.

    PYTHONPATH=plugin:tools python -m bench [speed] [growth] [memory] [scale] [--quick] [--teacher FOLDER] [--out docs]

Without names all sections are measured, one after another; a section that is named is measured alone and the others
keep their figures, so a run that was stopped goes on with the sections that are left. Each section is one run: its
figures may be compared with each other, those of different sections only with care. `--quick` runs everything tiny,
to see that it runs.
"""

import argparse
import os
from pathlib import Path

from bench import page

SECTIONS = ("speed", "growth", "memory", "scale")


def main(arguments=None):
    options = read_options(arguments)
    folder = options.out / "benchmarks"
    for section in options.sections or SECTIONS:
        print(f"== {section}", flush=True)
        measure(section, options, folder)
    write_page(options.out / "benchmarks.md", folder)


def read_options(arguments):
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="section")
    parser.add_argument("--quick", action="store_true", help="tiny sizes; the figures mean nothing")
    parser.add_argument("--teacher", default=os.environ.get("TEACHER", ""), help="folder with the teacher's weights")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "docs")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args(arguments)


def measure(section, options, folder):
    quick = options.quick
    if section == "speed":
        from bench.speed import speed_rows

        small = {"side": 160, "repeats": 1, "chip": 64} if quick else {"repeats": options.repeats}
        page.write_rows(folder / "speed.csv", speed_rows(teacher=options.teacher, **small))
        (folder / "machine.txt").write_text(page.machine_text() + "\n", encoding="utf-8")
    elif section == "growth":
        from bench.steps import growth_rows

        page.write_rows(folder / "growth.csv", growth_rows(size=512, scenes=2) if quick else growth_rows())
    elif section == "memory":
        from bench.steps import memory_rows

        page.write_rows(folder / "memory.csv", memory_rows(512, (2, 4), 1) if quick else memory_rows())
    else:
        from bench.scheduler_simulation import write_simulations

        write_simulations(folder, tiles=200 if quick else 20_000, cores=64 if quick else 6_400)


def write_page(path, folder):
    from bench.steps import SCENES, growth_deviation

    speed, growth, memory = (page.read_rows(folder / f"{name}.csv") for name in ("speed", "growth", "memory"))
    parts = []
    if speed:
        page.draw_speed(speed, folder / "speed.png")
        machine = (folder / "machine.txt").read_text(encoding="utf-8").strip()
        parts += [
            "## Classification",
            page.speed_text(speed, machine),
            "![Megapixels per second](benchmarks/speed.png)",
        ]
    if growth:
        page.draw_growth(growth, folder / "growth.png")
        parts += ["## Growth from a sixteenth of a tile to four tiles", page.growth_text(growth, growth_deviation(growth)),  # noqa: E501
                  "![Processor seconds by size](benchmarks/growth.png)", page.votes_text(growth, SCENES)]  # fmt: skip
    if memory:
        parts += ["## Memory and the number of scenes", page.memory_text(memory)]
    text = path.read_text(encoding="utf-8") if path.exists() else f"# Benchmarks\n\n{page.START}\n{page.END}\n"
    path.write_text(page.replace_measured(text, "\n\n".join(part for part in parts if part)), encoding="utf-8")


if __name__ == "__main__":
    main()
