"""Memory on disk: whole or as it was, of this stack and no other, and never a reason to end."""

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.core.model.store import Nowhere
from controller.engine import store
from controller.engine.store import Folder
from controller.report.secrecy import Secrets
from tests.engine.harness import Listener, names

ACCOUNT, REGION = "123456789012", "eu-west-1"
RECORD = {"ids": {"Vpc/main": "vpc-0123456789abcdef0"}, "seen": ["Vpc/main"], "since": {"Vpc/main": 1_750_000_000.5}}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def listener() -> Listener:
    """Hears what the folder says."""
    return Listener()


@pytest.fixture
def folder(tmp_path: Path, listener: Listener) -> Folder:
    """A folder that is not there yet."""
    return Folder(tmp_path / "state", ACCOUNT, REGION, "", "1.2.3", lambda text: text, listener)


def again(folder: Folder, **changes: Any) -> Folder:
    """The same folder in a program that was just started."""
    return replace(folder, unusable={}, unsaved={}, **changes)


def put(folder: Folder, content: bytes, stack: str = "web") -> Path:
    """Somebody writes this where a stack's memory is kept."""
    folder.save(stack, RECORD)
    folder.path(stack).write_bytes(content)
    return folder.path(stack)


def edited(folder: Folder, **changes: Any) -> bytes:
    """A good file with other entries."""
    folder.save("web", RECORD)
    return json.dumps({**json.loads(folder.path("web").read_bytes()), **changes}).encode()


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can be written to its end."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


# --- what is kept ---


def test_what_was_saved_is_loaded_after_a_restart(folder: Folder, listener: Listener) -> None:
    """Every value of JSON comes back as it was; each stack has its own."""
    assert folder.load("web") is None
    folder.save("web", RECORD)
    folder.save("api", {"none": None, "list": [1, 2.5, True, {"ü": "\ud800"}]})
    assert RECORD == again(folder).load("web")
    assert {"none": None, "list": [1, 2.5, True, {"ü": "\ud800"}]} == again(folder).load("api")
    assert [] == listener.said


def test_the_last_one_counts(folder: Folder) -> None:
    """A record replaces the one before, and nothing else is left in the folder."""
    for number in range(3):
        folder.save("web", {"number": number})
    assert {"number": 2} == folder.load("web")
    assert ["web.json"] == names(folder.path("web").parent)


def test_what_is_forgotten_is_gone(folder: Folder, listener: Listener) -> None:
    """Also where there is nothing to forget; the other stacks stay."""
    folder.forget("web")
    folder.save("web", RECORD)
    folder.save("api", RECORD)
    folder.forget("web")
    folder.forget("web")
    assert (None, RECORD) == (folder.load("web"), folder.load("api"))
    assert [] == listener.said


def test_none_keeps_nothing() -> None:
    """Whoever wants no memory has a store all the same."""
    nowhere = Nowhere()
    nowhere.save("web", RECORD)
    nowhere.forget("web")
    assert nowhere.load("web") is None


def test_a_file_says_whose_it_is(folder: Folder) -> None:
    """Whoever finds it knows its form, which program wrote it, and of which stack it is."""
    folder.save("web", RECORD)
    wanted = {"format": 1, "account": ACCOUNT, "endpoint": "", "region": REGION, "stack": "web", "version": "1.2.3"}
    assert {**wanted, "record": RECORD} == json.loads(folder.path("web").read_bytes())


def test_only_the_user_may_read_it(folder: Folder) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        folder.save("web", RECORD)
    finally:
        os.umask(before)
    path = folder.path("web")
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert {0o700} == {stat.S_IMODE(each.stat().st_mode) for each in list(path.parents)[:3]}


