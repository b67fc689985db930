"""How the tests run the commands: within this program where that is the same, as one of its own where it is not."""

import json
import logging
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from unittest.mock import patch

import structlog

from controller.cli.main import main
from emulators.ec2.elsewhere import READS
from emulators.ec2.server import Call, StrictEc2
from emulators.ec2.store import Members
from tests.cli.starting import Forked, Process, Streams

ROOT = Path(__file__).resolve().parents[2]
NETWORK = ROOT / "desired" / "network.yaml"
DEADLINE = 60.0
"""So long a condition is waited for before a test gives up; far longer than it ever takes."""
ESCAPE = "\x1b"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and all it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON document."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err


def run(*words: str | Path, stdin: bytes = b"") -> Ran:
    """The command within this program, with streams that are no terminal. Its logging ends with it."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with _own_logging(), patch.multiple(sys, stdout=out, stderr=err, stdin=TextIOWrapper(BytesIO(stdin), "utf-8")):
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Ran(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@contextmanager
def _own_logging() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("holdfast")
    handlers, level, own_level, configuration = root.handlers[:], root.level, ours.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        ours.setLevel(own_level)
        structlog.configure(**configuration)


def command(*words: str | Path) -> list[str]:
    """The words that start the command as a program of its own."""
    return [sys.executable, "-m", "controller", *map(str, words)]


def environment(**changes: str) -> dict[str, str]:
    """This program's environment, seen from a program that finds the checkout first."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
    given.pop("PYTHONUNBUFFERED", None)  # output is held back as it is by default, and has to be let go in time
    return given


def run_process(*words: str | Path, **changes: str) -> Ran:
    """The command as a program of its own, run to its end; `changes` are to its environment."""
    ended = subprocess.run(
        command(*words),
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=1.5 * DEADLINE,
        check=False,
    )
    return Ran(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def until(condition: Callable[[], Any], what: Callable[[], str], seconds: float = DEADLINE) -> Any:
    """What the condition gives once it gives something; a test never sleeps for a fixed time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what()}")


class Running:
    """A command that goes on, with what it has said so far. Leaving the context kills it."""

    def __init__(self, *words: str | Path, **changes: str) -> None:
        self.out, self.err = bytearray(), bytearray()
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        with open(os.devnull) as nothing:  # noqa: PTH123  # it has no folder
            self._started = self.start(list(map(str, words)), changes, (nothing.fileno(), its_out, its_err))
        os.close(its_out)
        os.close(its_err)
        self._ends = (out, err)
        pairs = ((out, self.out), (err, self.err))
        self._readers = [Thread(target=_drain, args=pair, daemon=True) for pair in pairs]

    def start(self, words: list[str], changes: Mapping[str, str], streams: Streams) -> Process:
        """What is started for these words of ours."""
        return Forked(words, environment(**changes), streams)

    def __enter__(self) -> Self:
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._started.kill()
        self.wait()
        for end in self._ends:
            os.close(end)

    @property
    def said(self) -> str:
        """Both streams so far."""
        return (self.out + self.err).decode()

    @property
    def log(self) -> list[dict[str, Any]]:
        """The whole lines of the log so far."""
        lines = self.err.decode().rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, event: str, **keys: Any) -> list[dict[str, Any]]:
        """The log lines of one event with these keys."""
        return [line for line in self.log if line["event"] == event and keys.items() <= line.items()]

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._started.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended and all it said is here."""
        code = self._started.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)
        return code

    def stop(self) -> tuple[int, float]:
        """Ask it to end, as a platform does: its exit code, and how many seconds that took."""
        began = time.monotonic()
        self.send(signal.SIGTERM)
        return self.wait(), time.monotonic() - began

    def address(self) -> str:
        """Where it serves, read from its log."""
        (started,) = until(lambda: self.logged("started"), lambda: f"it started: {self.said}")
        return str(started["metrics"]).removesuffix("/metrics")


def _drain(stream: int, into: bytearray) -> None:
    while chunk := os.read(stream, 65536):
        into.extend(chunk)


class Terminal:
    """A command on a terminal of its own, with all that appeared there."""

    def __init__(self, *words: str | Path, **changes: str) -> None:
        self.screen = ""
        self._master, slave = pty.openpty()
        settings = environment(TERM="xterm-256color", COLUMNS="140", LINES="50", **changes)
        self._started = Forked(list(map(str, words)), settings, (slave, slave, slave), session=True)
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._started.kill()
        self._started.wait(DEADLINE)
        os.close(self._master)

    def sees(self, text: str) -> None:
        """Wait until the text has appeared."""
        until(lambda: text in self._all(), lambda: f"{text!r} appears on\n{self.screen}")

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        os.write(self._master, text.encode())

    def send(self, number: int) -> None:
        """Send the command a signal."""
        self._started.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended and all it said is here."""
        until(lambda: (self._all(), self._started.poll())[1] is not None, lambda: f"it ends: {self.screen}")
        self._all()
        return self._started.wait(DEADLINE)

    def _all(self) -> str:
        while select.select([self._master], [], [], 0)[0]:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:  # the other side is closed
                break
            self.screen += chunk.decode(errors="replace")
        return self.screen


def fetch(url: str) -> tuple[int, str]:
    """Status and text of an answer over HTTP; status 0 where nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a test's own server
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def series(text: str, name: str, **labels: str) -> list[float]:
    """The values of the series with this name and at least these labels."""
    rows = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    return [float(value) for found, value in rows if wanted <= set(re.findall(r'\w+="[^"]*"', found))]


Account = StrictEc2
"""A whole account: what the tests of commands run against."""


@contextmanager
def unanswered(account: Account, operation: str) -> Iterator[Event]:
    """The account does what an operation asks, and does not answer before the event is set, or this is over."""
    go_on = Event()

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == operation and moment == "after":
            go_on.wait(DEADLINE)

    account.before_reply = hook
    yield go_on
    go_on.set()


def writes(server: Account) -> list[Call]:
    """The writes that were granted so far, in the order in which they came."""
    return [call for call in server.calls if not call.operation.startswith(READS) and call.error is None]


def operations(server: Account) -> list[str]:
    """The operations of those writes."""
    return [call.operation for call in writes(server)]


def things(server: Account) -> dict[str, int]:
    """How many things of ours there are, by the beginning of their ids."""
    mark = "holdfast.dev/stack"
    ours = {
        prefix: sum(any(tag["Key"] == mark for tag in thing.get("Tags") or ()) for thing in held.values())
        for prefix, held in server.world.things.items()
    }
    return {prefix: count for prefix, count in ours.items() if count}


def document(name: str = "small", resources: str = "Vpc: {main: {cidrBlock: 10.0.0.0/16}}", **spec: str) -> str:
    """A document with these resources, as flow or as lines that need no further margin."""
    given: Mapping[str, str] = {"region": "us-east-1", **spec}
    lines = [f"  {key}: {value}" for key, value in given.items()]
    inner = [f"    {line}" for line in resources.strip("\n").splitlines()]
    head = ["apiVersion: holdfast.dev/v1alpha1", "kind: Stack", f"metadata: {{name: {name}}}", "spec:"]
    return "\n".join([*head, *lines, "  resources:", *inner, ""])
