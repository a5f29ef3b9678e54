"""How Sphinx builds these documents: ``sphinx-build -W -n -b html docs docs/_build/html``."""

import os
import sys
from pathlib import Path

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"  # Sphinx has opened its sockets; nothing here runs a load test
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from locust_ext import __version__

project = "locust-ext-pack"
author = "the locust-ext-pack contributors"
copyright = "the locust-ext-pack contributors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinxcontrib.mermaid", "tables"]
exclude_patterns = ["_build", "explanation/power-table.md", "explanation/drift-table.md"]  # tables are included
html_theme = "furo"
html_title = f"locust_ext {release}"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
nitpick_ignore_regex = [
    # The bases that a user sees; their pages are Locust's, and the build needs no network.
    ("py:class", r"locust\..*"),
    ("py:class", r"locust_ext\.(load|measure)\..*"),
]
