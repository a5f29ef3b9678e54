"""Where the code lives: what GitHub and GitLab say of a run of CI, and the one comment on its pull request."""
