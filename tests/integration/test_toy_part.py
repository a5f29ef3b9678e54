"""The worked example of CONTRIBUTING, over two real processes."""

from __future__ import annotations

from tests import toy

LOCUSTFILE = """
    from locust import User, constant, events, task
    from locust.runners import MasterRunner

    import locust_ext
    from greeter import Greeter
    from locust_ext import parts
    from locust_ext.process.part_table import Row

    stock, made = parts.table, []

    def table(process):
        made.append(Greeter(process.environment.runner))
        return *stock(process), Row(made[-1], intent=lambda run: "good morning")

    parts.table = table
    locust_ext.install()

    class Quiet(User):
        wait_time = constant(0.1)

        @task
        def nothing(self):
            pass

    @events.test_stop.add_listener
    def tell(environment, **_):
        if isinstance(environment.runner, MasterRunner):
            print("heard", made[0].heard)
"""


def test_one_file_and_one_row(write, start):
    """Each worker that follows the run says good morning to the master."""
    write("greeter.py", toy.source())
    locustfile = write("toy.py", LOCUSTFILE)
    run = start(
        "-f", locustfile, "--headless", "--processes", 2, "-u", 2, "-r", 2, "-t", "2s", "-H", "http://a"
    ).finish()
    assert "heard ['good morning', 'good morning']" in run.out + run.err, run.err
    assert run.code == 0, run.err
