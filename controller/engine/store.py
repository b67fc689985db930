"""Where memory is kept between two starts: a folder of small files, one a stack. It is memory, never truth.

    <root>/<account>[-<endpoint>]/<region>/<stack>.json

A file is replaced as a whole or not at all, and no link within the folder is followed. Whatever is wrong with one, a
program goes on without it, and that is said once.
"""

import errno
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from controller.core.model.store import Tell, scrubbed

FORMAT = 1
"""The form of a file. What has another is not used, be it older or newer: what is lost is made up for by a look."""
MOST_BYTES = 64 * 2**20
"""No stack has so much to remember: 10,000 nodes take some megabytes."""
STALE_SECONDS = 3600.0
"""So old an unfinished file is one that a killed program left behind."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC


class _Unusable(Exception):
    """A file that is there, and why nothing of it is used."""


@dataclass
class Folder:
    """The files of one account and region, beside those of others below the same root."""

    root: Path
    account: str
    region: str
    endpoint: str
    """What tells this AWS from others: empty for AWS itself. Nothing of the one is taken for the other's."""
    version: str
    """The program's."""
    scrub: Callable[[str], str]
    """A text without the secrets that the program knows of."""
    tell: Tell
    unusable: dict[str, str] = field(default_factory=dict)
    """Why the file of a stack cannot be used, as said last."""
    unsaved: dict[str, str] = field(default_factory=dict)
    """Why a stack's memory is not on disk."""

    def load(self, stack: str) -> Mapping[str, Any] | None:
        """What the file of a stack holds, where it is of this stack and whole."""
        try:
            record = self.record(stack, self.read(stack))
        except FileNotFoundError:
            record = None
        except (OSError, _Unusable) as error:
            self.tell_unusable(stack, _reason(error))
            return None
        self.unusable.pop(stack, None)
        return record

    def save(self, stack: str, record: Mapping[str, Any]) -> bool:
        """Replace the file of a stack; what could not be used of the one before is kept beside it."""
        content = {**self.header(stack), "version": self.version, "record": scrubbed(record, self.scrub)}
        written = json.dumps(content, separators=(",", ":")).encode()
        try:
            with self.opened(make=True) as folder:
                self.set_aside(stack, folder)
                _sweep(folder, stack)
                _replace(folder, _file_of(stack), written)
        except OSError as error:
            self.tell_unsaved(stack, _reason(error))
            return False
        self.tell_saved(stack)
        return True

    def forget(self, stack: str) -> None:
        """Remove the file of a stack."""
        try:
            with self.opened() as folder:
                os.unlink(_file_of(stack), dir_fd=folder)
                os.fsync(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            self.tell("memory could not be removed", path=str(self.path(stack)), reason=_reason(error))

    # --- what a file holds ---

    def header(self, stack: str) -> dict[str, Any]:
        """What a file says of itself, and has to say of this stack."""
        whose = {"account": self.account, "endpoint": self.endpoint, "region": self.region, "stack": stack}
        return {"format": FORMAT, **whose}

    def record(self, stack: str, content: bytes) -> Mapping[str, Any]:
        """What is remembered, out of a file. Raises `_Unusable`."""
        try:
            stored = json.loads(content)
        except (ValueError, RecursionError):
            stored = None
        if not isinstance(stored, dict) or "format" not in stored:
            raise _Unusable("it is not a memory file of Holdfast, or not a complete one")
        for key, wanted in self.header(stack).items():
            if stored.get(key) != wanted:
                raise _Unusable(f"its {key} is {str(stored.get(key))[:80]!r}, not {str(wanted)!r}")
        record = stored.get("record")
        if not isinstance(record, dict):
            raise _Unusable("it contains no record")
        return record

    # --- the files ---

    def path(self, stack: str) -> Path:
        """The file of a stack, for people."""
        return self.root.joinpath(*self.way(), _file_of(stack))

    def way(self) -> tuple[str, str]:
        """The folders from the root to the files."""
        return file_name(place_of(self.account, self.endpoint)), file_name(self.region)

    @contextmanager
    def opened(self, make: bool = False) -> Iterator[int]:
        """The folder of the files, entered step by step: what another put in the way of it is not followed."""
        if make:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in self.way():
                if make:
                    _make_folder(folder, name)
                inner = os.open(name, _DIRECTORY, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    def read(self, stack: str) -> bytes:
        """All that is in the file of a stack. Raises `OSError` or `_Unusable`."""
        with self.opened() as folder:
            # What is no file must not be waited for.
            descriptor = os.open(_file_of(stack), os.O_RDONLY | os.O_NONBLOCK | _FILE, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _Unusable("it is not a regular file")
            if status.st_size > MOST_BYTES:
                raise _Unusable(f"it is larger than {MOST_BYTES >> 20} MiB")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(MOST_BYTES)
        finally:
            os.close(descriptor)

    def set_aside(self, stack: str, folder: int) -> None:
        """Keep what could not be used for whoever wants to look into it; one for each stack."""
        if stack in self.unusable:
            with suppress(FileNotFoundError):
                os.rename(_file_of(stack), _aside_of(stack), src_dir_fd=folder, dst_dir_fd=folder)
            del self.unusable[stack]

    # --- what is said ---

    def tell_unusable(self, stack: str, reason: str) -> None:
        """A file cannot be used: once for each reason."""
        if self.unusable.get(stack) != reason:
            follows = f"it is ignored; the next write renames it to {_aside_of(stack)}"
            self.tell("memory not usable", path=str(self.path(stack)), reason=reason, follows=follows)
        self.unusable[stack] = reason

    def tell_unsaved(self, stack: str, reason: str) -> None:
        """Nothing can be written: once for all stacks that have the same trouble."""
        if reason not in self.unsaved.values():
            follows = "continuing; after a restart only what was saved earlier is remembered"
            self.tell("memory not kept", path=str(self.path(stack)), reason=reason, follows=follows)
        self.unsaved[stack] = reason

    def tell_saved(self, stack: str) -> None:
        """A trouble is over: once, when it is over for every stack that had it."""
        reason = self.unsaved.pop(stack, None)
        if reason is not None and reason not in self.unsaved.values():
            self.tell("memory kept again", path=str(self.path(stack)), after=reason)


def place_of(account: str, endpoint: str) -> str:
    """An account, told from those of the same number behind other endpoints; `endpoint` is empty for AWS itself."""
    return f"{account}-{endpoint}" if endpoint else account


def file_name(name: str) -> str:
    """A name as a single step of a path, whatever is in it. No two share one."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _file_of(stack: str) -> str:
    return f"{file_name(stack)}.json"


def _aside_of(stack: str) -> str:
    return f"{file_name(stack)}.unusable"


def _unfinished_of(stack: str) -> str:
    """How the names of files that are being written begin."""
    return f".{file_name(stack)}.json."


def _reason(error: Exception) -> str:
    """What is wrong, without the path, so that the same trouble is known by the same words."""
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.ELOOP:
        return "it is a symbolic link"
    return error.strerror or type(error).__name__


def _make_folder(parent: int, name: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
        os.fsync(parent)


def _replace(folder: int, name: str, content: bytes) -> None:
    """A file with this content under this name, on disk; until then the one before. Raises `OSError`."""
    unfinished = f".{name}.{uuid4().hex}"
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, 0o600, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.rename(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished, dir_fd=folder)
        raise
    os.fsync(folder)


def _sweep(folder: int, stack: str) -> None:
    """Remove what killed programs left unfinished; what another is writing now is younger."""
    begins, oldest = _unfinished_of(stack), time.time() - STALE_SECONDS
    for name in os.listdir(folder):
        if name.startswith(begins):
            with suppress(OSError):
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < oldest:
                    os.unlink(name, dir_fd=folder)
