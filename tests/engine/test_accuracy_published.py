"""Estimates against figures that others printed, and against the formulas as the papers print them."""

import math

import numpy as np
import pytest
from allpa_engine.accuracy.estimate import estimate_from_matrix
from allpa_engine.accuracy.matrix import ErrorMatrix
from allpa_engine.accuracy.ratio import NEVER
from karra2021 import REGIONS

GRASS, CROPS, BUILT = 2, 4, 6
SLIPS = {("California", GRASS, BUILT), ("Laos", CROPS, CROPS)}
"""Printed cells (0.00722, 0.44338) that contradict the printed totals of their row and column by one digit: the totals
and the printed accuracies agree with 0.00122 and 0.04338."""
CONTRADICTIONS = {("Belgium", "producers", 0)}
"""Printed 0.86677 for Water, where the printed cell and column total give 0.00875 / 0.00986 = 0.88731."""
HALF_DIGIT = 5e-6


def matrix_of(counts, area):
    counts = np.array(counts)
    by_stratum = np.eye(len(counts), dtype=int)[:, :, np.newaxis] * counts
    names = tuple(f"class {index}" for index in range(len(counts)))
    return ErrorMatrix(
        tuple(range(1, len(counts) + 1)), by_stratum, counts.sum(axis=1), np.full(len(counts), 10**9),
        np.array(area, float), names,
    )  # fmt: skip


@pytest.mark.parametrize("name", REGIONS)
def test_the_matrices_of_karra_2021_give_back_their_printed_accuracies(name):
    printed = REGIONS[name]
    shares = np.array(printed["proportions"])
    for _, row, column in [slip for slip in SLIPS if slip[0] == name]:
        shares[row, column] = 0
        shares[row, column] = printed["row_totals"][row] - shares[row].sum()
    counts = np.rint(shares * 1e5).astype(int)
    found = estimate_from_matrix(matrix_of(counts, counts.sum(axis=1) / 1e5))
    assert found.overall.value == pytest.approx(printed["overall"], abs=1e-4)
    for quantity, totals in (("users", shares.sum(axis=1)), ("producers", shares.sum(axis=0))):
        for index, row in enumerate(found.classes):
            value = getattr(row, quantity).value
            rounding = HALF_DIGIT * (1 + 1 + len(shares) * value) / totals[index] + HALF_DIGIT
            is_equal = abs(value - printed[quantity][index]) <= rounding
            assert is_equal != ((name, quantity, index) in CONTRADICTIONS), (quantity, index, value)


@pytest.mark.parametrize(("region", "row", "column"), sorted(SLIPS))
def test_the_cells_that_are_replaced_do_contradict_the_print(region, row, column):
    printed = REGIONS[region]
    shares = np.array(printed["proportions"])
    assert abs(shares[row].sum() - printed["row_totals"][row]) > 0.005
    assert shares.sum() > 1.005


def printed_formulas(counts, area):
    """Equations 1 to 11 of Olofsson et al. (2014), written out with loops; areas in hectares."""
    classes = range(len(counts))
    total = sum(area)
    weight = [part / total for part in area]
    row = [sum(counts[i]) for i in classes]
    share = [[weight[i] * counts[i][j] / row[i] for j in classes] for i in classes]
    users = [share[i][i] / sum(share[i]) for i in classes]
    overall = sum(share[i][i] for i in classes)
    column = [sum(share[i][j] for i in classes) for j in classes]
    overall_error = math.sqrt(sum(weight[i] ** 2 * users[i] * (1 - users[i]) / (row[i] - 1) for i in classes))
    users_error = [math.sqrt(users[i] * (1 - users[i]) / (row[i] - 1)) for i in classes]
    area_error = [
        total * math.sqrt(max(0, sum((weight[i] * share[i][j] - share[i][j] ** 2) / (row[i] - 1) for i in classes)))
        for j in classes
    ]
    producers, producers_error = [], []
    for j in classes:
        producers.append(share[j][j] / column[j])
        estimated = sum(area[i] * counts[i][j] / row[i] for i in classes)
        first = area[j] ** 2 * (1 - producers[j]) ** 2 * users[j] * (1 - users[j]) / (row[j] - 1)
        others = sum(
            area[i] ** 2 * counts[i][j] / row[i] * (1 - counts[i][j] / row[i]) / (row[i] - 1) for i in classes if i != j
        )
        producers_error.append(math.sqrt((first + producers[j] ** 2 * others) / estimated**2))
    return {
        "overall": [(overall, overall_error)],
        "users": list(zip(users, users_error, strict=True)),
        "producers": list(zip(producers, producers_error, strict=True)),
        "area_ha": [(total * column[j], area_error[j]) for j in classes],
    }


def test_a_thousand_random_matrices_agree_with_the_formulas_of_the_paper():
    random = np.random.default_rng(20141)
    for _ in range(1000):
        size = int(random.integers(2, 7))
        counts = random.integers(0, 20, (size, size)) * random.integers(0, 2, (size, size))
        counts += np.diag(random.integers(2, 60, size))
        area = random.uniform(1, 1e6, size)
        found = estimate_from_matrix(matrix_of(counts, area), correction=NEVER)
        for name, pairs in printed_formulas(counts.tolist(), area.tolist()).items():
            rows = [found.overall] if name == "overall" else [getattr(row, name) for row in found.classes]
            values = [(estimate.value, estimate.standard_error) for estimate in rows]
            unit = area.sum() if name == "area_ha" else 1.0
            np.testing.assert_allclose(values, pairs, rtol=1e-9, atol=1e-8 * unit)  # roots of rounding errors of 0
