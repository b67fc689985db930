"""The lock of a stack: one holder among the programs of a machine, and none that outlives its holder."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.engine import lock
from controller.engine.lock import Held, Locks
from controller.engine.reconcile import Intent
from tests.cli.kit import ROOT
from tests.clock import Patient
from tests.engine.harness import Account, Listener, names

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
HOLDER = """
import sys
from pathlib import Path
from controller.engine.lock import Locks
print(Locks(Path(sys.argv[1]), "holdfast run", print).claim("web"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def listener() -> Listener:
    """Hears what the locks say."""
    return Listener()


@pytest.fixture
def locks(tmp_path: Path, listener: Listener) -> Iterator[Locks]:
    """One program's; the folder is not there yet."""
    made = Locks(tmp_path / "locks", "holdfast run", listener, lambda: NOW)
    yield made
    made.release()


@pytest.fixture
def others(locks: Locks) -> Iterator[Locks]:
    """Those of another program: a lock belongs to the open file, so that the same process serves."""
    made = replace(locks, command="holdfast apply", held={})
    yield made
    made.release()


@contextmanager
def holder(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that has locked `web`."""
    words = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert b"\n" == started.stdout.readline()
        try:
            yield started
        finally:
            started.kill()


def test_who_comes_second_is_told_who_was_first(locks: Locks, others: Locks, listener: Listener) -> None:
    """By command, process, host and time; every time that it asks. Other names are free."""
    assert "" == locks.claim("web")
    told = f"`holdfast run`, pid {os.getpid()} on {socket.gethostname()}, since 2026-05-04T03:02:01+00:00"
    assert [told, told] == [others.claim("web"), others.claim("web")]
    assert "" == others.claim("api")
    assert f"stack web is locked by {told}" in str(Held("web", told))
    assert [] == listener.said


def test_a_holder_may_ask_again(locks: Locks, others: Locks) -> None:
    """It goes on holding, without a second file."""
    assert ["", ""] == [locks.claim("web"), locks.claim("web")]
    assert "" != others.claim("web")
    assert 1 == len(locks.held)


def test_what_is_let_go_is_free(locks: Locks, others: Locks) -> None:
    """What is kept stays held; at the end no file is left."""
    for name in ("web", "api"):
        locks.claim(name)
    locks.keep({"web", "never held"})
    assert ["", True] == [others.claim("api"), others.claim("web") != ""]
    locks.release()
    assert "" == others.claim("web")
    others.release()
    assert [] == names(locks.folder)


def test_a_killed_holder_leaves_no_lock(locks: Locks) -> None:
    """The next one has it, and says of itself that it does."""
    with holder(locks.folder) as started:
        assert f"pid {started.pid} on" in locks.claim("web")
        started.send_signal(signal.SIGKILL)
        started.wait()
    assert "" == locks.claim("web")
    assert str(os.getpid()) in (locks.folder / "web.lock").read_text()


def test_a_lock_is_not_inherited(locks: Locks, others: Locks) -> None:
    """What a holder starts, such as a credential process, does not hold it when the holder is gone."""
    locks.claim("web")
    words = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as started:
        assert started.stdout is not None
        started.stdout.readline()
        os.close(locks.held.pop("web"))
        assert "" == others.claim("web")
        started.kill()


def test_a_lock_that_was_cleaned_away_is_taken_anew(locks: Locks, others: Locks) -> None:
    """Whoever removes old files from a folder for all does not make two writers for longer than a round."""
    locks.claim("web")
    (locks.folder / "web.lock").unlink()
    assert "" == locks.claim("web")
    assert "" != others.claim("web")
    (locks.folder / "web.lock").unlink()
    assert "" == others.claim("web")
    assert "" != locks.claim("web")
    assert {} == locks.held


def test_a_lock_in_use_stays_young(locks: Locks) -> None:
    """What cleans up by age sees that it is in use."""
    locks.claim("web")
    os.utime(locks.folder / "web.lock", (0, 0))
    locks.claim("web")
    assert (locks.folder / "web.lock").stat().st_mtime > 0


def test_a_file_that_is_let_go_at_that_moment_is_not_taken_for_the_lock(
    locks: Locks, others: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening and locking, the holder can end and a third one begin: then the third one has it."""
    locks.claim("web")
    thirds = replace(locks, command="holdfast destroy", held={})
    opens, moments = lock._open_file, iter([True])

    def interrupted(name: str, folder: int) -> int:
        descriptor = opens(name, folder)
        if next(moments, False):
            locks.release()
            thirds.claim("web")
        return descriptor

    monkeypatch.setattr(lock, "_open_file", interrupted)
    assert "holdfast destroy" in others.claim("web")
    thirds.release()


def test_the_folder_is_for_all_users(locks: Locks) -> None:
    """Whatever the umask is; nobody may remove another's file."""
    before = os.umask(0o077)
    try:
        locks.claim("web")
    finally:
        os.umask(before)
    assert 0o1777 == stat.S_IMODE(locks.folder.stat().st_mode)
    assert 0o666 == stat.S_IMODE((locks.folder / "web.lock").stat().st_mode)


@pytest.mark.parametrize("said", [b"", b"x" * 5000, b"[1]", b"5", b'{"pid": 1}', b'{"command": {}}', b"\xff"])
def test_a_holder_that_does_not_say_who_it_is_holds_all_the_same(locks: Locks, others: Locks, said: bytes) -> None:
    """What it wrote is no more than a hint."""
    locks.claim("web")
    (locks.folder / "web.lock").write_bytes(said)
    assert "another process on this machine" == others.claim("web")


@pytest.mark.parametrize("name", ["../web", "a/b", ".", "..", "ü"])
def test_no_name_leads_out_of_the_folder(locks: Locks, tmp_path: Path, name: str) -> None:
    """Whatever the name is, its file is where all files are."""
    assert "" == locks.claim(name)
    assert ["locks"] == names(tmp_path)
    assert 1 == len(names(locks.folder))


def unlockable(folder: Path, how: str) -> None:
    """Put something in the way of the locks."""
    if how == "a file instead of the folder":
        folder.touch()
    elif how == "a link instead of the folder":
        (folder.parent / "elsewhere").mkdir()
        folder.symlink_to(folder.parent / "elsewhere")
    else:
        folder.mkdir()
        (folder.parent / "mine").write_text("precious")
        path = folder / "web.lock"
        block: dict[str, Callable[[], None]] = {
            "a link": lambda: path.symlink_to(folder.parent / "mine"),
            "a second name of a file": lambda: path.hardlink_to(folder.parent / "mine"),
            "a fifo": lambda: os.mkfifo(path),
            "a folder": path.mkdir,
        }
        block[how]()


@pytest.mark.parametrize(
    "how",
    [
        "a file instead of the folder",
        "a link instead of the folder",
        "a link",
        "a second name of a file",
        "a fifo",
        "a folder",
    ],
)
def test_where_nothing_can_be_locked_work_goes_on(locks: Locks, listener: Listener, how: str) -> None:
    """That is said once, and what somebody else put there is not touched."""
    unlockable(locks.folder, how)
    assert ["", ""] == [locks.claim("web"), locks.claim("web")]
    [(event, keys)] = listener.said
    assert ("no lock", str(locks.folder)) == (event, keys["path"])
    mine = locks.folder.parent / "mine"
    assert not mine.exists() or "precious" == mine.read_text()
    assert not (locks.folder.parent / "elsewhere" / "web.lock").exists()


def test_a_full_disk_weakens_no_lock(locks: Locks, others: Locks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who holds it cannot be said then."""

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    assert "" == locks.claim("web")
    assert "another process on this machine" == others.claim("web")


def test_no_file_stays_open(locks: Locks, others: Locks) -> None:
    """Neither of who is refused again and again, nor of who asks again and again."""
    locks.claim("web")
    before = len(names(Path("/dev/fd")))
    for _ in range(20):
        locks.claim("web")
        others.claim("web")
    assert before == len(names(Path("/dev/fd")))


# --- the loop ---


def test_a_stack_that_another_holds_is_left_alone_and_tried_again(account: Account) -> None:
    """Each round says so, nothing is read or written for it, the others go on; once it is free it has its pass."""
    held, free = (account.stack({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}, name) for name in ("held", "free"))
    controller = account.starts(Patient(account.clock, after=3))
    asked: list[str] = []

    def claim(stack: Any) -> str:
        asked.append(stack.name)
        return "`holdfast apply`" if stack.name == "held" and asked.count("held") < 3 else ""

    controller.claim = claim
    results = [{r.stack.name: r for r in controller.passes([held, free], Intent())} for _ in range(3)]
    assert [True, True, False] == [isinstance(each["held"].error, Held) for each in results]
    assert all(each["free"].done for each in results)
    assert 2 == account.operations().count("CreateVpc")
    assert 2 == [stack for stack, trouble in account.diary.passes if "holdfast apply" in trouble].count("held")


def test_a_look_that_nothing_follows_claims_nothing(account: Account) -> None:
    """`plan` beside `run` is free to look; a look before a write is not."""
    stack = account.stack({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}})
    controller = account.starts()
    controller.claim = lambda stack: "`holdfast run`"
    assert account.plan(stack, controller).steps
    [result] = controller.passes([stack], Intent(write=False, claim=True))
    assert isinstance(result.error, Held)
