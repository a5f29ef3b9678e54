"""The feed at a rate, however slow the answers: a smoke and a soak. ``locust -f locustfiles/rates.py --headless``.

Both are scenarios of one run; their rates, their users and their thresholds stand in rates.yml. Without ``--host`` and
``BASE_URL`` it runs against the embedded demo target.
"""

from feed import FeedUser  # feed.py lies beside this file, where Locust looks for it

__all__ = ["FeedUser"]
