"""Programs that start at once: each is forked from one that has imported the commands already.

A process, its streams, the signals that it gets and the code that it ends with are real. That the interpreter starts
and reads all that it imports, most of a second, happens once for a worker. `run_process`, the containers and whatever
is about the start itself start the program as its users do.
"""

import gc
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from struct import Struct
from typing import NamedTuple, Protocol

_NUMBER = Struct("!i")

Streams = tuple[int, int, int]
"""What the program has as standard input, output and error."""


class Process(Protocol):
    """What runs, as a test sees it; the promises are `subprocess.Popen`'s."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Its exit code, once it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it has not ended."""

    def kill(self) -> None:
        """End it at once."""


class Forked:
    """A program of ours that was forked. Its keeper tells its number, and then its exit code."""

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], streams: Streams, session: bool = False
    ) -> None:
        self._told, tells = os.pipe()
        asked = json.dumps({"words": words, "environment": dict(environment), "session": session}).encode()
        forge = _forge()
        socket.send_fds(forge, [_NUMBER.pack(len(asked))], [*streams, tells])
        forge.sendall(asked)
        os.close(tells)
        self.pid = self._number()
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._code if self._code is not None or not self._ends_within(0) else self._end()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        if self._code is None and not self._ends_within(timeout):
            raise subprocess.TimeoutExpired("holdfast", timeout or 0)
        return self._end() if self._code is None else self._code

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _ends_within(self, seconds: float | None) -> bool:
        return bool(select.select([self._told], [], [], seconds)[0])

    def _end(self) -> int:
        self._code = self._number()
        os.close(self._told)
        return self._code

    def _number(self) -> int:
        (number,) = _NUMBER.unpack(os.read(self._told, _NUMBER.size))
        return int(number)


@cache
def _forge() -> socket.socket:
    """The way to the program that all others are forked from; it ends when nobody can ask it any more."""
    ours, its = socket.socketpair()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("PYTHONUNBUFFERED", None)
    words = [sys.executable, "-m", "tests.cli.starting", str(its.fileno())]
    started = subprocess.Popen(words, env=environment, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
    started.returncode = 0  # nobody waits for it
    its.close()
    return ours


# --- in the program that the others are forked from ---


class Asked(NamedTuple):
    """A program that is to be started."""

    words: list[str]
    environment: dict[str, str]
    session: bool
    streams: Streams
    tells: int


def main() -> int:
    """Fork whatever is asked for. Returns in each of them, with its exit code, and at last here."""
    forge = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    import controller.cli.commands.operator  # noqa: PLC0415  # here it is what costs
    import controller.cli.main  # noqa: F401, PLC0415

    gc.freeze()
    while asked := _next(forge):
        if os.fork() == 0:
            forge.close()
            return _kept(asked)
        for each in {*asked.streams, asked.tells}:
            os.close(each)
    return 0


def _next(forge: socket.socket) -> Asked | None:
    head, descriptors, _, _ = socket.recv_fds(forge, _NUMBER.size, 4)
    if not head:
        return None
    (size,), (reads, writes, complains, tells) = _NUMBER.unpack(head), descriptors
    return Asked(**json.loads(_all(forge, size)), streams=(reads, writes, complains), tells=tells)


def _all(forge: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += forge.recv(size - len(found))
    return found


def _kept(asked: Asked) -> int:
    """The keeper of one program tells how it ends; returns in the program itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    program = os.fork()
    if program == 0:
        return _run(asked)
    for each in asked.streams:
        os.close(each)
    os.write(asked.tells, _NUMBER.pack(program))
    _, status = os.waitpid(program, 0)
    os.write(asked.tells, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _run(asked: Asked) -> int:
    """The program, as if it had been started."""
    if asked.session:
        os.setsid()
    for number, stream in enumerate(asked.streams):
        os.dup2(stream, number)
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(asked.environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["holdfast", *asked.words]
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    random.seed()
    from controller.__main__ import main as run  # noqa: PLC0415  # as `python -m controller` does

    return run()


if __name__ == "__main__":
    raise SystemExit(main())