def test_accounts_regions_and_endpoints_are_kept_apart(folder: Folder) -> None:
    """What is remembered of one is never taken for the other's."""
    others = [
        {"account": "210987654321"},
        {"region": "eu-west-2"},
        {"endpoint": "0a1b2c3d"},
        {"endpoint": "4e5f6071"},
    ]
    folders = [folder, *(again(folder, **each) for each in others)]
    for number, each in enumerate(folders):
        assert each.load("web") is None
        each.save("web", {"number": number})
    assert [{"number": number} for number in range(5)] == [again(each).load("web") for each in folders]


@pytest.mark.parametrize("name", ["..", ".", "../../etc", "a/b", "web\0", "x" * 40, "ü", "%2E"])
def test_no_name_leads_out_of_the_folder(folder: Folder, tmp_path: Path, name: str) -> None:
    """Whatever the names of stack, region and account are, their files are where all files are."""
    for each in (folder, again(folder, region=name), again(folder, account=name)):
        each.save(name, RECORD)
        assert RECORD == again(each).load(name)
    assert {"state"} == set(names(tmp_path))
    found = [path for path in folder.root.rglob("*") if path.is_file()]
    assert [3] * 3 == [len(path.relative_to(folder.root).parts) for path in found]


def test_no_secret_gets_into_a_file(folder: Folder) -> None:
    """Neither as a value or a key at any depth, nor within a text; what is left is JSON that can be loaded."""
    secrets = Secrets()
    for secret in ("hunter2hunter2", 'qu"ote\\d', "1750000000", "true", "rec"):
        secrets.conceal(secret)
    kept = again(folder, scrub=secrets.scrub)
    kept.save("web", {"a": ["see hunter2hunter2", {'qu"ote\\d': 'x qu"ote\\d'}], "true": "rec", "at": 1_750_000_000})
    text = folder.path("web").read_text()
    assert not [secret for secret in ("hunter2", 'qu\\"ote', "quote") if secret in text]
    wanted = {"a": ["see (secret)", {"(secret)": "x (secret)"}], "(secret)": "(secret)", "at": 1_750_000_000}
    assert wanted == again(folder).load("web")


# --- what cannot be used ---

UNUSABLE = {
    "empty": b"",
    "cut": b'{"format":1,"account":"123456789012","rec',
    "garbage": bytes(range(256)),
    "a list": b"[1]",
    "deep": b"[" * 100_000,
    "a huge number": b'{"format":1,"record":{"n":' + b"9" * 5000 + b"}}",
    "without a record": json.dumps(
        {"format": 1, "account": ACCOUNT, "endpoint": "", "region": REGION, "stack": "web"}
    ).encode(),
}
FOREIGN: dict[str, dict[str, Any]] = {
    "newer": {"format": 2},
    "older": {"format": 0},
    "of another account": {"account": "210987654321"},
    "of another region": {"region": "eu-west-2"},
    "of another stack": {"stack": "api"},
    "of another endpoint": {"endpoint": "0a1b2c3d"},
    "with a record that is none": {"record": 5},
}


def refused(folder: Folder, listener: Listener) -> Mapping[str, Any]:
    """Nothing is remembered, that is said once, and the next save is kept; gives what was said."""
    fresh = again(folder)
    assert [None, None] == [fresh.load("web"), fresh.load("web")]
    [(event, keys)] = listener.said
    assert ("memory not usable", str(folder.path("web"))) == (event, keys["path"])
    assert keys["reason"]
    fresh.save("web", {"number": 1})
    assert {"number": 1} == fresh.load("web") == again(folder).load("web")
    assert 1 == len(listener.said)
    return keys


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_memory_is_put_aside(folder: Folder, listener: Listener, content: bytes) -> None:
    """Nothing of it is used; it is still there for whoever wants to know what happened."""
    path = put(folder, content)
    refused(folder, listener)
    assert content == path.with_suffix(".unusable").read_bytes()


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=FOREIGN)
def test_what_is_anothers_is_put_aside(folder: Folder, listener: Listener, changes: dict[str, Any]) -> None:
    """Another version's file, or one that was copied to the wrong place, is neither used nor lost."""
    content = edited(folder, **changes)
    path = put(folder, content)
    keys = refused(folder, listener)
    assert next(iter(changes)) in keys["reason"]
    assert content == path.with_suffix(".unusable").read_bytes()


