"""What holds for tests of all kinds: figures of a run go where a test says, whatever collector a developer's shell names."""

import os

for variable in [name for name in os.environ if name.startswith("OTEL_")]:
    del os.environ[variable]
