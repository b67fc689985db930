"""`holdfast run`: the loop as a platform sees it."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.engine.loop import Controller
from emulators.ec2.store import Fault, Members
from tests.cli.conftest import Write
from tests.cli.kit import Account, Running, document, fetch, operations, run, series, things, until, writes

QUICK = ("--interval", "0.2", "--address", "127.0.0.1:0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the documents of two stacks."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(document(name, "Vpc: {main: {cidrBlock: 10.0.0.0/16}}"))
    return folder


@pytest.fixture
def running(ec2: Account, folder: Path) -> Iterator[Running]:
    """The loop over these documents, after it has seen all in sync."""
    with Running("run", folder, *QUICK) as running:
        until(lambda: in_sync(running) == [0.0, 0.0], lambda: running.said)
        yield running


def in_sync(running: Running) -> list[float]:
    """A zero for each node that was seen in sync."""
    return series(metrics(running), "holdfast_node_drifted", state="in-sync")


def metrics(running: Running) -> str:
    """What Prometheus gets."""
    return fetch(f"{running.address()}/metrics")[1]


# --- one pass ---


def test_once_is_one_pass(ec2: Account, write: Write) -> None:
    """`--once` corrects, listens nowhere, and ends with 0; its start, writes and end are in the log."""
    ran = run("run", write(), "--once")
    assert (0, "", ["CreateVpc"]) == (ran.code, ran.out, operations(ec2))
    events = [line.split('"event": "')[1].split('"')[0] for line in ran.err.splitlines()]
    assert ["started", "difference found", "write", "stopped"] == events
    assert "http://" not in ran.err


def test_once_says_when_it_did_not_succeed(ec2: Account, write: Write) -> None:
    """A listing that failed is code 1, and the log says which."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "DescribeVpcs":
            raise Fault("UnauthorizedOperation", 403, "You are not authorized.")

    ec2.before_reply = hook
    ran = run("run", write(), "--once")
    assert (1, []) == (ran.code, writes(ec2))
    assert "ec2:DescribeVpcs UnauthorizedOperation" in ran.err
    assert '"event": "pass failed"' in ran.err


