"""The secrets that must never be seen: registered once known, replaced wherever something is shown."""

import base64
import html
import json
import os
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from controller.core.model import base64_forms
from controller.core.model.reference import Secret, expressions_in
from controller.core.model.stack import Stack

HIDDEN = "(secret)"
"""What stands in the place of a secret."""

_SHORTEST_WITHIN = 4
"""A shorter value is hidden only where it stands alone: replaced everywhere it would garble every text."""
_SHORTEST_LINE = 8
"""From this length on a line of a secret of several lines is hidden by itself, and a form in any case."""


class Secrets:
    """The registered values, with the forms they take on their way. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._forms: set[str] = set()
        self._alone: frozenset[str] = frozenset()
        self._within: re.Pattern[str] | None = None

    def conceal(self, value: str) -> None:
        """Hide this value from now on, also in another case, and as it looks in JSON, XML, a URL and base64."""
        if not value or value in self._values:
            return
        with self._lock:
            self._forms |= {value, *_forms(value)}
            longest_first = sorted((form for form in self._forms if len(form) >= _SHORTEST_WITHIN), key=_rank)
            self._alone = frozenset(form for form in self._forms if len(form) < _SHORTEST_WITHIN)
            self._within = re.compile("|".join(map(_pattern, longest_first))) if longest_first else None
            self._values.add(value)

    def scrub(self, text: str) -> str:
        """The text with every registered value replaced."""
        if text in self._alone:
            return HIDDEN
        return self._within.sub(HIDDEN, text) if self._within else text


def _pattern(form: str) -> str:
    """A form as it is, or in any case where it is no word by chance."""
    return f"(?i:{re.escape(form)})" if len(form) >= _SHORTEST_LINE else re.escape(form)


def _rank(form: str) -> tuple[int, str]:
    """Longer forms first, so that a secret inside another leaves nothing of the longer one behind."""
    return -len(form), form


def _forms(value: str) -> Iterator[str]:
    if len(value) < _SHORTEST_WITHIN:
        return
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1])
    yield from (quote(value, safe=""), quote(value), quote_plus(value))
    yield from (escape(value), escape(value, {'"': "&quot;", "'": "&apos;"}), html.escape(value))
    yield base64.b64encode(value.encode()).decode()
    yield from (form for form in base64_forms.within(value.encode()) if len(form) >= _SHORTEST_WITHIN)
    yield from (line for line in value.splitlines() if len(line) >= _SHORTEST_LINE)


_SECRETS = Secrets()
conceal = _SECRETS.conceal
scrub = _SECRETS.scrub


def conceal_environment(stack: Stack) -> None:
    """Hide what a stack takes from the environment as a secret."""
    for node in stack.nodes.values():
        for expression in expressions_in(node.fields):
            if isinstance(expression, Secret) and expression.store == "env":
                conceal(os.environ.get(expression.name, ""))