def test_what_is_huge_is_not_read(folder: Folder, listener: Listener) -> None:
    """A file that would fill the memory of the machine is put aside unread."""
    os.truncate(put(folder, b""), store.MOST_BYTES + 1)
    assert "MiB" in refused(folder, listener)["reason"]


def test_what_is_no_file_is_put_aside(folder: Folder, listener: Listener) -> None:
    """A folder in the place of a file."""
    path = put(folder, b"")
    path.unlink()
    path.mkdir()
    (path / "x").touch()
    refused(folder, listener)
    assert (path.with_suffix(".unusable") / "x").exists()


def test_a_fifo_is_not_waited_for(folder: Folder, listener: Listener) -> None:
    """Nobody ever writes into it."""
    path = put(folder, b"")
    path.unlink()
    os.mkfifo(path)
    refused(folder, listener)


def test_a_link_is_not_followed(folder: Folder, listener: Listener, tmp_path: Path) -> None:
    """What it leads to is neither read nor written."""
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(edited(folder))
    path = put(folder, b"")
    path.unlink()
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    assert "it is a symbolic link" == refused(folder, listener)["reason"]
    assert before == elsewhere.read_bytes()


def test_a_linked_folder_is_not_entered(folder: Folder, listener: Listener, tmp_path: Path) -> None:
    """What somebody put in the way of the folder leads nowhere; the root itself may be a link of the user's own."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "state")
    (tmp_path / "state" / ACCOUNT).symlink_to(tmp_path / "elsewhere")
    linked = again(folder, root=tmp_path / "link")
    linked.save("web", RECORD)
    assert linked.load("web") is None
    assert ["memory not kept", "memory not usable"] == listener.events
    assert [] == names(tmp_path / "elsewhere")
    honest = again(folder, root=tmp_path / "link", account="210987654321")
    honest.save("web", RECORD)
    assert RECORD == honest.load("web")


def test_what_may_not_be_read_is_put_aside(
    folder: Folder, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permissions are no reason to end."""
    folder.save("web", RECORD)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", _denied)
        assert again(folder).load("web") is None
    assert ["memory not usable"] == listener.events
    assert "Permission denied" == listener.said[0][1]["reason"]


def _denied(*_: Any, **__: Any) -> None:
    raise PermissionError(13, "Permission denied")


# --- what cannot be written ---


def test_a_full_disk_loses_nothing(folder: Folder, listener: Listener) -> None:
    """What was kept before stays, whole, and nothing else does; it is said once, and once more when it is over."""
    for stack in ("web", "api"):
        folder.save(stack, RECORD)
    with full_disk():
        for _ in range(2):
            for stack in ("web", "api"):
                folder.save(stack, {"number": 2})
    assert ["memory not kept"] == listener.events
    assert [RECORD] * 2 == [again(folder).load(stack) for stack in ("web", "api")]
    assert ["api.json", "web.json"] == names(folder.path("web").parent)
    for stack in ("web", "api"):
        folder.save(stack, {"number": 3})
    assert ["memory not kept", "memory kept again"] == listener.events
    assert {"number": 3} == again(folder).load("api")


def test_a_trouble_of_one_stack_is_none_of_the_others(folder: Folder, listener: Listener) -> None:
    """They are kept, and nothing is said of theirs."""
    folder.save("web", RECORD)
    folder.path("api").mkdir()
    for _ in range(3):
        folder.save("api", RECORD)
        folder.save("web", {"number": 2})
    assert ["memory not kept"] == listener.events
    assert {"number": 2} == again(folder).load("web")


