"""Which version this is; the one place that says it.

Law: pure.
"""

VERSION = "0.1.0"