def test_once_with_an_address_serves_while_it_works(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long single pass can be watched where an address is given."""
    with (
        Account(latency=0.3) as ec2,
        Running("run", write(), "--once", "--address", "127.0.0.1:0", AWS_ENDPOINT_URL=ec2.url) as running,
    ):
        address = running.address()
        status, text = fetch(f"{address}/metrics")
        assert 200 == status
        assert [1.0] == series(text, "holdfast_node_drifted", stack="small", state="unknown")
        assert 503 == fetch(f"{address}/readyz")[0]
        assert 0 == running.wait()
        assert ["CreateVpc"] == operations(ec2)


# --- the loop ---


def test_the_log_tells_of_start_and_stop(running: Running) -> None:
    """Start with version, stacks, interval and address; stop; and code 0 when asked to stop."""
    code, seconds = running.stop()
    (started,) = running.logged("started")
    assert ["one", "two"] == started["stacks"]
    assert 0.2 == started["interval"]
    assert started["version"]
    assert 1 == len(running.logged("stopped"))
    assert 0 == code
    assert seconds < 10
    assert b"" == running.out


def test_drift_is_corrected_and_measured(ec2: Account, running: Running) -> None:
    """What somebody else deletes comes back, and the counters tell of it."""
    vpc = next(thing for thing in ec2.world.things["vpc"].values() if thing.get("Tags"))
    ec2.world.perform("DeleteVpc", {"VpcId": vpc.id})
    until(lambda: operations(ec2).count("CreateVpc") == 3, lambda: running.said)

    def measured() -> bool:
        found = series(metrics(running), "holdfast_corrections_total", action="create", outcome="succeeded")
        return sum(found) == 3

    until(measured, lambda: metrics(running))
    until(lambda: in_sync(running) == [0.0, 0.0], lambda: metrics(running))
    assert [1.0] == series(metrics(running), "holdfast_leader")


def test_what_is_served(running: Running) -> None:
    """Metrics, health and readiness; anything else is not found."""
    address = running.address()
    assert 200 == fetch(f"{address}/metrics")[0]
    assert (200, "ok\n") == fetch(f"{address}/healthz")
    assert (200, "ok\n") == fetch(f"{address}/readyz")
    assert 404 == fetch(f"{address}/")[0]


def test_not_ready_before_the_first_pass(write: Write) -> None:
    """Alive from the start, ready only when every stack has had a pass."""
    with Account() as ec2, Running("run", write(), *QUICK, AWS_ENDPOINT_URL=ec2.url) as running:
        released: list[bool] = []

        def hook(asked: str, parameters: Members, moment: str) -> None:
            if asked == "DescribeVpcs" and moment == "before":
                until(lambda: released, lambda: "the test lets it go")

        ec2.before_reply = hook
        address = running.address()
        assert (503, "the first pass is not over\n") == fetch(f"{address}/readyz")
        assert 200 == fetch(f"{address}/healthz")[0]
        released.append(True)
        until(lambda: fetch(f"{address}/readyz")[0] == 200, lambda: running.said)


def test_health_fails_when_the_loop_is_stuck(ec2: Account) -> None:
    """Nothing for longer than three intervals, and than five minutes, is a loop to be started anew."""
    now = [1000.0]
    controller = Controller({}, lambda region: None, None, clock=lambda: now[0])  # type: ignore[arg-type, return-value]
    now[0] += 299
    assert controller.stuck(30) is None
    now[0] += 2
    assert "no pass has finished" in (controller.stuck(30) or "")
    assert controller.stuck(200) is None
    controller.close()


def test_a_pass_that_takes_long_is_not_stuck(ec2: Account, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    """As long as AWS answers the loop is alive, however many calls a pass has."""
    alive: list[float] = []
    monkeypatch.setattr(
        Controller, "alive_at", property(lambda _: alive[-1], lambda _, at: alive.append(at)), raising=False
    )
    run("run", write(), "--once")
    assert len(alive) > len(ec2.calls)


# --- documents ---


def test_an_edit_takes_effect(ec2: Account, running: Running, folder: Path) -> None:
    """A changed document is read without a restart, and what it adds is made."""
    added = "Vpc: {main: {cidrBlock: 10.0.0.0/16}, more: {cidrBlock: 10.5.0.0/16}}"
    (folder / "one.yaml").write_text(document("one", added))
    until(lambda: operations(ec2).count("CreateVpc") == 3, lambda: running.said)
    until(lambda: running.logged("documents read again"), lambda: running.said)
    assert [0.0] == until(
        lambda: series(metrics(running), "holdfast_node_drifted", node="more", state="in-sync"), str
    )


def test_an_invalid_edit_changes_nothing_but_is_told(ec2: Account, running: Running, folder: Path) -> None:
    """The last good document stays in force: drift is still corrected; the alert is up until the edit is mended."""
    good = (folder / "one.yaml").read_text()
    (folder / "one.yaml").write_text(good.replace("cidrBlock", "cidrBlok"))
    (told,) = until(lambda: running.logged("document invalid, the last good one stays"), lambda: running.said)
    assert "one.yaml:" in told["problems"][0]
    assert [0.0] == series(metrics(running), "holdfast_document_valid")
    vpc = next(thing for thing in ec2.world.things["vpc"].values() if thing.get("Tags"))
    ec2.world.perform("DeleteVpc", {"VpcId": vpc.id})
    until(lambda: operations(ec2).count("CreateVpc") == 3, lambda: running.said)
    (folder / "one.yaml").write_text(good)
    until(lambda: series(metrics(running), "holdfast_document_valid") == [1.0], lambda: running.said)
    assert 1 == len(running.logged("document invalid, the last good one stays"))


def test_a_stack_that_leaves_the_documents_is_left_alone(ec2: Account, running: Running, folder: Path) -> None:
    """Its series vanish, nothing of it is deleted or corrected any more, and the log says so."""
    assert series(metrics(running), "holdfast_node_drifted", stack="two")
    (folder / "two.yaml").unlink()
    until(lambda: not series(metrics(running), r"holdfast_\w+", stack="two"), lambda: metrics(running))
    assert 1 == len(running.logged("stack left the documents, nothing of it is deleted", stack="two"))
    before = len(ec2.calls)
    until(lambda: [call.operation for call in ec2.calls[before:]].count("DescribeVpcs") > 2, lambda: running.said)
    assert {"vpc": 2} == things(ec2)
    assert [] == series(metrics(running), r"holdfast_\w+", stack="two")
    assert series(metrics(running), "holdfast_node_drifted", stack="one")


def test_all_documents_gone_is_an_invalid_edit(ec2: Account, running: Running, folder: Path) -> None:
    """A volume that is unmounted for a moment is no order to stop looking after everything."""
    shutil.move(folder, folder.with_name("away"))
    until(lambda: series(metrics(running), "holdfast_document_valid") == [0.0], lambda: running.said)
    assert series(metrics(running), "holdfast_node_drifted", stack="two")
    shutil.move(folder.with_name("away"), folder)
    until(lambda: series(metrics(running), "holdfast_document_valid") == [1.0], lambda: running.said)


def test_a_link_that_is_switched_is_an_edit(ec2: Account, tmp_path: Path) -> None:
    """Kubernetes switches a link to a new folder: that is seen, though no file was written."""
    for version, block in (("v1", "10.1.0.0/16"), ("v2", "10.2.0.0/16")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "s.yaml").write_text(document(resources=f"Vpc: {{{version}: {{cidrBlock: {block}}}}}"))
        os.utime(tmp_path / version / "s.yaml", (1, 1))
    link = tmp_path / "documents"
    link.symlink_to("v1")
    with Running("run", link, *QUICK) as running:
        until(lambda: operations(ec2) == ["CreateVpc"], lambda: running.said)
        (tmp_path / "new").symlink_to("v2")
        (tmp_path / "new").replace(link)
        until(lambda: operations(ec2) == ["CreateVpc"] * 2, lambda: running.said)


# --- where it listens ---


def test_a_port_in_use(ec2: Account, write: Write) -> None:
    """Somebody else's port is named with the way out, and nothing was done."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        ran = run("run", write(), "--address", address)
    assert (1, "", []) == (ran.code, ran.out, ec2.calls)
    assert f"{address} is in use by another process" in ran.err
    assert "--address" in ran.err


@pytest.mark.parametrize("address", ["8080", "localhost", "127.0.0.1:http", "::1:8080", "127.0.0.1:99999"])
def test_an_address_that_is_none(ec2: Account, write: Write, address: str) -> None:
    """A mistyped address is told with examples of right ones."""
    ran = run("run", write(), "--address", address)
    assert (1, []) == (ran.code, ec2.calls)
    assert f'"{address}" is not an address to listen on; write 127.0.0.1:8080' in ran.err
