"""What stays of a run: report directories, baselines, and who is told."""
