"""The directory of scripts, one a construct: what comes over as k6 would take it, and what is refused."""

from pathlib import Path

import pytest

from locust_ext.commands.script_files import ScriptFiles
from locust_ext.k6.reading import read_test
from locust_ext.k6.script import read_text
from locust_ext.k6.translation import translate
from locust_ext.text.problems import ConfigurationError

CONSTRUCTS = Path(__file__).parent / "constructs"
SCRIPTS = sorted(each for each in CONSTRUCTS.iterdir() if each.suffix in {".js", ".ts"})
OVER = [each for each in SCRIPTS if each.with_suffix(".json").exists()]
REFUSED = [each for each in SCRIPTS if each.with_suffix(".refused").exists()]


def said(script):
    """Return what a script says."""
    return read_text(script.read_bytes().decode("utf-8-sig"), str(script), ScriptFiles())


@pytest.mark.parametrize("script", OVER, ids=[each.name for each in OVER])
def test_comes_over(script):
    """Every value is k6's, and nothing is left to a run."""
    inspected = script.with_suffix(".json")
    wanted, wrong = read_test(read_text(inspected.read_text(encoding="utf-8"), str(inspected)))
    found, problems = read_test(said(script))
    assert (found, problems, wrong) == (wanted, [], [])
    assert translate(said(script))


@pytest.mark.parametrize("script", REFUSED, ids=[each.name for each in REFUSED])
def test_is_refused(script):
    """A sentence with the file and what is in the way."""
    with pytest.raises(ConfigurationError) as caught:
        translate(said(script))
    assert script.with_suffix(".refused").read_text(encoding="utf-8").strip() in str(caught.value)
    assert str(CONSTRUCTS) in str(caught.value)


def test_the_directory_is_whole():
    """Each script has one right answer beside it, and there are many of both kinds."""
    assert set(OVER) ^ set(REFUSED) == set(SCRIPTS)
    assert (len(OVER) > 60, len(REFUSED) > 60) == (True, True)
    answers = {each for each in CONSTRUCTS.iterdir() if each.suffix in {".json", ".refused"}}
    assert {each.with_suffix("") for each in answers} == {each.with_suffix("") for each in SCRIPTS}
