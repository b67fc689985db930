"""What a build may take from the checkout: all that `.dockerignore` lets through."""

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

Rule = tuple[bool, str]
"""Whether a pattern takes back what earlier ones leave out, and the pattern."""


def rules(text: str) -> list[Rule]:
    """The rules of a `.dockerignore`, in order: the last that fits decides."""
    lines = [line.strip() for line in text.splitlines()]
    return [
        (line.startswith("!"), line.removeprefix("!").strip("/"))
        for line in lines
        if line and not line.startswith("#")
    ]


def let_through(root: Path, ignoring: list[Rule]) -> Iterator[str]:
    """The files of a folder that no rule leaves out, relative to it."""
    for folder, folders, files in os.walk(root):
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        folders[:] = sorted(name for name in folders if _may_hold(str(here / name), ignoring))
        yield from (path for name in sorted(files) if not ignored(path := str(here / name), ignoring))


def copy(root: Path, to: Path) -> None:
    """A clean copy of what a build may take."""
    for path in let_through(root, rules((root / ".dockerignore").read_text())):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, to / path, follow_symlinks=False)


def ignored(path: str, ignoring: list[Rule]) -> bool:
    """Whether a path is left out, by itself or with a folder that it is in."""
    parts = PurePosixPath(path)
    names = [path, *(str(each) for each in parts.parents if str(each) != ".")]
    out = False
    for takes_back, pattern in ignoring:
        if any(_compiled(pattern).fullmatch(name) for name in names):
            out = not takes_back
    return out


def _may_hold(folder: str, ignoring: list[Rule]) -> bool:
    below = any(takes_back and pattern.startswith(f"{folder}/") for takes_back, pattern in ignoring)
    return below or not ignored(folder, ignoring)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    forms = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(forms.get(part, re.escape(part)) for part in parts))
