"""The door of websocket-client."""

from __future__ import annotations

from tests.unit.clients.door_stand_ins import HEADER, STEPS, shake


def test_a_websocket(doors, guard, stubs, calls):
    """Its handshake takes a turn, and carries the mark beside the headers of its own, as pairs or as lines."""
    STEPS["all"](doors, guard)
    for own in (None, {"Accept": "*/*"}, ["Accept: */*"]):
        assert shake(**({} if own is None else {"header": own})) == "answer"
    marked = {HEADER: "true"}
    assert [call[2] for call in calls if call[0] == "shake"] == [marked, *[{"Accept": "*/*", **marked}] * 2]
    assert calls.count("turn") == 3
