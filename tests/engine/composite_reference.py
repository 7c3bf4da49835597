"""The class-weighted mode once more, pixel by pixel in plain Python: what the fast code must equal."""

from fractions import Fraction


def decide_pixel(observations, rule):
    """Landcover, confidence, agreement, observations, months and second class of one pixel.

    `observations` holds (class, confidence x 255, clear, month, probabilities or None) of each scene; class 0 is no
    data.
    """
    observations = [observation for observation in observations if observation[3] in rule.months]
    seen = any(observation[0] != 0 for observation in observations)
    clear = [observation for observation in observations if observation[0] not in (0, 10) and observation[2]]
    if not clear:
        return (10 if seen else 0, 0, 0, 0, 0, 0)
    weights = dict(zip(range(1, 10), rule.integer_weights, strict=True))
    counts = {code: sum(observation[0] == code for observation in clear) for code in weights}
    sums = dict.fromkeys(weights, 0)
    for month in {observation[3] for observation in clear} if rule.month_balance else [None]:
        part = [observation for observation in clear if month in (None, observation[3])]
        for code in weights:
            vote = sum(
                observation[4][code - 1] if rule.soft else observation[1] * (observation[0] == code)
                for observation in part
            )
            sums[code] += vote * 128 // len(part) if rule.month_balance else vote
    scores = {code: weights[code] * sums[code] for code in weights}
    candidates = [code for code in weights if weights[code] and (scores[code] or counts[code])]
    above_min_share = [
        code
        for code in candidates
        if counts[code] * 1000 > round(rule.min_shares.get(code, -1) * 1000) * len(clear)
    ]  # fmt: skip
    order = sorted(above_min_share or candidates, key=lambda code: (-scores[code], -counts[code], code))
    total = sum(scores.values())
    winner = order[0] if order else 0
    return (
        winner,
        int(Fraction(255 * scores[winner], total) + Fraction(1, 2)) if winner and total else 0,
        int(Fraction(100 * counts[winner], len(clear)) + Fraction(1, 2)) if winner else 0,
        len(clear),
        len({observation[3] for observation in clear}),
        order[1] if len(order) > 1 else 0,
    )
