"""Counts and lists, worded for people."""

from collections.abc import Iterable
from typing import Any


def quantity(number: int, noun: str) -> str:
    """A number and what it counts: `1 node`, `2 nodes`, `0 nodes`; for nouns whose plural takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def enumerated(words: Iterable[str], last: str = "and") -> str:
    """Several words as a list in a sentence: `a, b and c`."""
    *others, final = [*words] or [""]
    return f"{', '.join(others)} {last} {final}" if others else final


def either(values: Iterable[Any]) -> str:
    """Values of which one is meant: `gp3, io1 or io2`."""
    return enumerated(map(shown, values), "or")


def shown(value: Any) -> str:
    """A value in a sentence, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    return text if len(text) <= 60 else f"{text[:57]}…"
