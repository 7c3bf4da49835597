"""Core-seconds of a tile and a year from the measured tables of this folder's command."""

from bench.page import SCENE_MEGAPIXELS, read_rows

SCENES_PER_TILE = 20
"""Of a year, as in Karra et al. 2021: 400,000 scenes of 20,000 tiles."""


def step_core_s(folder, step):
    """Processor seconds per megapixel of the map of a step, from the growth table at its largest size."""
    rows = [row for row in read_rows(folder / "growth.csv") if row["step"] == step]
    return float(rows[-1]["processor_s"]) / float(rows[-1]["map_megapixels"])


def classify_core_s(folder):
    """Core-seconds per megapixel of a scene from file to prediction."""
    rows = [row for row in read_rows(folder / "speed.csv") if row["kind"] == "end to end"]
    return float(rows[0]["core_s_per_megapixel"])


def measured_tile_core_s(folder, scenes=SCENES_PER_TILE):
    """Core-seconds of a tile of `scenes` scenes: classification, composite, areas and picture; no download.

    The composite was measured with few scenes per pixel; its time is taken to grow with them, which is too much. Where
    growth was not measured yet, the usual rates of `allpa plan` stand.
    """
    if not read_rows(folder / "growth.csv") or not read_rows(folder / "speed.csv"):
        from allpa_engine.run.plan import plan_tiles
        from allpa_engine.run.rates import Rates

        return plan_tiles({"18LYL": 1.0}, scenes, Rates()).core_hours * 3600
    from bench.steps import SCENES

    composite = step_core_s(folder, "composite") * scenes / SCENES
    rest = step_core_s(folder, "area table") + step_core_s(folder, "picture")
    return SCENE_MEGAPIXELS * (classify_core_s(folder) * scenes + composite + rest)
