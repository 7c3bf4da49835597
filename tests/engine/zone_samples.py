"""Made-up populations of zones whose truth is known, and samples of them, for tests."""

import numpy as np
from allpa_engine.accuracy.class_probability import MapCells
from allpa_engine.accuracy.sample import LabelledSample
from allpa_engine.accuracy.zone_map import ZoneMap
from allpa_engine.areas.zones import Zone
from shapely.geometry import box


def zone_population(rng, zone_count=8, class_count=4, pixels=4000, alike=8.0):
    """Pixels by zone, mapped class, confidence step and true class; zones are unlike each other by `alike`."""
    counts = np.zeros((zone_count, class_count, 2, class_count), np.int64)
    for zone in range(zone_count):
        mapped = rng.multinomial(pixels, rng.dirichlet(np.full(class_count, 1.5)))
        for code in range(class_count):
            for step, accuracy in enumerate((0.6, 0.97)):
                expected = np.full(class_count, (1 - accuracy) / (class_count - 1))
                expected[code] = accuracy
                true = rng.dirichlet(alike * expected + 1e-6)
                share = 0.3 if step == 0 else 0.7
                counts[zone, code, step] = rng.multinomial(int(share * mapped[code]), true)
    return counts


def draw_points(rng, counts, points_per_class):
    """A stratified sample by mapped class, as zone, mapped class, step and true class of each point."""
    parts = []
    for code in range(counts.shape[1]):
        stratum = counts[:, code].ravel()
        drawn = rng.multivariate_hypergeometric(stratum, min(points_per_class, int(stratum.sum())), method="marginals")
        zone, step, true = np.unravel_index(np.repeat(np.arange(stratum.size), drawn), counts[:, code].shape)
        parts.append(np.stack([zone, np.full(len(zone), code), step, true]))
    return np.concatenate(parts, axis=1)


def zone_map_of(counts, points, pixel_ha=0.01):
    """What `count_zone_map` would find: cells are mapped class x step."""
    zone_count, class_count = counts.shape[:2]
    mapped, step = (values.ravel() for values in np.mgrid[:class_count, :2])
    zone, code, point_step, _ = points
    return ZoneMap(
        tuple(Zone(str(index), f"Zone {index}", box(index, 0, index + 1, 1)) for index in range(zone_count)),
        MapCells(tuple(range(1, class_count + 1)), mapped, step, np.zeros_like(mapped)),
        counts.sum(axis=3).reshape(zone_count, -1) * pixel_ha,
        False,
        code * 2 + point_step,
        np.arange(len(zone)),
        zone,
        overlaps=False,
    )


def labelled_sample(counts, points, pixel_ha=0.01):
    """The points with all their labels; strata are the mapped classes."""
    pixels = counts.sum(axis=(0, 2, 3))
    return LabelledSample(
        points[1],
        (points[1] + 1).astype(np.uint8),
        (points[3] + 1).astype(np.uint8),
        points[0],
        tuple(f"Class {code + 1}" for code in range(counts.shape[1])),
        pixels,
        pixels * pixel_ha,
    )
