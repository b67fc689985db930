"""What is wrong with a document: where it stands, what it is, and what would be right."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from controller.core.model.cloud import HoldfastError

MOST_TOLD = 100
"""So many problems are told one by one: nobody reads more of them, and the next run tells those that are left."""

Loc = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in a file; the first line and column are 1. Line 0 means the file as a whole."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


WHOLE_FILE = Mark(0, 0)


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with a document: where, what, and what would be right."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        told = f"{self.message}; {self.hint}" if self.hint else self.message
        return ": ".join(part for part in (place, self.path, told) if part)


class DocumentError(HoldfastError):
    """Everything that is wrong with the documents, in the order of files and positions."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(self.told()))

    def told(self) -> list[str]:
        """The first of them, and how many more there are."""
        more = len(self.problems) - MOST_TOLD
        return [*map(str, self.problems[:MOST_TOLD]), *([f"… and {more:,} more"] if more > 0 else [])]


def near(word: str, words: Iterable[str]) -> str:
    """The hint that names what may have been meant; empty when nothing is near."""
    known = list(words)
    matches = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    matches = matches or [candidate for candidate in known if candidate.lower() == word.lower()]
    return f"did you mean {quoted(matches[0])}?" if matches else ""


def quoted(text: str) -> str:
    """A text from a document on one line, between quotes, cut where it is long."""
    short = text if len(text) <= 60 else f"{text[:57]}…"
    return json.dumps(short, ensure_ascii=not short.isprintable())


def path_text(loc: Loc) -> str:
    """A path as it is shown: `spec.resources.Door.front.rules[0]`."""
    text = ""
    for step in loc:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step):
            text += f".{step}" if text else step
        elif step:
            text += f"[{quoted(step)}]"
    return text
