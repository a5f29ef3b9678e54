"""Every text that a user brings: short sentences for long texts, and work that grows with the text alone."""

import time
from collections.abc import Callable

import pytest

from locust_ext.commands.backoff import asked
from locust_ext.config import command_line as chosen
from locust_ext.config.command_line import CommandLine, parse_params
from locust_ext.config.plan import make_plan
from locust_ext.config.schema import check_host
from locust_ext.gates.options import BaselineOptions
from locust_ext.gates.thresholds import parse_assertion, parse_selector
from locust_ext.k6.literals import read_number
from locust_ext.k6.spans import parse_span
from locust_ext.load.matrix import _labels
from locust_ext.load.profiles import PROFILES
from locust_ext.load.rate import arrival_rate
from locust_ext.load.stages import Stage
from locust_ext.load.stress import number_of
from locust_ext.load.tape import parse_level, parse_time
from locust_ext.safety.hosts import classify
from locust_ext.safety.options import KillSwitchOptions, ProductionOptions, SafetyOptions, TenantOptions
from locust_ext.safety.origin import origin_of
from locust_ext.safety.window import parse_window
from locust_ext.storms.options import StampedeOptions
from locust_ext.storms.policy import read_policy
from locust_ext.storms.reading import milliseconds, number, read_properties
from locust_ext.storms.shipped import load
from locust_ext.text.lengths import LONGEST_MESSAGE, has_half, printable, quoted, shortened, whole
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.units import parse_duration, parse_rate, parse_rise, parse_share
from locust_ext.text.variables import check_variable

PARSERS: dict[str, Callable[[str], object]] = {
    "a duration": parse_duration,
    "a rate": parse_rate,
    "a share": parse_share,
    "a limit": parse_rise,
    "limits": lambda text: BaselineOptions(max_regression={text: text}),
    "a threshold": parse_assertion,
    "a selection": parse_selector,
    "quantiles": lambda text: BaselineOptions(quantiles=text.split(",")),
    "a stage": lambda text: Stage(duration=text, target=1),
    "the users of a stage": lambda text: Stage(duration="1s", target=text),
    **{
        f"the shape {kind}": lambda text, kind=kind: PROFILES[kind].model_validate({"duration": text, "users": text})
        for kind in PROFILES
    },
    "parameters": parse_params,
    "a parameter": lambda text: parse_params(f"duration={text}"),
    "a time scale": lambda text: make_plan(CommandLine(time_scale=text)),
    "a shape": lambda text: make_plan(CommandLine(shape=text)),
    "a file": lambda text: make_plan(CommandLine(file=text)),
    "a report directory": lambda text: make_plan(CommandLine(report_dir=text)),
    "a baseline": lambda text: make_plan(CommandLine(baseline=text)),
    "an export": lambda text: make_plan(CommandLine(summary_export=text)),
    "a rate of arrivals": arrival_rate,
    "a host": check_host,
    "a kind of host": classify,
    "an origin": origin_of,
    "origins": lambda text: SafetyOptions(origins=[text]),
    "a pattern of hosts": lambda text: ProductionOptions(staging=[text]),
    "a window": parse_window,
    "a zone": lambda text: parse_window(f"daily 02:00/03:00 {text}"),
    "a link": lambda text: ProductionOptions(dashboard=text),
    "a header": lambda text: TenantOptions(header=text),
    "the value of a header": lambda text: TenantOptions(value=text),
    "a variable": check_variable,
    "a pointer": lambda text: KillSwitchOptions(url="http://x", pointer=f"/{text}"),
    "a provider": lambda text: KillSwitchOptions(openfeature="x", provider=text),
    "a path": lambda text: StampedeOptions.model_validate({"key": "x", "path": text}),
    "a policy": lambda text: read_policy({"client": text}, ""),
    "an option of a policy": lambda text: read_policy({"client": "socket.io", text: text}, ""),
    "a client on the command line": lambda text: asked(text, (f"a={text}", text), text, None),
    "a number of a client": lambda text: number("key", text),
    "milliseconds of a client": lambda text: milliseconds("key", text),
    "properties": read_properties,
    "a shipped configuration": lambda text: load(text, "x.properties"),
    "an environment": lambda text: load(f"AWS_MAX_ATTEMPTS={text}", "x.env"),
    "a gRPC configuration": lambda text: load('{"methodConfig": [{"retryPolicy": {"maxAttempts": ' + text, "x.json"),
    "labels of Prometheus": _labels,
    "a level of a recording": parse_level,
    "a time of a recording": parse_time,
    "a phase": number_of,
    "a duration of k6": parse_span,
    "a number of k6": read_number,
}
"""Everything that reads a text of a user's."""

HOSTILE = {
    "digits": "1",
    "digits behind a percentile": ("p(95)<", "1"),
    "digits in a percentile": ("p(", "1"),
    "hexadecimal digits": ("0x", "f"),
    "spaces": " ",
    "a name and spaces": ("a", " "),
    "letters": "a",
    "letters with dots": "a.",
    "dots": ".",
    "commas": "a,",
    "equals signs": "a=",
    "braces": ("m{", "a:b,"),
    "percent signs": "%",
    "slashes": ("http://x", "/"),
    "stars": ("*", "a*"),
    "dashes": "mon-",
    "lines": "\n",
    "brackets": "[",
    "tildes": ("/", "~"),
    "a unit": "1s",
    "sixties": "1:",
    "halves": "\udc80",
}

SIZES = (20_000, 80_000)
MOST_GROWTH = 9.0


