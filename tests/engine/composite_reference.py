"""The class-weighted mode once more, pixel by pixel in plain Python: what the fast code must equal."""

from fractions import Fraction


def decide_pixel(looks, rule):
    """Landcover, confidence, agreement, looks, months and second class of one pixel.

    `looks` holds (class, confidence x 255, clear, month, probabilities or None) of each scene; class 0 is no data.
    """
    looks = [look for look in looks if look[3] in rule.months]
    seen = any(look[0] != 0 for look in looks)
    clear = [look for look in looks if look[0] not in (0, 10) and look[2]]
    if not clear:
        return (10 if seen else 0, 0, 0, 0, 0, 0)
    weights = dict(zip(range(1, 10), rule.integer_weights, strict=True))
    counts = {code: sum(look[0] == code for look in clear) for code in weights}
    sums = dict.fromkeys(weights, 0)
    for month in {look[3] for look in clear} if rule.month_balance else [None]:
        part = [look for look in clear if month in (None, look[3])]
        for code in weights:
            vote = sum(look[4][code - 1] if rule.soft else look[1] * (look[0] == code) for look in part)
            sums[code] += vote * 128 // len(part) if rule.month_balance else vote
    scores = {code: weights[code] * sums[code] for code in weights}
    running = [code for code in weights if weights[code] and (scores[code] or counts[code])]
    enough = [
        code
        for code in running
        if counts[code] * 1000 > round(rule.least_share.get(code, -1) * 1000) * len(clear)
    ]  # fmt: skip
    order = sorted(enough or running, key=lambda code: (-scores[code], -counts[code], code))
    total = sum(scores.values())
    winner = order[0] if order else 0
    return (
        winner,
        int(Fraction(255 * scores[winner], total) + Fraction(1, 2)) if winner and total else 0,
        int(Fraction(100 * counts[winner], len(clear)) + Fraction(1, 2)) if winner else 0,
        len(clear),
        len({look[3] for look in clear}),
        order[1] if len(order) > 1 else 0,
    )
