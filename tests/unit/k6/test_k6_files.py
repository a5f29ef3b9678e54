"""A script of several files, and files that cannot be read: a sentence with the file and the line, soon."""

import os

import pytest
from click.testing import CliRunner

from locust_ext.commands.import_k6 import command
from locust_ext.commands.script_files import ScriptFiles
from locust_ext.k6.modules import MOST_FILES, MOST_LETTERS, Modules, UnreadableError
from locust_ext.text.problems import EXIT_CODE

OPTIONS = "export const options = { vus: 5, duration: '1m' };\n"


@pytest.fixture
def project(tmp_path):
    """Return a function that writes files, the first of which is imported, and that returns what was said."""

    def import_(*files):
        for name, content in files:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        target = tmp_path / "out.yml"
        done = CliRunner().invoke(command, [str(tmp_path / files[0][0]), "-o", str(target)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        assert target.exists() is (done.exit_code == 0)
        return done

    return import_


def chain(length):
    """Return files of which each hands the options of the next on."""
    return [(f"{number}.js", f"export {{ options }} from './{number + 1}.js'") for number in range(length)]


WRONG = [
    ("a directory", [("a.js", "\nimport o from './sub';\nexport const options = o;"), ("sub/x", "")], "a.js:2: options"),
    ("another encoding", [("a.js", b"\n// caf\xe9")], "a.js:2: the file cannot be read: it is not UTF-8 text"),
    (
        "another encoding in an import",
        [("a.js", "import o from './b.js';\nexport const options = o;"), ("b.js", b"\n\n// caf\xe9")],
        "./b.js: it is not UTF-8 text: see its line 3",
    ),
    (
        "a syntax error in an import",
        [("a.js", "import o from './b.js';\nexport const options = o;"), ("b.js", "\n\nexport default {")],
        "b.js:3: this is not JavaScript",
    ),
    (
        "a value of an import that k6 refuses",
        [("a.js", "export { options } from './b.js';"), ("b.js", "export const options = {\n  vus: 'many',\n};")],
        "b.js:2: vus: must be a whole number",
    ),
    (
        "a value of an import that only a run could tell",
        [("a.js", "import { s } from './b.js';\nexport const options = { stages: s };"),
         ("b.js", "\nexport const s = [\n{ duration: '1m', target: many() }];")],
        "b.js:3: stages[0].target: only a run",
    ),
    ("a chain of many files", chain(MOST_FILES + 50), f"0.js:1: options: only a run of the script could tell them: it consists of more than {MOST_FILES}"),
    (
        "many imports",
        [("a.js", "".join(f"import './m{n}.js';\n" for n in range(1_000)) + OPTIONS)],
        f"a.js:1: the script is not read: it consists of more than {MOST_FILES} files",
    ),
    (
        "large imports",
        [("a.js", "import './b.js';\nimport './c.js';\nimport './d.js';\n" + OPTIONS),
         *((f"{name}.js", "//" + "x" * (MOST_LETTERS // 2 - 10)) for name in "bcd")],
        "its files have more than 2 MiB together",
    ),
    ("a large import", [("a.js", "import o from './b.js';\nexport const options = o;"), ("b.js", "x" * (1 << 21))], "a.js:1: options"),
    ("an address", [("a.js", "\nimport o from 'https://example.com/o.js';\nexport const options = o;")], "a.js:2: options"),
    ("a file of the system", [("a.js", "import o from '/dev/zero';\nexport const options = o;")], "it is not a regular file"),
    ("no file at all", [("a.js", "export const options = JSON.parse(open('./no.json'));")], "./no.json: there is no such file"),
]  # fmt: skip


@pytest.mark.parametrize("files, sentence", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_refuses(project, files, sentence):
    """A sentence with the file, and the line where there is one; 104, and nothing is written."""
    done = project(*files)
    assert (done.exit_code, sentence in done.stderr) == (EXIT_CODE, True), done.stderr


def test_a_pipe_is_not_waited_for(tmp_path):
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "pipe.js")
    with pytest.raises(UnreadableError, match="not a regular file"):
        ScriptFiles().text(str(tmp_path / "pipe.js"))


def test_stars_that_double():
    """Each file is asked once, however many ways lead to it."""
    files = {f"{n}.js": f"export * from './{n + 1}.js'; export * from './{n + 1}.js';" for n in range(40)}
    files["40.js"] = OPTIONS

    class Shelf:
        def place(self, beside, specifier):
            return specifier.removeprefix("./")

        def text(self, file):
            return files[file]

    modules = Modules(files["0.js"], "0.js", Shelf())
    found = modules.exported(modules.main, "options")
    assert found is not None
    assert found[0].file == "40.js"


ENDINGS = [
    ("the whole name", "./a.js", ["a.js", "a.ts"], "a.js"),
    ("TypeScript that is named as what it becomes", "./a.js", ["a.ts"], "a.ts"),
    ("no ending", "./a", ["a.ts"], "a.ts"),
    ("an index", "./a", ["a/index.js"], "a/index.js"),
    ("two that may be meant", "./a", ["a.ts", "a.js"], "a"),
    ("nothing", "./a", [], "a"),
    ("the directory above", "../b/a.js", ["a.js"], "../b/a.js"),
]


@pytest.mark.parametrize("specifier, there, found", [row[1:] for row in ENDINGS], ids=[row[0] for row in ENDINGS])
def test_which_file_is_meant(tmp_path, specifier, there, found):
    """The one that k6 takes, or the only one that a bundler would."""
    home = tmp_path / "home"
    for name in there:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("")
    placed = ScriptFiles().place(str(home / "main.js"), specifier)
    assert placed == os.path.normpath(home / found)


def test_how_many_thresholds_count(project):
    """On, moved and off are counted where the notes stand."""
    script = """
    import http from 'k6/http';
    import { Trend } from 'k6/metrics';
    const t = new Trend('t'), u = new Trend('u');
    export const options = { duration: '1s', thresholds: {
      t: ['p(95)<4', 'avg<3'], u: ['p(95)<4'], http_req_failed: 'rate<0.1', data_sent: ['count<5'] } };
    export default function () { const a = http.get('x'); t.add(a.timings.duration); u.add(5); }
    """
    assert "note: thresholds: 3 on, 2 of them moved, 2 off\n" in project(("a.js", script)).stderr


OWN = """
import http from 'k6/http';
import { Rate } from 'k6/metrics';
const failed = new Rate('http_req_failed');
export const options = { duration: '10s', thresholds: { http_req_failed: ['rate<0.1'] } };
export default () => { const r = http.get('http://a'); failed.add(r.status !== 200); };
"""


def test_a_gate_on_a_metric_of_k6_stays_on(project):
    """A script that declares it adds to it; what k6 counts by itself is judged all the same."""
    done = project(("a.js", OWN))
    assert done.exit_code == 0
    assert "note: thresholds: 1 on, 0 of them moved, 0 off" in done.stderr
    assert "what the script adds to it does not count here" in done.stderr
