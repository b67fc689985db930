"""Bad documents: every command that reads them says where, what and how to mend it, and does nothing."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from controller.cli.documents import Documents
from controller.core.model.cloud import HoldfastError
from controller.core.model.reference import Address
from controller.report.metrics import Metrics
from controller.report.telemetry import Telemetry
from tests.cli.kit import Account, document, run
from tests.core.kinds import CATALOG

COMMANDS = ("validate", "plan", "apply", "destroy", "run", "graph")


def refused(ec2: Account, path: Path, *said: str) -> None:
    """Every command refuses the path in the same words, with code 1, and nobody was asked anything."""
    for command in COMMANDS:
        ran = run(command, path)
        assert (1, "") == (ran.code, ran.out), command
        for text in said:
            assert text in ran.err, command
        assert "Traceback" not in ran.err
    assert [] == ec2.calls


def test_a_file_that_is_not_there(ec2: Account, tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    refused(ec2, tmp_path / "no.yaml", f"{tmp_path}/no.yaml: cannot be read: no such file or folder\n")


def test_a_path_through_a_file(ec2: Account, tmp_path: Path) -> None:
    """A path that cannot be walked is named, with the system's reason."""
    (tmp_path / "file").write_text("")
    refused(ec2, tmp_path / "file" / "no.yaml", "cannot be read: not a directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(ec2: Account, tmp_path: Path) -> None:
    """A file without permission is named, with the system's reason."""
    (tmp_path / "mine.yaml").write_text(document())
    (tmp_path / "mine.yaml").chmod(0)
    refused(ec2, tmp_path / "mine.yaml", "cannot be read: permission denied")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file contains no document"),
        (b"---\n---\n", "the document is empty"),
        (b"\xff\xfe\x00broken", "bad.yaml:1"),
        (b"metadata: {name: [}", "bad.yaml:1:"),
        (b"- a list", "a document must be a mapping"),
        (b"kind: Deployment\napiVersion: apps/v1\n", "a Stack has apiVersion holdfast.dev/v1alpha1 and kind Stack"),
        (document(resources="{}").encode(), "resources"),
        (document(region="mars-1").encode(), "bad.yaml:5:"),
        (document(accountId="123").encode(), "bad.yaml:6:"),
        (document(resources="Vpc: {main: {cidrBlok: 10.0.0.0/16}}").encode(), "cidrBlock"),
        (document(resources="Subnet: {a: {vpc: gone, cidrBlock: 10.0.0.0/24}}").encode(), "gone"),
    ],
)
def test_content_that_is_no_stack(ec2: Account, tmp_path: Path, content: bytes, said: str) -> None:
    """What is wrong in a document is told with its file and place, and with what would be right."""
    (tmp_path / "bad.yaml").write_bytes(content)
    refused(ec2, tmp_path, "bad.yaml", said)


def test_all_errors_at_once(ec2: Account, tmp_path: Path) -> None:
    """Three mistakes in two files are three lines, so that one edit mends them all."""
    (tmp_path / "a.yaml").write_text(document("a", "Vpc: {main: {cidrBlock: nonsense}, other: {cidr: 1}}"))
    (tmp_path / "b.yaml").write_text(document("b", region="mars-1"))
    ran = run("validate", tmp_path)
    assert 1 == ran.code
    assert ran.err.count("a.yaml:") >= 2
    assert 1 == ran.err.count("b.yaml:")


def test_what_aws_would_refuse(ec2: Account, tmp_path: Path) -> None:
    """`validate` tells it offline, each at its place, with AWS's name for it; no other command is kept from its work
    by what only AWS can be sure of.
    """
    nodes = "Vpc: {main: {cidrBlock: 10.0.0.0/16}}\nTargetGroup: {a: {vpc: main, port: 70000, protocol: HTTP}}"
    path = tmp_path / "a.yaml"
    path.write_text(document(resources=nodes))
    ran = run("validate", path)
    assert (1, "") == (ran.code, ran.out)
    said = "spec.resources.TargetGroup.a.port: AWS would refuse this: Port must be at most 65535 (CreateTargetGroup)"
    assert f"{path}:8:40: {said}\n" == ran.err
    assert "AWS would refuse" not in run("graph", path, "--offline").err
    assert [] == ec2.calls


def test_two_stacks_of_one_name(ec2: Account, tmp_path: Path) -> None:
    """Two documents must not fight for the same resources."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(document("twin"))
    refused(ec2, tmp_path, "there are two stacks named twin, the first at")


def test_a_folder_without_documents(ec2: Account, tmp_path: Path) -> None:
    """An empty folder is a mistake, not an architecture of nothing."""
    refused(ec2, tmp_path, "the folder contains no documents")


def test_standard_input(ec2: Account) -> None:
    """`-` reads a document from a pipe."""
    ran = run("validate", "-", stdin=document("piped").encode())
    assert (0, "<stdin>:1: stack piped is valid, 1 node\n", "") == (ran.code, ran.out, ran.err)


def test_a_path_is_printed_as_it_is(tmp_path: Path) -> None:
    """Brackets and colons in a file's name are neither markup nor pictures."""
    path = tmp_path / "[bold]:rocket:[" / "bold].yaml"
    path.parent.mkdir()
    path.write_text(document())
    assert f"{path}:1: stack small is valid, 1 node\n" == run("validate", path).out
    path.write_text("")
    assert run("validate", path).err.startswith(f"{path}:1")


# --- read again ---


@pytest.fixture
def registry() -> CollectorRegistry:
    """What the loop's metrics are in."""
    return CollectorRegistry()


