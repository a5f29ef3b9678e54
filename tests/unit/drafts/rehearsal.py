"""A written locustfile at work, without Locust: what its users would send, to whom nobody answers."""

import builtins
import types


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
        metric = lambda kind: (
            lambda name: types.SimpleNamespace(add=lambda *values: self.samples.append((kind, name, *values)))
        )
        feeder = lambda name: types.SimpleNamespace(row=lambda: Row(name), mine=lambda: Row(name))  # noqa: E731
        events = types.SimpleNamespace(
            init_command_line_parser=types.SimpleNamespace(add_listener=self.listeners.append)
        )
        pool = lambda size: types.SimpleNamespace(
            spawn=lambda call: call(), join=lambda raise_error: None, kill=lambda: None
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
                Feeder=feeder,
                check=lambda _, conditions, tags=None: self.checks.append((conditions, tags)),
                **{kind: metric(kind) for kind in ("Trend", "Rate", "Counter", "Gauge")},
            ),
            "gevent.pool": dict(Pool=pool),
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
