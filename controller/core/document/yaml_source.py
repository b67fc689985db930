"""YAML with positions: what a file says as plain values, and where in the file each of them stands.

Values are typed as YAML 1.2 types them, so that `no`, `010`, `12:30` and `2026-01-01` stay the texts they
look like. The tree is built from the parser's events in one walk with an explicit stack, and every bound is
checked before anything grows: no input can exhaust the stack, and an alias is never expanded, only counted.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from controller.core.document.part import MAX_DEPTH, Part
from controller.core.document.problem import WHOLE_FILE, DocumentError, Mark, Problem, path_text, quoted
from controller.core.document.source import MAX_BYTES

MAX_ALIASES = 1_000
MAX_ALIASED = 200_000
"""How many values may be reached through aliases, were they written out."""
MAX_VALUES = 500_000
"""How many values a file may write out; ten thousand nodes have about a fifth of it."""

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPED = re.compile(
    r"(?P<null>null|Null|NULL|~|)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?(?:0|[1-9][0-9]{0,17}))"
    r"|(?P<float>[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.|(?=[eE])))(?:[eE][-+]?[0-9]{1,2})?)"
)
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))}
_HINTS = {
    "mapping values are not allowed": 'check the indentation, and quote a string that contains ": "',
    "cannot start any token": "indent with spaces, and quote a string that begins with @, `, % or a tab",
    "did not find expected key": "check the indentation of this line and of the lines before it",
    "'-' indicator": "check the indentation of this line and of the lines before it",
    "unexpected end of stream": "a quote is opened and never closed",
}


def read_parts(content: bytes, file: str, problems: list[Problem]) -> list[Part]:
    """Every document of a file. What is wrong goes to `problems`; what is whole before it is returned."""
    composer = _Composer(file, problems)
    try:
        composer.read(_decoded(content, file))
        if not composer.documents:
            problems.append(Problem(file, 1, 1, "", "the file contains no document"))
    except DocumentError as error:
        problems.extend(error.problems)
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(error, file))
    return composer.documents


def _decoded(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024 // 1024} MiB"
        message = f"the file is larger than {limit} and was not read"
        raise DocumentError([Problem(file, *WHOLE_FILE, "", message, "split it into several stacks")])
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        place = _place_in(content[: error.start].decode(), error.start)
        message = f"byte {error.start} is not valid UTF-8"
        raise DocumentError([Problem(file, *place, "", message, "save the file as UTF-8")]) from None
    odd = _UNPRINTABLE.search(text)
    if odd:
        place, message = (
            _place_in(text, odd.start()),
            f"the character U+{ord(odd[0]):04X} is not allowed in YAML",
        )
        raise DocumentError([Problem(file, *place, "", message, 'write it as "\\x…" in double quotes')])
    return text


def _place_in(text: str, index: int) -> Mark:
    return Mark(text.count("\n", 0, index) + 1, len(text[:index].rpartition("\n")[2]) + 1)


def _syntax_problem(error: yaml.YAMLError, file: str) -> Problem:
    position = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    told = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None)
    place = Mark(position.line + 1, position.column + 1) if position else Mark(1, 1)
    hint = next((hint for part, hint in _HINTS.items() if part in told), "")
    return Problem(file, *place, "", f"not valid YAML: {told}{f' {context}' if context else ''}", hint)


def _typed(text: str) -> Any:
    """A plain scalar as YAML 1.2 types it, numbers in decimal only and without leading zeros."""
    match = _TYPED.fullmatch(text)
    match match.lastgroup if match else None:
        case "null":
            return None
        case "true" | "false" as truth:
            return truth == "true"
        case "int":
            return int(text)
        case "float":
            return float(text) if math.isfinite(float(text)) else text
        case _:
            return text


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come; `key` is the mapping's key that waits for its value."""

    part: Part
    anchor: str | None
    key: str | None = None
    key_mark: Mark = WHOLE_FILE
    merging: bool = False
    """The key is the plain `<<`."""
    merges: list[Part] = field(default_factory=list)


