"""Documents in files and folders, `-` being standard input, and the files beside them."""

import errno
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from controller.core.document.problem import WHOLE_FILE, Problem
from controller.core.document.source import LIMIT, MAX_BYTES, MAX_FILES, RELATIVE, SMALLER, Unreadable, shown

STANDARD_INPUT = Path("-")

Stamp = tuple[str | int, ...]


@dataclass
class LocalFiles:
    """A source: what these paths lead to, and what stands beside it. Every file is read once."""

    paths: Sequence[Path] = ()
    listed: tuple[Stamp, ...] = ()
    """The paths and all below them, as they were just before they were read."""
    stamps: dict[Path, Stamp] = field(default_factory=dict)
    """Every file and folder beside the documents that was looked at, there or not, as it was just before."""
    contents: dict[Path, bytes] = field(default_factory=dict)

    def documents(self, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
        """The documents of the files and folders; a file named twice is read once."""
        self.listed = _listed(self.paths)
        seen: set[Path] = set()
        for file in chain.from_iterable(_files(path, problems) for path in self.paths):
            with _telling(file, problems):
                place = file.resolve()
                if place not in seen:
                    seen.add(place)
                    yield _document(file)

    def changed(self) -> bool:
        """Whether anything is no longer as it was when it got its stamp."""
        beside = any(_stamp(path) != seen for path, seen in self.stamps.items())
        return beside or _listed(self.paths) != self.listed

    def beside(self, document: str, name: str) -> str:
        """What standard input names is in the working directory."""
        return str(Path(document).parent / name)

    def content(self, place: str) -> bytes:
        """What a file holds."""
        path = Path(place)
        if path not in self.contents:
            with _refusing(path):
                self.contents[path] = self._read(path)
        return self.contents[path]

    def _read(self, path: Path) -> bytes:
        mode = self._mode(path)
        if stat.S_ISDIR(mode):
            raise Unreadable(f"{shown(str(path))} is a folder", "a file is expected here")
        if not stat.S_ISREG(mode):
            raise Unreadable(f"{shown(str(path))} is not a regular file")
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Unreadable(f"{shown(str(path))} is larger than {LIMIT}", SMALLER)
        return content

    def below(self, folder: str) -> Mapping[str, str]:
        """Every file below a folder, also those behind links."""
        files: list[Path] = []
        top = Path(folder)
        with _refusing(top):
            if not stat.S_ISDIR(self._mode(top)):
                raise Unreadable(f"{shown(folder)} is a file", "a folder is expected here")
            for place in self._folders(top):
                files += [path for path in place.iterdir() if not path.is_dir()]
                if len(files) > MAX_FILES:
                    raise Unreadable(f"{shown(folder)} holds more than {MAX_FILES:,} files", SMALLER)
        return {path.relative_to(top).as_posix(): str(path) for path in files}

    def _folders(self, top: Path) -> Iterator[Path]:
        """The folder and all below it; a link that leads round in a circle is refused."""
        waiting = [top]
        while waiting:
            place = waiting.pop()
            self._mode(place)
            above = (parent.resolve() for parent in place.parents if parent.is_relative_to(top))
            if place.resolve() in above:
                raise Unreadable(f"{shown(str(place))} leads back to a folder that contains it", "remove the link")
            yield place
            waiting += [path for path in place.iterdir() if path.is_dir()]

    def _mode(self, path: Path) -> int:
        """What sort of thing it is; its stamp is taken before anything of it is read."""
        self.stamps.setdefault(path, _stamp(path))
        return path.stat().st_mode


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """The system's errors in words for people, for what a document names."""
    try:
        yield
    except FileNotFoundError:
        raise Unreadable(f"{shown(str(path))} does not exist", RELATIVE) from None
    except (OSError, ValueError) as error:
        at = str(getattr(error, "filename", None) or path)
        raise Unreadable(f"{shown(at)} cannot be read: {_reason(error)}") from None


@contextmanager
def _telling(path: Path, problems: list[Problem]) -> Iterator[None]:
    """The system's errors in words for people, for a document itself."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        at = getattr(error, "filename", None) or path
        problems.append(Problem(str(at), *WHOLE_FILE, "", f"cannot be read: {_reason(error)}"))


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return str(getattr(error, "strerror", None) or error).lower()


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    files: list[Path] = []
    with _telling(path, problems):
        files = list(_walk(path)) if path != STANDARD_INPUT and path.is_dir() else [path]
        if not files:
            hint = "documents are files that end in .yaml or .yml; hidden files are skipped"
            problems.append(Problem(str(path), *WHOLE_FILE, "", "the folder contains no documents", hint))
    return files


def _walk(folder: Path) -> Iterator[Path]:
    """The documents of a folder and the folders in it, in the order of names; no loop of links catches it."""
    waiting, entered = [folder], set()
    while waiting:
        path = waiting.pop()
        if path.is_dir() and path.resolve() not in entered:
            entered.add(path.resolve())
            shown_ones = (child for child in path.iterdir() if not child.name.startswith("."))
            waiting += sorted(shown_ones, reverse=True)
        elif path.suffix in (".yaml", ".yml") and not path.is_dir():
            yield path


def _document(file: Path) -> tuple[str, bytes]:
    """At most one byte more than a document may have."""
    if file == STANDARD_INPUT:
        return "<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1)
    if not stat.S_ISREG(file.stat().st_mode):  # a pipe that nobody writes to would never end
        raise OSError(
            errno.EINVAL, f"it is not a regular file; use `{STANDARD_INPUT}` to read standard input", str(file)
        )
    with file.open("rb") as opened:
        return str(file), opened.read(MAX_BYTES + 1)


def _listed(paths: Sequence[Path]) -> tuple[Stamp, ...]:
    """What changes when a document does: the files, and each one's place, times and size."""
    files: list[Path] = []
    for path in paths:
        try:
            files += sorted(path.rglob("*")) if path.is_dir() else [path]
        except (OSError, RuntimeError, ValueError):  # who reads it says so, at its place
            files.append(path)
    return tuple(map(_stamp, files))


def _stamp(path: Path) -> Stamp:
    """What changes when a file or folder does: its place, times and size."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # gone, or not readable: who reads it says so, at its place
        return str(path), getattr(error, "errno", None) or 0
    return str(path), status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
