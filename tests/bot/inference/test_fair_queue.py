from bot.inference.fair_queue import FairQueue


def queue_of(*entries: str) -> FairQueue[str]:
    queue: FairQueue[str] = FairQueue()
    for entry in entries:
        queue.add(ord(entry[0]), entry)
    return queue


def drained(queue: FairQueue[str]) -> list[str]:
    return list(iter(queue.take, None))


def test_one_chats_own_keep_their_order() -> None:
    assert drained(queue_of("a1", "a2", "a3")) == ["a1", "a2", "a3"]


def test_chats_take_turns() -> None:
    assert drained(queue_of("a1", "a2", "a3", "b1", "c1", "c2")) == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_a_newcomer_is_before_those_who_were_served() -> None:
    queue = queue_of("a1", "a2", "a3")
    assert queue.take() == "a1"
    queue.add(ord("b"), "b1")
    assert drained(queue) == ["b1", "a2", "a3"]


def test_but_coming_again_and_again_gains_nothing() -> None:
    queue = queue_of("a1", "a2", "b1")
    order = [queue.take(), queue.take()]
    queue.add(ord("b"), "b2")
    assert [*order, *drained(queue)] == ["a1", "b1", "a2", "b2"]


def test_things_of_a_kind_are_taken_one_a_chat_a_round() -> None:
    queue = queue_of("a1", "a2", "a3", "a-", "b-", "b1", "c1")
    assert queue.take_each(5, lambda thing: thing[1] != "-") == ["a1", "b1", "c1", "a2", "a3"]
    assert drained(queue) == ["b-", "a-"]


def test_no_more_than_wanted_are_taken() -> None:
    queue = queue_of("a1", "b1", "c1")
    assert queue.take_each(2, lambda thing: True) == ["a1", "b1"]
    assert len(queue) == 1
    assert queue.take_each(0, lambda thing: True) == []


def test_it_knows_how_many_wait() -> None:
    queue = queue_of("a1", "a2", "b1")
    assert (len(queue), queue.count(ord("a")), queue.count(ord("z"))) == (3, 2, 0)
    assert sorted(queue.clear()) == ["a1", "a2", "b1"]
    assert (len(queue), queue.count(ord("a")), queue.take()) == (0, 0, None)
