"""Write again what stands beside the scripts of functions: ``python -m tests.unit.k6.written``; look at the difference."""

import os
from pathlib import Path

from locust_ext.commands.import_k6 import import_with_locustfile

if __name__ == "__main__":
    os.chdir(Path(__file__).parent / "functions")
    for script in sorted(Path().glob("*.js")):
        found = import_with_locustfile(script, script.with_suffix(".yml"), script.with_suffix(".py"))
        script.with_suffix(".py").write_text(found.locustfile, "utf-8")
