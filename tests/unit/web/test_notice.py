"""What a page with a button says of the last press."""

from __future__ import annotations

import pytest

from locust_ext.web.notice import Notice

USUAL, STOPPED = "A test can be stopped.", "Stopped: somebody pressed Stop now"
ROWS = [  # (what happened, what is said then); a press names the run that it came in
    ("nobody pressed anything", [], "", USUAL),
    ("nobody pressed anything in a run", [], "a", USUAL),
    ("pressed in the run that is under way, or was the last", ["a"], "a", STOPPED),
    ("pressed in an older run", ["a"], "b", USUAL),
    ("pressed before any run", [""], "", STOPPED),
    ("pressed before the run", [""], "a", USUAL),
    ("pressed in both", ["a", "b"], "b", STOPPED),
]


@pytest.mark.parametrize("presses, now, said", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_notice_is_about_one_run(presses, now, said):
    """What was said of an older run is forgotten."""
    run = [""]
    notice = Notice(USUAL, lambda: run[0])
    for run[0] in presses:
        notice.say(STOPPED)
    run[0] = now
    assert notice.text == said
