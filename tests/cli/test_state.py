"""What the commands keep on their machine: the locks of the stacks that they write, and where memory goes."""

import os
import sys
import threading
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.steady import details, listings
from controller import __version__
from controller.aws.catalog import catalog
from controller.cli.arguments import LOCKS, parser
from controller.cli.state import own_folder, stores
from controller.cli.wiring import Parts, parts
from controller.core.document.loader import load
from controller.core.model.store import Nowhere, Store
from controller.engine.observe import kinds_of
from controller.engine.store import Folder
from controller.report.secrecy import scrub
from controller.sources.files import LocalFiles
from emulators.ec2.store import Fault, Members
from tests.cli.conftest import Write
from tests.cli.kit import (
    NETWORK,
    Account,
    Running,
    Terminal,
    document,
    operations,
    run,
    unanswered,
    until,
    writes,
)

QUICK = ("--interval", "0.2", "--address", "127.0.0.1:0")
ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.fixture
def stuck(ec2: Account) -> Iterator[threading.Event]:
    """The account makes a VPC and does not answer before the event is set: who makes it is at work as long."""
    with unanswered(ec2, "CreateVpc") as go_on:
        yield go_on


# --- one writer ---


@pytest.mark.parametrize("first", [("apply", "--yes"), ("run", *QUICK)], ids=["apply", "run"])
@pytest.mark.parametrize("second", [("apply", "--yes"), ("destroy", "--yes"), ("run", "--once")], ids=str)
def test_two_programs_do_not_write_one_stack(
    ec2: Account, stuck: threading.Event, write: Write, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """Who comes second is told who is at work, ends with 1, and has written nothing; where memory is matters not."""
    path = write()
    with Running(first[0], path, *first[1:], "--state", "none") as working:
        until(lambda: operations(ec2) == ["CreateVpc"], lambda: working.said)
        ran = run(second[0], path, *second[1:], "--state", path.parent / "elsewhere")
        stuck.set()
        assert 1 == ran.code
        assert f"`holdfast {first[0]}`, pid {working._started.pid} on " in ran.err
        assert ", since 20" in ran.err
        if first[0] == "apply":
            assert 0 == working.wait()
    assert ["CreateVpc"] == operations(ec2)
    assert 0 == run("apply", path, "--yes").code


def test_only_one_person_is_asked(ec2: Account, write: Write) -> None:
    """While one looks at the question, another does not get to see it; once it is answered, the stack is free."""
    path = write()
    with Terminal("apply", path) as terminal:
        terminal.sees("[y/N]")
        ran = run("apply", path, "--yes")
        assert 1 == ran.code
        assert "small: stack small is locked by `holdfast apply`, pid " in ran.err
        terminal.type("n\n")
        assert 1 == terminal.wait()
    assert [] == writes(ec2)
    assert 0 == run("apply", path, "--yes").code


def test_nothing_is_done_where_one_of_several_is_held(ec2: Account, stuck: threading.Event, write: Write) -> None:
    """A command over several stacks is not carried out in parts."""
    held, free = write("held"), write("free", "Vpc: {main: {cidrBlock: 10.1.0.0/16}}")
    with Running("apply", held, "--yes") as working:
        until(lambda: operations(ec2) == ["CreateVpc"], lambda: working.said)
        ran = run("apply", free, held, "--yes")
        stuck.set()
        assert (1, 0) == (ran.code, working.wait())
    assert "held: stack held is locked by" in ran.err
    assert ["CreateVpc"] == operations(ec2)


def test_looking_needs_no_lock(ec2: Account, stuck: threading.Event, write: Write) -> None:
    """`plan` and `graph` beside a program that writes."""
    path = write()
    with Running("apply", path, "--yes") as working:
        until(lambda: operations(ec2) == ["CreateVpc"], lambda: working.said)
        assert [0, 0] == [run(name, path).code for name in ("plan", "graph")]
        stuck.set()
        assert 0 == working.wait()


def test_run_goes_on_with_the_others_and_comes_back(ec2: Account, write: Write, tmp_path: Path) -> None:
    """What another program holds is an error in the log in each round, until it is free."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "free.yaml").write_text(document("free", "Vpc: {main: {cidrBlock: 10.1.0.0/16}}"))
    (folder / "held.yaml").write_text(document("held"))
    with Terminal("apply", folder / "held.yaml") as terminal:
        terminal.sees("[y/N]")
        with Running("run", folder, *QUICK) as running:
            until(lambda: len(running.logged("pass failed", stack="held")) >= 2, lambda: running.said)
            assert ["CreateVpc"] == operations(ec2)
            assert "`holdfast apply`" in running.logged("pass failed")[0]["reason"]
            terminal.type("n\n")
            until(lambda: operations(ec2) == ["CreateVpc"] * 2, lambda: running.said)
            assert [] == running.logged("pass failed", stack="free")
            assert 0 == running.stop()[0]


def test_run_lets_go_what_left_its_documents(ec2: Account, tmp_path: Path) -> None:
    """Whoever takes a stack's file away from a `run` can go on with it by hand."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("stays", "goes"):
        (folder / f"{name}.yaml").write_text(document(name))
    with Running("run", folder, *QUICK) as running:
        until(lambda: len(operations(ec2)) == 2, lambda: running.said)
        assert 1 == run("apply", folder / "goes.yaml", "--yes").code
        gone = (folder / "goes.yaml").rename(tmp_path / "goes.yaml")
        until(lambda: running.logged("stack left the documents, nothing of it is deleted"), lambda: running.said)
        until(lambda: run("apply", gone, "--yes").code == 0, lambda: running.said)
        assert 1 == run("apply", folder / "stays.yaml", "--yes").code


def test_other_accounts_regions_and_endpoints_are_other_stacks(ec2: Account, write: Write) -> None:
    """One name, and nothing in common."""
    path = write()
    with Account() as other, Terminal("apply", path) as terminal:
        terminal.sees("[y/N]")
        assert 1 == run("apply", path, "--yes").code
        with Running("apply", path, "--yes", AWS_ENDPOINT_URL=other.url) as elsewhere:
            assert 0 == elsewhere.wait()
        assert ["CreateVpc"] == operations(other)
    assert [] == writes(ec2)


@pytest.mark.parametrize("words", [("apply", "--yes"), ("destroy", "--yes"), ("run", "--once")], ids=str)
def test_where_nothing_can_be_locked_work_goes_on(
    ec2: Account, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """A read-only file system, for one: it is said once, however many stacks and passes there are."""
    (tmp_path / "taken").touch()
    monkeypatch.setenv("HOLDFAST_LOCKS", str(tmp_path / "taken"))
    ran = run(words[0], write("one"), write("two", "Vpc: {main: {cidrBlock: 10.1.0.0/16}}"), *words[1:])
    assert 0 == ran.code
    assert 1 == ran.err.count('"no lock"')
    assert str(tmp_path / "taken") in ran.err


def test_a_folder_of_locks_that_was_named_may_be_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As systemd makes them; unless one is named, it is the same for every user, wherever their files are."""
    (tmp_path / "link").symlink_to(tmp_path / "locks")
    monkeypatch.setenv("HOLDFAST_LOCKS", str(tmp_path / "link"))
    assert (tmp_path / "locks").resolve() == parser().parse_args(["run", "x.yaml"]).locks
    monkeypatch.delenv("HOLDFAST_LOCKS")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert LOCKS == parser().parse_args(["apply", "x.yaml"]).locks


def test_no_lock_is_left_behind(ec2: Account, write: Write) -> None:
    """After each command the folder is as before."""
    for words in (("apply", "--yes"), ("run", "--once"), ("destroy", "--yes")):
        assert 0 == run(words[0], write(), *words[1:]).code
        assert [] == list(Path(os.environ["HOLDFAST_LOCKS"]).iterdir())


# --- where memory is kept ---


def given(*words: str) -> Namespace:
    """What a command is told."""
    return parser().parse_args(["plan", "x.yaml", *words])


@pytest.fixture
def wired() -> Iterator[Parts]:
    """The parts of a command."""
    with parts() as made:
        yield made


def store(wired: Parts, *words: str) -> Store:
    """The store of one account and region."""
    return stores(given(*words), wired)(ACCOUNT, REGION)


def root_of(wired: Parts, *words: str) -> Path:
    """The folder that this store keeps its files below."""
    found = store(wired, *words)
    assert isinstance(found, Folder)
    return found.root


@pytest.mark.parametrize("name", ["plan", "apply", "destroy", "run", "graph"])
def test_each_command_with_a_memory_takes_the_option(name: str) -> None:
    """Those that look at AWS; the demo and the operator keep nothing on the machine."""
    assert "here" == parser().parse_args([name, "x.yaml", "--state", "here"]).state
    assert "--state DIR" in run(name, "--help").out
    assert 1 == run("demo", "--state", "here").code


def test_the_option_comes_before_the_variable(wired: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--state`, else HOLDFAST_STATE, else the user's own folder; `none` in each of the first two is none."""
    assert Path(os.environ["XDG_STATE_HOME"]) / "holdfast" == root_of(wired)
    monkeypatch.setenv("HOLDFAST_STATE", str(tmp_path / "variable"))
    assert tmp_path / "variable" == root_of(wired)
    assert tmp_path / "option" == root_of(wired, "--state", str(tmp_path / "option"))
    assert isinstance(store(wired, "--state", "none"), Nowhere)
    monkeypatch.setenv("HOLDFAST_STATE", "none")
    assert isinstance(store(wired), Nowhere)
    monkeypatch.setenv("HOLDFAST_STATE", "")
    assert Path(os.environ["XDG_STATE_HOME"]) / "holdfast" == root_of(wired)


def test_a_store_is_made_once_and_knows_whose_it_is(wired: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each account and region, with the endpoint that is in force, and with every secret left out."""
    made = stores(given(), wired)
    found = made(ACCOUNT, REGION)
    assert isinstance(found, Folder)
    assert (found, False) == (made(ACCOUNT, REGION), found is made(ACCOUNT, "eu-west-1"))
    assert (ACCOUNT, REGION, "", __version__, scrub) == (
        found.account,
        found.region,
        found.endpoint,
        found.version,
        found.scrub,
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    with parts() as elsewhere:
        other = stores(given(), elsewhere)(ACCOUNT, REGION)
    found.save("web", {"number": 1})
    assert (None, {"number": 1}) == (other.load("web"), found.load("web"))


@pytest.mark.parametrize(
    ("platform", "variables", "place"),
    [
        ("linux", {"HOME": "/home/me"}, "/home/me/.local/state/holdfast"),
        ("linux", {"HOME": "/home/me", "XDG_STATE_HOME": "/elsewhere"}, "/elsewhere/holdfast"),
        ("linux", {"HOME": "/home/me", "XDG_STATE_HOME": "relative"}, "/home/me/.local/state/holdfast"),
        ("darwin", {"HOME": "/Users/me"}, "/Users/me/Library/Application Support/holdfast"),
        ("darwin", {"HOME": "/Users/me", "XDG_STATE_HOME": "/elsewhere"}, "/elsewhere/holdfast"),
        ("linux", {"HOME": "/"}, None),
        ("linux", {"HOME": ""}, None),
        ("linux", {"HOME": "relative"}, None),
    ],
)
def test_the_users_own_folder(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], place: str | None
) -> None:
    """Where the platform keeps such things; a home that is none is none."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("XDG_STATE_HOME")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (Path(place) if place else None) == own_folder()


def test_a_user_without_a_home_is_told(wired: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work goes on and nothing is remembered; it is said once, with the way out."""

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", nobody)
    said: list[tuple[str, Any]] = []
    monkeypatch.setattr("controller.cli.state._warn", lambda event, **keys: said.append((event, keys["follows"])))
    made = stores(given(), wired)
    assert all(isinstance(made(ACCOUNT, region), Nowhere) for region in ("us-east-1", "eu-west-1"))
    assert [("no memory", "nothing is remembered; name a folder with --state DIR")] == said


def test_a_person_does_not_wait_for_what_failed_earlier(ec2: Account, write: Write) -> None:
    """A refused write is not tried again at once, over a start too; whoever applies, though, wants it now."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "CreateVpc" and moment == "before":
            raise Fault("UnauthorizedOperation", message="You are not authorized to perform this operation.")

    ec2.before_reply, path = hook, write()
    assert 1 == run("apply", path, "--yes").code
    tried = operations(ec2).count("CreateVpc")
    run("run", path, "--once")
    assert tried == operations(ec2).count("CreateVpc")
    ec2.before_reply = None
    assert 0 == run("apply", path, "--yes").code


def test_a_restart_that_remembers_asks_for_less(ec2: Account, tmp_path: Path) -> None:
    """What an earlier program searched for a moment ago is not searched for again; without memory, every kind is."""
    memory = ("--state", str(tmp_path / "memory"))
    assert 0 == run("apply", NETWORK, "--yes", *memory).code
    remembering, forgetful = asked(ec2, *memory), asked(ec2, "--state", "none")
    kinds = catalog()
    [stack] = load(LocalFiles([NETWORK]), kinds)
    first = Counter(GetCallerIdentity=1, DescribeVpcAttribute=details(stack, kinds))
    assert first + listings([stack], kinds, {kind for kind, _ in kinds_of([stack])}) == remembering
    assert first + listings([stack], kinds, kinds, first=True) == forgetful
    assert remembering < forgetful


def asked(ec2: Account, *words: str) -> Counter[str]:
    """The calls of the one pass of a program that was just started; it finds all in sync."""
    already = writes(ec2)
    ec2.reset_counts()
    assert 0 == run("run", NETWORK, "--once", *words).code
    assert already == writes(ec2)
    return ec2.counts
