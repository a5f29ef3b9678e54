"""Presets to be written."""

from __future__ import annotations

from locust_ext.storms.client import Client

PYTHON: tuple[Client, ...] = ()
