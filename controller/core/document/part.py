"""A document as plain values, each with its place: what a file is read into."""

import json
from typing import Any

from controller.core.document.problem import WHOLE_FILE, DocumentError, Loc, Mark, Problem, path_text

MAX_DEPTH = 50

_NOTHING: Any = {}


class Part:
    """A value with its place. A mapping knows the places of its keys, a list and a mapping their parts.

    `text` is a scalar as it is written. `size` counts values and `height` levels, aliases written out.
    """

    __slots__ = ("height", "keys", "mark", "parts", "size", "text", "value")

    def __init__(self, value: Any, mark: Mark, text: str = "") -> None:
        self.value = value
        self.mark = mark
        self.text = text
        holds = isinstance(value, dict | list)
        self.keys: dict[str, Mark] = {} if holds else _NOTHING
        self.parts: dict[str | int, Part] = {} if holds else _NOTHING
        self.size = 1
        self.height = 1 if holds else 0

    def add(self, key: str | int, part: "Part") -> None:
        """Put a finished part in its place within this one."""
        self.parts[key] = part
        if isinstance(key, str):
            self.value[key] = part.value
        else:
            self.value.append(part.value)

    def find(self, loc: Loc) -> "tuple[Part, Loc]":
        """The part at `loc`, or the last one on the way to it, and how far the way went."""
        part, gone = self, 0
        while gone < len(loc) and loc[gone] in part.parts:
            part = part.parts[loc[gone]]
            gone += 1
        return part, loc[:gone]

    def key_mark(self, loc: Loc) -> Mark:
        """Where the key at `loc` stands; for what has no key, where its value does."""
        if not loc:
            return self.mark
        holder, _ = self.find(loc[:-1])
        return holder.keys.get(str(loc[-1])) or self.find(loc)[0].mark


def part_of(value: Any, loc: Loc = ()) -> Part:
    """Plain values as parts that have no place in a file; a scalar counts as written the way JSON writes it.

    Raises `DocumentError` where they are nested too deep.
    """
    if len(loc) > MAX_DEPTH:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise DocumentError([Problem("", *WHOLE_FILE, path_text(loc[:MAX_DEPTH]), message)])
    if not isinstance(value, dict | list):
        return Part(value, WHOLE_FILE, value if isinstance(value, str) else json.dumps(value))
    part = Part([] if isinstance(value, list) else {}, WHOLE_FILE)
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(key, str):
            part.keys[key] = WHOLE_FILE
        part.add(key, part_of(item, (*loc, key)))
    return part
