"""One writer a stack among the programs of a machine: a lock that ends with whoever holds it, however that ends.

    <folder>/<name>.lock      locked by its holder (flock), who says in it who that is

The folder is one for all programs of the machine, whoever started them and wherever their memory is kept.
"""

import errno
import fcntl
import json
import os
import socket
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from controller.core.model.cloud import HoldfastError
from controller.core.model.store import Tell
from controller.engine.store import file_name

_SHARED_FOLDER, _SHARED_FILE = 0o1777, 0o666
_MOST_BYTES = 4096


@dataclass
class Held(HoldfastError):
    """Another program of this machine writes this stack: nothing was written."""

    stack: str
    holder: str

    def __str__(self) -> str:
        return (
            f"stack {self.stack} is locked by {self.holder}; "
            "only one process at a time may write to a stack, so this one did not"
        )


@dataclass
class Locks:
    """The locks of this program. Asked by one thread."""

    folder: Path
    command: str
    """What others are told that this program is."""
    tell: Tell
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    held: dict[str, int] = field(default_factory=dict)
    """The open files by their names."""
    trouble: str = ""
    """Why nothing could be locked, as said last."""

    def claim(self, name: str) -> str:
        """Keep all others from this name, from now on; who keeps us from it, or nothing.

        Where nothing can be locked, nobody is kept from anything: that is said once, for work goes on.
        """
        try:
            with self.opened() as folder:
                holder = "" if self.holds(name, folder) else self.take(name, folder)
        except OSError as error:
            self.tell_trouble(error.strerror or type(error).__name__)
            return ""
        self.trouble = ""
        return holder

    def keep(self, names: Iterable[str]) -> None:
        """Let go what is not among these."""
        for name in self.held.keys() - set(names):
            self.let_go(name)

    def release(self) -> None:
        """Let all go."""
        self.keep(())

    def holds(self, name: str, folder: int) -> bool:
        """Whether this program has the name. A lock whose file was cleaned away, as from `/tmp`, locks nothing."""
        if name not in self.held:
            return False
        if _is_at(self.held[name], _file_of(name), folder):
            os.utime(self.held[name])  # it is in use: whoever cleans up by age leaves it alone
            return True
        os.close(self.held.pop(name))
        return False

    def take(self, name: str, folder: int) -> str:
        """Lock the file of a name; who has locked it already, or nothing. Raises `OSError`."""
        while True:
            with ExitStack() as opened:
                descriptor = _open_file(_file_of(name), folder)
                opened.callback(os.close, descriptor)
                if not _locked(descriptor):
                    return _told(descriptor)
                if _is_at(descriptor, _file_of(name), folder):  # else it was let go, and removed, a moment ago
                    opened.pop_all()
                    self.held[name] = descriptor
                    self.sign(descriptor)
                    return ""

    def sign(self, descriptor: int) -> None:
        """Say in the file who holds it; a full disk makes the lock no weaker."""
        since = self.now().isoformat(timespec="seconds")
        who = {"command": self.command, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(who).encode(), 0)

    def let_go(self, name: str) -> None:
        """The file goes first: who has opened it meanwhile sees that it is not the one that counts."""
        descriptor = self.held.pop(name)
        with suppress(OSError), self.opened() as folder:
            if _is_at(descriptor, _file_of(name), folder):
                os.unlink(_file_of(name), dir_fd=folder)
        os.close(descriptor)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """The folder, made for all users where it is missing. Raises `OSError`."""
        with suppress(FileExistsError):
            self.folder.mkdir(parents=True)
            self.folder.chmod(_SHARED_FOLDER)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield folder
        finally:
            os.close(folder)

    def tell_trouble(self, reason: str) -> None:
        """Nothing can be locked: once for each reason."""
        if self.trouble != reason:
            follows = "continuing without locks: other processes on this machine can write to the same stacks"
            self.tell("no lock", path=str(self.folder), reason=reason, follows=follows)
        self.trouble = reason


def _file_of(name: str) -> str:
    return f"{file_name(name)}.lock"


def _locked(descriptor: int) -> bool:
    """Whether the file is locked by us now. Raises `OSError` where that cannot be said."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_file(name: str, folder: int) -> int:
    """The file of a lock, made where it is missing. Raises `OSError`."""
    flags = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        # Not made and opened in one: Linux lets nobody do that with another's file in a folder for all.
        with suppress(FileNotFoundError):
            return _checked(os.open(name, flags, dir_fd=folder))
        with suppress(FileExistsError):
            descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL, _SHARED_FILE, dir_fd=folder)
            os.fchmod(descriptor, _SHARED_FILE)
            return descriptor


def _checked(descriptor: int) -> int:
    """A file that nothing else is: what is written into it must not end in somebody's own. Raises `OSError`."""
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_nlink <= 1:
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "the file there is not a lock")


def _is_at(descriptor: int, name: str, folder: int) -> bool:
    """Whether the open file is the one that has the name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _told(descriptor: int) -> str:
    """Who holds a lock, in its own words; who has not said it yet is another program."""
    try:
        said = json.loads(os.pread(descriptor, _MOST_BYTES, 0))
        return "`{command}`, pid {pid} on {host}, since {since}".format_map(said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "another process on this machine"
