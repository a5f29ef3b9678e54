"""``python -m locust_ext -f theirs.py ...``: Locust, with locust_ext, for a locustfile that knows nothing of it."""

import sys

_PLACES = sys.path[:]
sys.path[:] = sys.path[1:]  # the working directory, where a file called locust.py may stand: it is not Locust

from locust.main import main  # noqa: E402

from locust_ext import install  # noqa: E402

sys.path[:] = _PLACES

if __name__ == "__main__":
    install()
    main()
