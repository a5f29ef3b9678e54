"""`python -m locust_ext.demo`: the demo target without the rest of the package."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from locust_ext.text.problems import EXIT_CODE


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_CODE, f"{self.prog}: {message} (see --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    # Imported here, so that Ctrl-C during the slow imports ends as quietly as Ctrl-C later.
    try:
        from locust_ext.demo import command  # noqa: PLC0415

        options = _parser(command.DEFAULT_PORT, command.DEFAULT_HOST, command.DEFAULT_SEED).parse_args(arguments)
        if options.list_faults:
            print(command.list_faults())
            return 0
        faults = [name.strip() for names in options.fault for name in names.split(",") if name.strip()]
        return command.serve(options.port, options.host, faults, options.seed, options.until_stdin_closes)
    except KeyboardInterrupt:
        return 0


def _parser(port: int, host: str, seed: int) -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m locust_ext.demo", description="A small back end with a dial for every fault.")
    parser.add_argument("--port", type=int, default=port, help="port to listen on; 0 picks a free one (%(default)s)")
    parser.add_argument("--host", default=host, help="address to listen on (%(default)s)")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[,NAME]", help="what goes wrong")
    parser.add_argument("--list-faults", action="store_true", help="say which faults there are, and end")
    parser.add_argument("--seed", type=int, default=seed, help="the same seed draws the same times (%(default)s)")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the parent process; ignore Ctrl-C")
    return parser


if __name__ == "__main__":
    sys.exit(main())
