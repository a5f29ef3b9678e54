"""What a team starts from: a scenario, its configuration, a runbook and CI, written by ``locust-ext init``.

Law: what is written runs as it stands, and belongs to the team from then on; nothing here is read again later.
"""
