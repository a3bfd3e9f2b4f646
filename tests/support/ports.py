"""Free ports for servers under test."""

from __future__ import annotations

from clobus.sandbox.process import free_port

__all__ = ["free_port"]
