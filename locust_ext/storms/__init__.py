"""What clients do when things break: reconnect, retry, stampede."""