def made(how: str | tuple[str, str], size: int) -> str:
    """Return a hostile text of some size."""
    begins, pump = how if isinstance(how, tuple) else ("", how)
    return begins + pump * (size // len(pump))


@pytest.mark.parametrize("parser", PARSERS, ids=str)
@pytest.mark.slow
def test_long_texts(parser):
    """A text of a book's length takes work that grows with it at the most, and its sentence is short."""

    def took(text: str) -> float:
        began = time.thread_time()
        try:
            PARSERS[parser](text)
        except (ConfigurationError, ValueError) as error:
            lengths.append(
                len(str(error)) if isinstance(error, ConfigurationError) else len(str(Problem("", str(error))))
            )
        return time.thread_time() - began

    lengths: list[int] = []
    slow = []
    for name, how in HOSTILE.items():
        short, long = (made(how, size) for size in SIZES)
        ratios = (took(long) / max(took(short), 2e-6) for _ in range(6))
        if all(ratio > MOST_GROWTH for ratio in ratios):
            slow.append(name)
    assert slow == []
    assert max(lengths, default=0) <= 3 * LONGEST_MESSAGE


OPTIONS = [
    ("file", "--loadtest"),
    ("shape", "--shape"),
    ("shape_params", "--shape-params"),
    ("client", "--client"),
    ("time_scale", "--time-scale"),
    ("report_dir", "--report-dir"),
    ("baseline", "--baseline"),
    ("summary_export", "--summary-export"),
]


@pytest.mark.parametrize("name, option", OPTIONS, ids=[row[1] for row in OPTIONS])
def test_options(name, option):
    """What somebody chooses beside the file is bounded, blamed by its own name, and said with all the rest."""
    with pytest.raises(ConfigurationError) as caught:
        make_plan(CommandLine(**{"time_scale": "x", name: "1" * 20_000}))
    told = [str(problem) for problem in caught.value.problems]
    assert f"{option}: '11111111111111111111'... (20,000 characters) is too long" in told[0]
    assert name == "time_scale" or any("--time-scale: 'x' must be" in each for each in told)


def test_every_choice_has_its_bound():
    """A new option of text is not forgotten."""
    texts = {name for name, value in vars(CommandLine()).items() if isinstance(value, str) or name == "time_scale"}
    assert texts == set(chosen._BOUNDS)


QUOTED = [
    ("a short text", "90 parsecs", "'90 parsecs'"),
    ("a long one", "x" * 300_000, f"'{'x' * 80}'... (300,000 characters)"),
    ("a number", 5, "5"),
    ("a number of a book's length", 10**5000, "so long a number"),
    ("a long list", list(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"),
    ("a list with a number of a book's length", [10**5000], "so long a value"),
    ("a list of long texts", ["x" * 500], f"['{'x' * 78}..."),
    ("nothing", None, "None"),
    ("half a character", "a\udc80", r"'a\udc80'"),
]


@pytest.mark.parametrize("value, text", [row[1:] for row in QUOTED], ids=[row[0] for row in QUOTED])
def test_quoted(value, text):
    """A message repeats no more of a value than tells it apart."""
    assert text == quoted(value)


def test_shortened():
    """A sentence keeps its beginning and its end."""
    assert shortened("short", 100) == "short"
    text = shortened("begins " + "x" * 1000 + " ends", 100)
    assert (len(text), text[:7], text[-5:]) == (100, "begins ", " ends")


def test_what_a_terminal_would_act_upon():
    """Control characters and halves of characters are spelled out, lines stay."""
    assert printable("a\x1b[2Jé\udc80\nb") == "a\\x1b[2Jé\\udc80\nb"
    assert (whole("a\udc80"), whole("é"), has_half("é"), has_half("\ud83d")) == ("a\\udc80", "é", False, True)


def test_a_mistake_is_short():
    """Whatever its path and its message quote, and however many there are."""
    problem = Problem("a" * 5000, "b" * 200_000, 1, "f.yml")
    assert len(str(problem)) < 1500
    error = ConfigurationError([Problem("a", str(number)) for number in range(20_000)])
    assert len(str(error)) < 3000
    assert str(error).endswith("  - and 19,900 more")
    assert len(error.problems) == 20_000


GROWING = [
    ("thresholds that are none", "thresholds:\n{}", "  http_reqs{name:a{n}}: [count>x]\n"),
    ("phases that are none", "thresholds:\n{}", "  http_reqs{phase:a{n}}: [count>1]\n"),
    ("metrics that are none", "thresholds:\n{}", "  http_reqz{n}: [count>1]\n"),
    ("stages that are none", "shape: stages\nshapes:\n  stages:\n    stages:\n{}", "    - {target: 1, duration: 1x}\n"),
    ("limits that are none", "baseline:\n  dir: x\n  max_regression:\n{}", "    http_reqs{phase:a{n}}: 30%\n"),
    ("shapes that are none", "shapes:\n{}", "  s{n}: {kind: smok}\n"),
]


@pytest.mark.parametrize("frame, piece", [row[1:] for row in GROWING], ids=[row[0] for row in GROWING])
@pytest.mark.slow
def test_many_mistakes(tmp_path, frame, piece):
    """Four times as many mistakes take some four times as long to be found."""

    def took(count: int) -> float:
        file = tmp_path / f"{count}.yml"
        text = "".join(piece.replace("{n}", str(number)) for number in range(count))
        file.write_text(frame.replace("{}", text))
        began = time.thread_time()
        with pytest.raises(ConfigurationError):
            make_plan(CommandLine(file=str(file)))
        return time.thread_time() - began

    assert any(took(800) / took(200) < MOST_GROWTH for _ in range(6)), "the machine may be busy, but not each time"