@dataclass
class _Composer:
    """Builds the parts of every document of one file from the parser's events."""

    file: str
    problems: list[Problem]
    documents: list[Part] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, Part | None] = field(default_factory=dict)
    """None while the value behind the anchor is still open."""
    aliases: int = 0
    aliased: int = 0
    values: int = 0

    def read(self, text: str) -> None:
        take: Mapping[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: lambda event: self.start(event, {}),
            yaml.SequenceStartEvent: lambda event: self.start(event, []),
            yaml.MappingEndEvent: self.end,
            yaml.SequenceEndEvent: self.end,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.begin,
        }
        for event in yaml.parse(text, Loader=_PARSER):
            taken_by = take.get(type(event))
            if taken_by:
                taken_by(event)

    def begin(self, _: Any) -> None:
        self.anchors, self.aliases, self.aliased = {}, 0, 0

    def problem(self, mark: Mark, message: str, hint: str = "") -> Problem:
        path = path_text(tuple(_key_of(level) for level in self.open))
        return Problem(self.file, *mark, path, message, hint)

    def scalar(self, event: Any) -> None:
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        holder = self.open[-1] if self.open else None
        if holder and holder.key is None and type(holder.part.value) is dict:
            self.key(holder, event, mark)
            return
        self.check_tag(event, mark)
        plain = event.implicit[0] and event.tag is None
        value = _typed(event.value) if plain else event.value
        self.finish(Part(value, mark, event.value), event.anchor)

    def key(self, holder: _Open, event: Any, mark: Mark) -> None:
        """A key is a text, whatever it looks like; the plain `<<` merges what follows it."""
        name: str = event.value
        holder.key, holder.key_mark = name, mark
        holder.merging = name == "<<" and event.implicit[0]
        if not holder.merging and holder.part.keys.setdefault(name, mark) is not mark:
            first = holder.part.keys[name]
            message = f"duplicate key {quoted(name)}, first used at {first}"
            self.problems.append(self.problem(mark, message, "keep one of them"))

    def start(self, event: Any, empty: Any) -> None:
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        self.check_key(mark)
        self.check_tag(event, mark)
        self.check_depth(mark, 1)
        self.open.append(_Open(Part(empty, mark), event.anchor))
        if event.anchor:
            self.anchors[event.anchor] = None

    def end(self, _: Any) -> None:
        ended = self.open.pop()
        for merged in ended.merges:
            self.merge(ended.part, merged)
        self.finish(ended.part, ended.anchor)

    def merge(self, into: Part, merged: Part) -> None:
        """Take the keys that `into` does not have itself."""
        for key, part in merged.parts.items():
            if key not in into.parts:
                into.add(key, part)
                into.keys[str(key)] = merged.keys[str(key)]

    def alias(self, event: Any) -> None:
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        self.check_key(mark)
        part = self.anchors.get(event.anchor)
        if part is None:
            wrong = "contains itself" if event.anchor in self.anchors else "has no anchor before it"
            raise DocumentError([self.problem(mark, f"the alias *{event.anchor} {wrong}")])
        self.aliases += 1
        self.aliased += part.size
        if self.aliases > MAX_ALIASES or self.aliased > MAX_ALIASED:
            message = f"more than {MAX_ALIASES:,} aliases, or more than {MAX_ALIASED:,} values in place of them"
            raise DocumentError([self.problem(mark, message, "write the values out")])
        self.check_depth(mark, part.height)
        self.finish(part, None)

    def finish(self, part: Part, anchor: str | None) -> None:
        """Put a complete value where it belongs."""
        self.values += 1
        if self.values > MAX_VALUES:
            message = f"the file contains more than {MAX_VALUES:,} values"
            raise DocumentError([self.problem(part.mark, message, "split it into several stacks")])
        if anchor:
            self.anchors[anchor] = part
        if not self.open:
            self.documents.append(part)
            return
        holder = self.open[-1]
        holder.part.size += part.size
        holder.part.height = max(holder.part.height, part.height + 1)
        if type(holder.part.value) is list:
            holder.part.add(len(holder.part.value), part)
        else:
            self.place(holder, part)

    def place(self, holder: _Open, part: Part) -> None:
        key, holder.key = str(holder.key), None
        if holder.merging:
            holder.merges += self.mergeable(holder, part)
        elif key not in holder.part.parts:
            holder.part.add(key, part)

    def mergeable(self, holder: _Open, part: Part) -> list[Part]:
        parts = list(part.parts.values()) if isinstance(part.value, list) else [part]
        if all(isinstance(item.value, dict) for item in parts):
            return parts
        message = "<< takes a mapping, or a list of mappings, usually an alias"
        self.problems.append(self.problem(holder.key_mark, message))
        return []

    def check_key(self, mark: Mark) -> None:
        holder = self.open[-1] if self.open else None
        if holder and holder.key is None and type(holder.part.value) is dict:
            message = "a key must be a string, found a list, a mapping or an alias"
            raise DocumentError([self.problem(mark, message, 'quote a key that begins with "[", "{" or "*"')])

    def check_tag(self, event: Any, mark: Mark) -> None:
        if event.tag not in _PLAIN_TAGS:
            message = f"the YAML tag {event.tag} is not supported"
            self.problems.append(self.problem(mark, message, 'quote a string that begins with "!"'))

    def check_depth(self, mark: Mark, height: int) -> None:
        if len(self.open) + height > MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise DocumentError([Problem(self.file, *mark, "", message)])


def _key_of(level: _Open) -> str | int:
    return level.key or "" if isinstance(level.part.value, dict) else len(level.part.value)
