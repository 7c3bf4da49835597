"""Maps with a labelled sample, as the assessment reads them, with labels that a test chooses."""

from collections import Counter

import numpy as np
from allpa_engine.accuracy.sample_design import MapCount, SampleDesign, Stratum
from allpa_engine.accuracy.sample_file import SamplePoints, map_digest, write_sample
from allpa_engine.core.agreement import Label
from allpa_engine.core.legend import CLASS_BY_CODE
from sample_maps import LEFT, TOP, UTM, write_map

MAP = np.repeat([[1] * 10 + [2] * 25 + [5] * 15], 20, axis=0).astype(np.uint8)
"""20 rows: 200 pixels (2 ha) of Water, 500 of Trees, 300 of Crops."""


def write_sample_of(
    folder, references, *, codes=MAP, name="map", method="stratified", kind="landcover", zones=(), labels=None
):
    """Write a map and a sample of it.

    `references` holds (map class, reference class, number of points); points take the first pixels of their class, in
    order. `zones` are names of the upper and the lower half. `labels` replaces the labels, point by point.
    """
    path = write_map(folder / f"{name}.tif", codes)
    taken, rows, references_of_points = Counter(), [], []
    for map_class, reference, count in references:
        pixels = np.argwhere(codes == map_class)[taken[map_class] : taken[map_class] + count]
        assert len(pixels) == count, "the map has too few pixels of this class"
        taken[map_class] += count
        rows += [(row, column, map_class) for row, column in pixels]
        references_of_points += [reference] * count
    row, column, mapped = np.array(rows).T
    half = len(codes) // 2
    present = np.unique(codes[codes > 0]).tolist()
    counts = [
        MapCount(code, zone, int((part == code).sum()), float((part == code).sum()) / 100)
        for zone, part in (zip(zones, (codes[:half], codes[half:]), strict=True) if zones else [(None, codes)])
        for code in present
    ]
    strata = [
        Stratum(
            CLASS_BY_CODE[code].name if code in CLASS_BY_CODE else str(code), code, None,
            int((codes == code).sum()), float((codes == code).sum()) / 100, taken[code],
        )
        for code in present
    ]  # fmt: skip
    stratum = [present.index(code) for code in mapped]
    if method != "stratified":
        strata, stratum = [Stratum("Map", None, None, int(codes.size), codes.size / 100, len(rows))], [0] * len(rows)
    points = SamplePoints(
        LEFT + 10.0 * column + 5,
        TOP - 10.0 * row - 5,
        np.array(stratum, np.intp),
        (row >= half).astype(np.intp) if zones else np.full(len(rows), -1),
        mapped.astype(np.uint8),
    )
    if labels is None:
        labels = [
            Label(index + 1, "1", reference % 16 or None, earlier_class=reference // 16 or None)
            for index, reference in enumerate(references_of_points)
        ]
    design = SampleDesign(
        map_digest(path), path.name, kind, UTM, method, tuple(strata), tuple(zones), tuple(counts), 1, 0.0, ("1",), (),
        "2026-01-01T00:00:00Z", "1",
    )  # fmt: skip
    sample = folder / f"{name}.gpkg"
    write_sample(sample, design, points, labels)
    return path, sample
