"""What is written for a person to go on with: configurations and locustfiles, made from what a team has already."""
