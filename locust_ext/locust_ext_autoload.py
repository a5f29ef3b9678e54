"""Loads locust_ext beside a locustfile that knows nothing of it: ``locust -f theirs.py,$(locust-ext path)``."""

from locust_ext import install

install()
