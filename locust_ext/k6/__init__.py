"""k6's options, read without running them, as a configuration of ours."""
