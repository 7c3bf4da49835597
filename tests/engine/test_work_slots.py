"""While scenes wait for their servers others are worked on: few at a time, and the first ones first."""

import threading

from allpa_engine.fetch.work_slots import WorkSlots

GENEROUS_S = 60


def run_all(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GENEROUS_S)
    assert not any(thread.is_alive() for thread in threads)


def test_the_lowest_rank_that_waits_is_next():
    slots, order, all_wait = WorkSlots(threading.Event(), 1), [], threading.Barrier(5)

    def work(rank):
        all_wait.wait(GENEROUS_S)
        with slots.hold(rank):
            order.append(rank)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in (3, 1, 4, 2)]
    with slots.hold(0):
        for thread in threads:
            thread.start()
        all_wait.wait(GENEROUS_S)
        while len(slots._waiting) < 4:
            pass
    for thread in threads:
        thread.join(GENEROUS_S)
    assert order == [1, 2, 3, 4]


def test_no_more_work_than_there_are_places_and_a_released_one_is_used():
    slots, lock, at_work, most = WorkSlots(threading.Event(), 2), threading.Lock(), [0], [0]

    def count(change):
        with lock:
            at_work[0] += change
            most[0] = max(most[0], at_work[0])

    def work(rank):
        for _ in range(20):
            with slots.hold(rank):
                count(1)
                count(-1)
                with slots.released():
                    pass
                count(1)
                count(-1)

    run_all([threading.Thread(target=work, args=(rank,)) for rank in range(8)])
    assert 1 <= most[0] <= 2


def test_a_thread_that_waits_for_a_server_keeps_no_place():
    slots, answered, done = WorkSlots(threading.Event(), 1), threading.Event(), []

    def first():
        with slots.hold(0):
            with slots.released():
                assert answered.wait(GENEROUS_S)
            done.append(0)

    def second():
        with slots.hold(1):
            done.append(1)
            answered.set()

    run_all([threading.Thread(target=first), threading.Thread(target=second)])
    assert done == [1, 0]


def test_a_stopped_run_waits_for_nothing():
    stop = threading.Event()
    slots = WorkSlots(stop, 1)
    with slots.hold(0):
        thread = threading.Thread(target=lambda: slots.hold(1).__enter__())
        thread.start()
        stop.set()
        thread.join(GENEROUS_S)
        assert not thread.is_alive()


def test_outside_of_a_hold_nothing_is_released():
    slots = WorkSlots(threading.Event(), 1)
    with slots.released(), slots.hold(0):
        pass
