"""``python -m locust_ext -f theirs.py ...``: Locust, with locust_ext, for a locustfile that knows nothing of it."""

from locust.main import main

from locust_ext import install

if __name__ == "__main__":
    install()
    main()
