"""What a run is to be: the configuration, the command line, and the plan that follows from both."""
