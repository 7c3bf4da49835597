"""The one retry policy: what `Retry-After` may hold, and how pauses grow."""

from datetime import datetime, timezone

import pytest
from allpa_engine.core.retry import RetryPolicy, parse_retry_after

NOW = datetime(2020, 10, 21, 7, 28, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7.5 ", 7.5),
        ("Wed, 21 Oct 2020 07:29:00 GMT", 60.0),
        ("Wed, 21 Oct 2020 09:29:00 +0200", 60.0),
        ("Wednesday, 21-Oct-20 07:29:00 GMT", 60.0),
        ("Wed Oct 21 07:29:00 2020", 60.0),  # no zone: UTC
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("\u00b2", None),  # a digit that is no number
        ("Wed, 99 Oct 2020 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


def test_pauses_double_and_stay_within_their_limits():
    policy = RetryPolicy(pause_s=1.0, busy_pause_s=4.0, max_pause_s=50.0)
    for failures, low, high in ((1, 0.5, 1.5), (3, 2.0, 6.0), (6, 16.0, 48.0), (500, 50.0, 50.0)):
        pauses = [policy.pause_after(failures) for _ in range(200)]
        assert low <= min(pauses)
        assert max(pauses) <= high
    assert 2.0 <= policy.pause_after(1, is_busy=True) <= 6.0


def test_what_the_server_asks_for_is_the_shortest_pause_but_no_more_than_the_longest():
    policy = RetryPolicy(pause_s=1.0, busy_pause_s=4.0, max_pause_s=50.0)
    assert policy.pause_after(1, retry_after_s=7.5) == 7.5
    assert policy.pause_after(1, retry_after_s=0.0, is_busy=True) <= 1.5
    assert policy.pause_after(1, retry_after_s=float("inf")) == 50.0
