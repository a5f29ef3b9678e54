"""A written locustfile at work, without Locust: what its users would send, to whom nobody answers."""

import builtins
import types
from functools import partial


class Answer:
    """An answer whose JSON has a value at every path: a text that says which."""

    status_code = 200
    request_meta = {"response_time": 12.5}

    def __init__(self, at=(), **more):
        self.at, self.is_fine, self.failures = at, False, []
        vars(self).update(more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def json(self):
        return self

    def success(self):
        self.is_fine = True

    def failure(self, why):
        self.failures.append(why)

    def __getitem__(self, key):
        return Answer((*self.at, key))

    def __str__(self):
        return f"<answer {list(self.at)}>"

    __repr__ = __str__


class Row(dict):
    """A row that has every column."""

    def __init__(self, feeder):
        self.feeder = feeder

    def __missing__(self, column):
        return f"<{self.feeder}: {column}>"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


class Feeder:
    """Rows of one feeder."""

    def __init__(self, name):
        self.name = name

    def row(self):
        return Row(self.name)

    mine = row


class Metric:
    """A metric whose samples are kept."""

    def __init__(self, rehearsal, kind, name):
        self.rehearsal, self.known = rehearsal, (kind, name)

    def add(self, *values):
        self.rehearsal.samples.append((*self.known, *values))


class Pool:
    """A pool that does at once what it is given."""

    def __init__(self, size):
        self.size = size

    def spawn(self, call):
        call()

    def join(self, raise_error):
        assert raise_error

    def kill(self):
        pass


class Rehearsal:
    """Runs what is written: ``sent`` are the requests of one iteration of each class, ``begun`` those of on_start."""

    def __init__(self, text, answer=Answer, environ=None):
        self.sent, self.begun, self.checks, self.samples, self.waits = {}, {}, [], [], []
        self.listeners, self.answers, self._into, self._answer = [], [], [], answer
        self.environ = environ
        scope = {
            "__name__": "written",
            "__file__": "written.py",
            "__builtins__": {**vars(builtins), "__import__": self._import},
        }
        exec(compile(text, "written.py", "exec"), scope)
        self.scope = scope
        self.classes = [
            each
            for each in scope.values()
            if isinstance(each, type) and issubclass(each, self._user) and each is not self._user
        ]

    def run(self):
        """Let each class begin, and do one iteration."""
        for cls in self.classes:
            user = cls()
            self._into = self.begun[cls.__name__] = []
            getattr(user, "on_start", lambda: None)()
            self._into = self.sent[cls.__name__] = []
            user.iteration()
        return self

    def _request(self, method, url, **options):
        self._into.append((method, url, options))
        self.answers.append(self._answer())
        return self.answers[-1]

    def _import(self, name, _globals=None, _locals=None, names=(), level=0):
        client = types.SimpleNamespace(
            request=self._request,
            **{
                verb: lambda url, verb=verb, **options: self._request(verb.upper(), url, **options)
                for verb in ("get", "post", "put", "patch", "delete", "head", "options")
            },
        )
        if not hasattr(self, "_user"):
            self._user = type("FastHttpUser", (), {"client": client})
        events = types.SimpleNamespace(
            init_command_line_parser=types.SimpleNamespace(add_listener=self.listeners.append)
        )
        stubs = {
            "locust": dict(
                FastHttpUser=self._user,
                task=lambda call: call,
                events=events,
                between=lambda *n: n,
                constant=lambda n: n,
            ),
            "locust_ext": dict(
                install=lambda: None,
                Feeder=Feeder,
                check=lambda _, conditions, tags=None: self.checks.append((conditions, tags)),
                **{kind: partial(Metric, self, kind) for kind in ("Trend", "Rate", "Counter", "Gauge")},
            ),
            "gevent.pool": dict(Pool=Pool),
            "time": dict(sleep=self.waits.append),
            "os": dict(environ=self if self.environ is None else self.environ),
        }
        return (
            types.SimpleNamespace(**stubs[name])
            if name in stubs
            else builtins.__import__(name, _globals, _locals, names, level)
        )

    def get(self, name, default):
        """Return a variable of an environment in which all are set."""
        return f"<${name}>"
