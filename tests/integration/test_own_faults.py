"""A dozen of what of ours can raise, each in a real run; the whole table is ``nox -s raising``."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.raising.runs import run

STOPPED, INCONCLUSIVE = 108, 111

ROWS = {
    "what locks": [
        ("test_start", "local", STOPPED),
        ("the borrowing of leases", "local", STOPPED),
        ("locust_ext.orders", "worker", STOPPED),
        ("locust_ext.lease", "worker", STOPPED),
    ],
    "what watches": [
        ("the judging of each second", "local", STOPPED),
        ("the kill switch", "worker", STOPPED),
        ("the renewal of signatures", "local", STOPPED),
        ("locust_ext.kill", "worker", STOPPED),
    ],
    "what measures and tells": [
        ("the progress line", "local", INCONCLUSIVE),
        ("report_to_master", "worker", INCONCLUSIVE),
        ("Participation._judge", "local", INCONCLUSIVE),
        ("Installation._take_charge", "local", STOPPED),
    ],
}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(rows, id=name, marks=() if name == "what locks" else pytest.mark.long)
        for name, rows in ROWS.items()
    ],
)
def test_something_of_ours_raises(rows, tmp_path):
    """The run ends with the right code, it is said, and each request that was sent had its turn and its mark."""
    with ThreadPoolExecutor(len(rows)) as pool:
        found = list(pool.map(lambda row: run(row[0], row[1], tmp_path / f"{row[0]} {row[1]}"), rows))
    for came, (*_, code) in zip(found, rows, strict=True):
        assert came.raised, came.log
        assert came.problems == [], f"{came}\n{came.log}"
        assert came.code == code, f"{came}\n{came.log}"
