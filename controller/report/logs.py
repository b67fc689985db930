"""Logs on standard error: JSON lines for programs, readable on a terminal, and never a secret in either.

Whoever learns a secret calls `conceal` before using it; whoever prints foreign text elsewhere sends it
through `scrub` first.
"""

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from controller.core.model.call import Call
from controller.report.plan_json import plain
from controller.report.secrecy import conceal, scrub
from controller.report.shown import visible

__all__ = ["LEVELS", "conceal", "redact", "scrub", "set_up"]

LEVELS = ("debug", "info", "warning", "error")
_LOGGER = "holdfast"


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at that moment, so that a live display can keep the lines apart."""

    def __init__(self, stream: TextIO | None) -> None:
        logging.Handler.__init__(self)
        self._fixed = stream

    @property
    def stream(self) -> TextIO:
        return self._fixed or sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        self._fixed = stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Say that a line is missing; the standard library would print its arguments, secrets included."""
        with suppress(OSError, ValueError):
            self.stream.write("A log line could not be written\n")


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs to standard error (or `stream`) from now on; calling it again starts over.

    `level` is one of `LEVELS` and holds for Holdfast; libraries are heard from warnings on, since their
    debug output shows whole requests.
    """
    readable = (stream or sys.stderr).isatty()
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    output = _StandardError(stream)
    output.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=_last(readable)))
    logging.basicConfig(level=logging.WARNING, handlers=[output], force=True)
    logging.getLogger(_LOGGER).setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=lambda *_: logging.getLogger(_LOGGER),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _last(readable: bool) -> list[Processor]:
    """The end of the chain: exceptions become text before secrets are removed, and nothing is added after."""
    chain: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
    ]
    if not readable:
        return [*chain, structlog.processors.JSONRenderer(ensure_ascii=False)]
    console = structlog.dev.ConsoleRenderer(
        colors=not os.environ.get("NO_COLOR"),
        sort_keys=False,
        pad_level=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [*chain, _stack_as_a_word, console]


def _stack_as_a_word(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The renderer takes `stack` for a stack trace; here it is the name of a document."""
    return {"in" if key == "stack" else key: value for key, value in event.items()}


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Every value as plain JSON, at any depth, with each concealed value replaced by `(secret)`."""
    return {visible(key): _seen(value) for key, value in event.items()}


def _seen(value: Any) -> Any:
    if isinstance(value, Call):
        return {
            "service": value.service,
            "operation": value.operation,
            "parameters": _seen(dict(value.parameters)),
            **({"region": value.region} if value.region else {}),
        }
    if isinstance(value, Mapping):
        return {visible(str(key)): _seen(part) for key, part in value.items()}
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return [_seen(part) for part in value]
    shown = plain(value)
    return visible(shown, keep="\n\t") if isinstance(shown, str) else shown
