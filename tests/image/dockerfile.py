"""A Dockerfile as its instructions, stage by stage: as much of the language as ours is written in."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FLAG = re.compile(r"--([\w-]+)=(\S+)\s+")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word, its flags, and the rest of it in one line."""

    word: str
    flags: tuple[tuple[str, str], ...]
    rest: str

    def flag(self, name: str) -> str:
        """The value of a flag, empty where it is not given."""
        return dict(self.flags).get(name, "")

    @property
    def words(self) -> list[str]:
        """The rest in the form of a JSON list, or as words."""
        if self.rest.startswith("["):
            words: list[str] = json.loads(self.rest)
            return words
        return shlex.split(self.rest)

    @property
    def pairs(self) -> dict[str, str]:
        """The rest as `name=value` pairs."""
        return dict(word.split("=", 1) for word in self.words)


@dataclass
class Stage:
    """What follows one `FROM`."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


@dataclass
class Dockerfile:
    """The arguments before the first stage, with their defaults, and the stages."""

    arguments: dict[str, str]
    stages: list[Stage]

    def last(self, word: str) -> Instruction:
        """The instruction of this word that is in force in the image."""
        return [each for each in self.stages[-1].instructions if each.word == word][-1]


def read(text: str) -> Dockerfile:
    """A Dockerfile from its text."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for each in _instructions(text):
        if each.word == "FROM":
            base, *named = each.words
            stages.append(Stage(replaced(base, arguments), named[1] if named else ""))
        elif stages:
            stages[-1].instructions.append(each)
        else:
            arguments |= each.pairs
    return Dockerfile(arguments, stages)


def _instructions(text: str) -> Iterator[Instruction]:
    """Lines that end in a backslash go on in the next one; comments may stand between."""
    kept = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    for line in kept.replace("\\\n", "").splitlines():
        word, _, rest = line.strip().partition(" ")
        flags, rest = [], rest.strip()
        while found := _FLAG.match(rest):
            flags.append((found[1], found[2]))
            rest = rest[found.end() :]
        yield Instruction(word.upper(), tuple(flags), rest)


def replaced(text: str, values: Mapping[str, str]) -> str:
    """A text with the values of its variables; what has none is empty."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], ""), text)