@pytest.mark.parametrize("taken", ["state", f"state/{ACCOUNT}", f"state/{ACCOUNT}/{REGION}"])
def test_a_place_that_cannot_be_used_ends_nothing(
    folder: Folder, listener: Listener, tmp_path: Path, taken: str
) -> None:
    """There is no memory then, which is said once for each of both ways."""
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).touch()
    for _ in range(2):
        assert folder.load("web") is None
        folder.save("web", RECORD)
    folder.forget("web")
    assert ["memory not usable", "memory not kept", "memory could not be removed"] == listener.events


def test_a_folder_that_may_only_be_read_still_remembers(
    folder: Folder, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in it is used; that nothing is kept any more is said once."""
    folder.save("web", RECORD)
    opens = os.open

    def only_reads(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system")
        return opens(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", only_reads)
    fresh = again(folder)
    assert RECORD == fresh.load("web")
    for stack in ("web", "api", "web"):
        fresh.save(stack, {"number": 2})
    assert ["memory not kept"] == listener.events
    assert RECORD == fresh.load("web")


def test_what_a_killed_program_left_unfinished_is_swept_up(folder: Folder) -> None:
    """Once it is old; what another program is writing now, and what is not ours, stays."""
    folder.save("web", RECORD)
    inside = folder.path("web").parent
    old, young, foreign = (inside / name for name in (".web.json.dead", ".web.json.beef", ".web-b.json.dead"))
    for path in (old, young, foreign):
        path.touch()
    for path in (old, foreign):
        os.utime(path, (0, 0))
    folder.save("web", RECORD)
    assert (False, True, True) == (old.exists(), young.exists(), foreign.exists())


# --- several programs, and none that lives ---

WRITER = """
import sys
from pathlib import Path
from controller.engine.store import Folder
folder = Folder(Path(sys.argv[1]), "123456789012", "eu-west-1", "", "1", lambda text: text, print)
number = int(sys.argv[2])
while number < int(sys.argv[3]):
    folder.save("web", {"number": number, "whole": [number] * 5000})
    sys.stdout.write(".")
    sys.stdout.flush()
    number += 1
"""


@contextmanager
def writer(folder: Folder, first: int, end: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that saves records with the numbers from `first` on, and says a dot for each that is on disk."""
    words = [sys.executable, "-c", WRITER, str(folder.root), str(first), str(end)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as started:
        try:
            yield started
        finally:
            started.kill()


def number_of(found: Mapping[str, Any] | None) -> int:
    """The number of a record, which has to be whole."""
    assert found is not None
    assert [found["number"]] * 5000 == found["whole"]
    return int(found["number"])


@pytest.mark.parametrize("saved", range(1, 13))
def test_a_kill_while_writing_leaves_a_whole_file(folder: Folder, listener: Listener, saved: int) -> None:
    """At whatever moment: it holds the last save that ended, or the one after, and the next start goes on."""
    with writer(folder, 1, sys.maxsize) as started:
        assert started.stdout is not None
        assert b"." * saved == started.stdout.read(saved)
        started.kill()
        started.wait()
        told = saved + len(started.stdout.read())
    assert number_of(folder.load("web")) in (told, told + 1)
    folder.save("web", RECORD)
    assert RECORD == again(folder).load("web")
    assert [] == listener.said


def test_two_programs_at_once_never_mix(folder: Folder, listener: Listener) -> None:
    """Whoever reads beside two that write sees a whole record of one of them, and the last one stays."""
    with writer(folder, 0, 150) as one, writer(folder, 1000, 1150) as other:
        assert one.stdout is not None
        assert other.stdout is not None
        one.stdout.read(1)
        while one.poll() is None or other.poll() is None:
            number_of(folder.load("web"))
        assert (b"." * 149, b"." * 150) == (one.stdout.read(), other.stdout.read())
    assert number_of(folder.load("web")) in (149, 1149)
    assert ["web.json"] == names(folder.path("web").parent)
    assert [] == listener.said
