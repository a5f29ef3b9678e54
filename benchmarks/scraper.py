"""A scraper as Prometheus is one, on the other core: for each line of standard input it reads a page whole, once.

It says how long the page was.
"""

from __future__ import annotations

import sys
from urllib.request import Request, urlopen

if __name__ == "__main__":
    asked = Request(sys.argv[1], headers={"Accept": "text/plain;version=0.0.4", "Accept-Encoding": "gzip"})
    for _ in sys.stdin:
        with urlopen(asked, timeout=10) as answer:
            print(len(answer.read()), flush=True)
