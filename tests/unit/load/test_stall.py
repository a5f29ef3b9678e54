"""Locust's own options are looked up once a process, and not once for each option of each message."""

from locust import argument_parser

from locust_ext.load.stall import SpawnedAtOnce, stall_seam


def test_options_are_looked_up_once(monkeypatch):
    """When the part is installed; whoever asks later gets the same."""
    looks = []

    def look():
        looks.append(None)
        return {"host": ""}

    monkeypatch.setattr(argument_parser, "default_args_dict", look)
    SpawnedAtOnce().install()
    assert len(looks) == 1
    assert argument_parser.default_args_dict() is argument_parser.default_args_dict()
    assert argument_parser.default_args_dict() == {"host": ""}
    assert len(looks) == 1


def test_the_seam_can_be_closed(monkeypatch):
    """Then Locust looks for itself again."""
    monkeypatch.setattr(argument_parser, "default_args_dict", dict)
    seam = stall_seam()
    seam.open()
    assert argument_parser.default_args_dict is not dict
    seam.close()
    assert argument_parser.default_args_dict is dict