@pytest.fixture
def documents(tmp_path: Path, registry: CollectorRegistry) -> Documents:
    """The documents of a loop: one, whose text is a file beside it, and which has been read."""
    (tmp_path / "hello.txt").write_text("hello")
    (tmp_path / "site").mkdir()
    nodes = "Door: {a: {segments: [], greeting: {file: hello.txt}, labels: {folder: site}}}"
    (tmp_path / "a.yaml").write_text(document(resources=nodes))
    documents = Documents([tmp_path / "a.yaml"], CATALOG, Telemetry(Metrics(registry, (), "0")))
    documents.read()
    return documents


def said(documents: Documents) -> dict[str, object]:
    """What the node says, as far as the documents in force now go."""
    (stack,) = documents.latest()
    return dict(stack.nodes[Address("Door", "a")].fields)


def test_nothing_is_read_twice_for_nothing(documents: Documents) -> None:
    """As long as no file changes the stacks stay the ones that were read."""
    assert documents.stacks is documents.latest()


def test_a_changed_file_takes_effect(documents: Documents, tmp_path: Path) -> None:
    """What a document includes is watched as the document is, and so is what a folder holds."""
    (tmp_path / "hello.txt").write_text("good evening")
    assert "good evening" == said(documents)["greeting"]
    (tmp_path / "site" / "index.html").write_text("x")
    assert {"index.html": "eA=="} == said(documents)["labels"]
    (tmp_path / "site" / "index.html").write_text("xyz")
    assert {"index.html": "eHl6"} == said(documents)["labels"]


def test_a_file_that_goes_and_comes_back(documents: Documents, tmp_path: Path) -> None:
    """Without the file the last good document stays in force, and the file is waited for."""
    (tmp_path / "hello.txt").rename(tmp_path / "away")
    assert "hello" == said(documents)["greeting"]
    (tmp_path / "hello.txt").write_text("back again")
    assert "back again" == said(documents)["greeting"]


def test_a_file_that_is_named_by_an_edit(documents: Documents, tmp_path: Path) -> None:
    """What only the new document includes is watched from then on, what only the old one did no longer."""
    (tmp_path / "other.txt").write_text("other")
    text = (tmp_path / "a.yaml").read_text().replace("hello.txt", "other.txt")
    (tmp_path / "a.yaml").write_text(text)
    assert "other" == said(documents)["greeting"]
    (tmp_path / "hello.txt").unlink()
    assert documents.stacks is documents.latest()
    (tmp_path / "other.txt").write_text("another")
    assert "another" == said(documents)["greeting"]


def raising(error: Exception) -> Callable[..., Any]:
    """Something that does nothing but raise this."""

    def fails(*_: object, **__: object) -> Any:
        raise error

    return fails


@pytest.mark.parametrize("error", [AttributeError("ours"), HoldfastError("of another sort"), RecursionError()])
def test_an_edit_that_breaks_the_reading_is_not_read(
    documents: Documents,
    registry: CollectorRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """Whatever reading raises, the last good document stays in force, the metric says so, and the edit is tried again
    until it can be read.
    """
    good = documents.stacks
    (tmp_path / "hello.txt").write_text("good evening")
    with monkeypatch.context() as broken:
        broken.setattr("controller.cli.documents.load", raising(error))
        assert good is documents.latest()
        assert 0 == registry.get_sample_value("holdfast_document_valid")
        assert good is documents.latest()
    assert "good evening" == said(documents)["greeting"]
    assert 1 == registry.get_sample_value("holdfast_document_valid")


# --- what is no file ---


@pytest.mark.parametrize("form", ["{}", "{}/.."])
def test_a_pipe_is_refused(ec2: Account, tmp_path: Path, form: str) -> None:
    """A pipe, which nobody may ever write to, is not waited for, alone or in a folder; the message says what is."""
    folder = tmp_path / "documents" / "inner"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.yaml")
    path = folder / "pipe.yaml" if form == "{}" else tmp_path
    refused(ec2, path, "pipe.yaml: cannot be read: it is not a regular file; use `-` to read standard input")


def test_a_device_and_a_socket_are_refused(ec2: Account, tmp_path: Path) -> None:
    """A device, which may never end, is not begun to read, nor a socket."""
    refused(ec2, Path("/dev/zero"), "/dev/zero: cannot be read: it is not a regular file")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.yaml"))
        refused(ec2, tmp_path, "s.yaml: cannot be read: it is not a regular file")


def test_a_folder_that_leads_back_to_itself(ec2: Account, tmp_path: Path) -> None:
    """A link to a folder above is walked once; a link to itself is no file."""
    (tmp_path / "a.yaml").write_text(document())
    (tmp_path / "round").symlink_to(tmp_path)
    assert 0 == run("validate", tmp_path).code
    (tmp_path / "b.yaml").symlink_to("b.yaml")
    refused(ec2, tmp_path, "b.yaml: cannot be read: ")


def test_a_pipe_in_the_place_of_a_document_changes_nothing(documents: Documents, tmp_path: Path) -> None:
    """A loop whose document becomes a pipe goes on with the last good one."""
    good = documents.stacks
    (tmp_path / "a.yaml").unlink()
    os.mkfifo(tmp_path / "a.yaml")
    assert good is documents.latest()


def test_thousands_of_errors_are_counted(ec2: Account, tmp_path: Path) -> None:
    """The first hundred are told, and how many there are beside them."""
    wrong = ", ".join(f"v{number}: {{cidr: 1}}" for number in range(5000))
    (tmp_path / "bad.yaml").write_text(document(resources=f"Vpc: {{{wrong}}}"))
    ran = run("validate", tmp_path)
    assert (1, 101) == (ran.code, len(ran.err.splitlines()))
    assert "… and 9,900 more" == ran.err.splitlines()[-1]
