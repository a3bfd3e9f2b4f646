"""Structured logs on standard output: one JSON object a line, persons and secrets hidden."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog

from clobus.core.redaction import redact_event


def _json(event: Any, *, default: Any) -> str:
    return msgspec.json.encode(event, enc_hook=default).decode()


def configure(level: str = "INFO") -> None:
    """Set structlog up for a process; other libraries' warnings go the same way, their chatter is dropped."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        redact_event,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render = structlog.processors.JSONRenderer(serializer=_json)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=render, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
