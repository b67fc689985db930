"""`holdfast apply`: it shows, asks, works until all is ready, and says how it ended."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from controller.engine import loop
from emulators.ec2.store import Fault, Members
from tests.cli.conftest import Write
from tests.cli.kit import ESCAPE, NETWORK, Account, Ran, Terminal, operations, run, run_process, things, writes

PAIR = """\
Vpc: {main: {cidrBlock: 10.0.0.0/16}}
Subnet:
  a: {vpc: main, cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a}
  b: {vpc: main, cidrBlock: 10.0.2.0/24, availabilityZone: us-east-1b}
"""


def refuse(ec2: Account, operation: str, code: str, message: str = "No.") -> None:
    """From now on the operation is refused with this code."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == operation and moment == "before":
            raise Fault(code, message=message)

    ec2.before_reply = hook


def logged(ran: Ran) -> list[dict[str, Any]]:
    """The lines of the log on standard error."""
    return [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]


# --- asking ---


def test_it_asks_on_a_terminal_and_n_does_nothing(ec2: Account, write: Write) -> None:
    """The plan is on the screen, coloured, before the question; `n` changes nothing and is code 1."""
    with Terminal("apply", write()) as terminal:
        terminal.sees("Carry out this plan? [y/N]")
        assert "Vpc/main" in terminal.screen
        assert ESCAPE in terminal.screen
        terminal.type("n\n")
        assert 1 == terminal.wait()
        assert "Nothing was done." in terminal.screen
    assert [] == writes(ec2)


@pytest.mark.parametrize("answer", ["\n", "\x04", "maybe\n"], ids=["enter", "end", "unclear"])
def test_only_a_yes_is_a_yes(ec2: Account, write: Write, answer: str) -> None:
    """Neither the Enter key, nor the end of the input, nor an unclear word is taken for a yes."""
    with Terminal("apply", write()) as terminal:
        terminal.sees("[y/N]")
        terminal.type(answer)
        assert 1 == terminal.wait()
        assert "Nothing was done." in terminal.screen
    assert [] == writes(ec2)


def test_yes_on_a_terminal_does_it(ec2: Account, write: Write) -> None:
    """`y` carries the plan out; each call leaves a line, and the last one says how it ended."""
    with Terminal("apply", write()) as terminal:
        terminal.sees("[y/N]")
        terminal.type("y\n")
        assert 0 == terminal.wait()
        assert "✓ Vpc/main" in terminal.screen
        assert "small: ready, 1 node in sync (1 created; 1 call in" in terminal.screen
    assert ["CreateVpc"] == operations(ec2)


def test_an_interrupt_at_the_question_does_nothing(ec2: Account, write: Write) -> None:
    """Ctrl-C at the question ends at once, with the code that shells know, and without a traceback."""
    with Terminal("apply", write()) as terminal:
        terminal.sees("[y/N]")
        terminal.send(signal.SIGINT)
        assert 130 == terminal.wait()
        assert "Nothing was done." in terminal.screen
        assert "Traceback" not in terminal.screen
    assert [] == writes(ec2)


def test_json_shows_on_a_terminal_what_it_asks_about(ec2: Account, write: Write) -> None:
    """With `-o json` the plan is shown before the question all the same: nobody agrees blindly."""
    with Terminal("apply", write(), "-o", "json") as terminal:
        terminal.sees("[y/N]")
        assert "Vpc/main" in terminal.screen
        terminal.type("n\n")
        assert 1 == terminal.wait()


def test_it_refuses_when_nobody_can_be_asked(ec2: Account, write: Write) -> None:
    """In a pipeline nothing happens without `--yes`, and the message says so; the plan is there to be read."""
    ran = run("apply", write())
    assert (1, []) == (ran.code, writes(ec2))
    assert "Vpc/main" in ran.out
    assert (
        "There is no terminal to ask on, so nothing was done; --yes carries out the plan without asking." in ran.err
    )


def test_it_does_not_ask_when_there_is_nothing_to_do(ec2: Account, write: Write) -> None:
    """In sync there is no question to refuse: code 0, no call."""
    path = write()
    run("apply", path, "--yes")
    ran = run("apply", path)
    assert (0, 1) == (ran.code, len(writes(ec2)))
    assert "small: ready, 1 node in sync (0 calls in " in ran.out


# --- working ---


def test_ready_is_0_with_counts(ec2: Account) -> None:
    """The closing line says what was done, by how many calls, and how long it took."""
    ran = run("apply", NETWORK, "--yes")
    assert 0 == ran.code
    calls = len(writes(ec2))
    assert f"ha-network: ready, 19 nodes in sync (19 created; {calls} calls in " in ran.out.splitlines()[-1]


def test_what_takes_long_is_waited_for(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A NAT gateway that AWS takes time for is waited for, which the log says once; then comes the route to it."""
    with Account(pending=0.3) as ec2:
        monkeypatch.setenv("AWS_ENDPOINT_URL", ec2.url)
        ran = run("apply", NETWORK, "--yes")
        assert 0 == ran.code
        assert 3 == operations(ec2).count("CreateRoute")
        waits = [line for line in logged(ran) if line["event"] == "waiting"]
        gateway = [(line["level"], line["reason"]) for line in waits if line["node"] == "NatGateway/a"]
        assert all(level == "info" and reason.startswith("AWS is still working on it") for level, reason in gateway)
        assert gateway
        assert len(waits) == len({(line["node"], line["reason"]) for line in waits})


def test_the_time_can_be_up(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--timeout` ends the waiting: code 1, what is not ready, why, and what to do."""
    monkeypatch.setattr(loop, "PAUSES", (1.0,))
    with Account(pending=3600.0) as ec2:
        monkeypatch.setenv("AWS_ENDPOINT_URL", ec2.url)
        ran = run("apply", NETWORK, "--yes", "--timeout", "6")
    assert 1 == ran.code
    assert "NatGateway/a (nat-" in ran.out
    assert "AWS is still working on it" in ran.out
    assert "RouteTable/private-a" in ran.out
    assert "timed out; run it again, or allow more time with --timeout" in ran.out
    assert "ha-network: not ready, 15 of 19 nodes in sync (" in ran.out.splitlines()[-1]


def test_a_refused_call_is_told_with_its_reason(ec2: Account, write: Write) -> None:
    """A node that AWS refuses is named with AWS's words and what would help; the others are made all the same."""
    refuse(ec2, "CreateSubnet", "UnauthorizedOperation", "You are not authorized to perform this operation.")
    ran = run("apply", write("small", PAIR + "ElasticIp: {one: {}}"), "--yes")
    assert 1 == ran.code
    assert "Subnet/a: ec2:CreateSubnet UnauthorizedOperation: You are not authorized" in ran.out
    assert "grant this permission to the user or role that Holdfast runs as" in ran.out
    assert "small: not ready, 2 of 4 nodes in sync (2 created; 2 calls in " in ran.out
    assert ran.out.endswith(" s; 2 refused)\n")
    assert {"vpc": 1, "eipalloc": 1} == things(ec2)


def test_what_is_blocked_is_told(ec2: Account, write: Write) -> None:
    """Nothing can be done where the document forbids it: code 1, the check that said so, and no call."""
    ran = run("apply", write("small", mode="Observe"))
    assert (1, []) == (ran.code, writes(ec2))
    assert "Vpc/main: blocked by mode: spec.mode is Observe" in ran.out


def test_orphans_that_stay_are_mentioned(ec2: Account, write: Write) -> None:
    """What left the document stays live where Delete is not allowed: that is no failure, but it is said."""
    run("apply", write("small", PAIR), "--yes")
    ran = run("apply", write("small"), "--yes")
    assert 0 == ran.code
    assert "Subnet/a (subnet-" in ran.out
    assert "no longer in the document, left as it is: spec.allow does not include Delete; add it" in ran.out
    assert "small: ready, 1 node in sync" in ran.out.splitlines()[-1]
    assert {"vpc": 1, "subnet": 2} == things(ec2)


def test_orphans_are_deleted_where_that_is_allowed(ec2: Account, write: Write) -> None:
    """With Delete among `allow`, what left the document goes."""
    run("apply", write("small", PAIR), "--yes")
    ran = run("apply", write("small", allow="[Create, Update, Delete]"), "--yes")
    assert 0 == ran.code
    assert "(2 deleted; 2 calls in" in ran.out
    assert {"vpc": 1} == things(ec2)


def test_a_second_apply_writes_nothing(ec2: Account) -> None:
    """Invariant 1, at the command line."""
    run("apply", NETWORK, "--yes")
    before = len(writes(ec2))
    assert 0 == run("apply", NETWORK, "--yes").code
    assert before == len(writes(ec2))


# --- several stacks ---


def test_a_stack_comes_after_those_it_refers_to(ec2: Account, write: Write, tmp_path: Path) -> None:
    """Two stacks of one folder are worked on in the order of their references, not of their names."""
    for name, block in (("a-users", 1), ("z-users", 2)):
        write(name, f"Subnet: {{one: {{vpc: {{stack: network, name: main}}, cidrBlock: 10.0.{block}.0/24}}}}")
    write("network")
    ran = run("apply", tmp_path, "--yes", "--timeout", "20")
    assert 0 == ran.code
    assert ["CreateVpc", "CreateSubnet", "CreateSubnet"] == operations(ec2)
    gone = run("destroy", tmp_path, "--yes", "--timeout", "20")
    assert 0 == gone.code
    assert ["DeleteSubnet", "DeleteSubnet", "DeleteVpc"] == operations(ec2)[3:]
    assert [] == [call for call in ec2.calls if call.error]


def test_json_tells_of_each_stack_by_its_own_plan(ec2: Account, write: Write, tmp_path: Path) -> None:
    """Of several stacks each has its own plan beside its own end, in the order in which they were worked on."""
    for name in ("b", "a"):
        write(name)
    (tmp_path / "0.yaml").write_text((tmp_path / "b.yaml").read_text())
    (tmp_path / "b.yaml").unlink()
    ran = run("apply", tmp_path, "--yes", "-o", "json")
    assert 0 == ran.code
    assert [("b", "b", True, 1), ("a", "a", True, 1)] == [
        (one["stack"], one["plan"]["stack"], one["ready"], one["calls"]) for one in ran.json
    ]


def test_json_is_one_object_for_one_stack(ec2: Account, write: Write) -> None:
    """Programs get the plan it began with, whether it is ready, and what is unfinished and why."""
    refuse(ec2, "CreateSubnet", "UnauthorizedOperation", "You are not authorized.")
    ran = run("apply", write("small", PAIR), "--yes", "-o", "json")
    assert 1 == ran.code
    assert (False, 1, 2, None) == tuple(ran.json[key] for key in ("ready", "calls", "refused", "error"))
    assert {"Subnet/a", "Subnet/b"} == ran.json["unfinished"].keys()
    assert "CreateSubnet UnauthorizedOperation" in ran.json["unfinished"]["Subnet/a"]
    assert "create" == ran.json["plan"]["nodes"][0]["action"]


def test_one_stack_that_cannot_be_looked_at_stops_all(ec2: Account, write: Write, tmp_path: Path) -> None:
    """What was not seen was not agreed to: nothing is written anywhere."""
    write("a")
    write("b", accountId='"999999999999"')
    ran = run("apply", tmp_path, "--yes")
    assert (1, []) == (ran.code, writes(ec2))
    assert "stack b is for account 999999999999" in ran.err


# --- what it leaves behind ---


def test_every_write_is_in_the_log(ec2: Account, write: Write) -> None:
    """Invariant 8: in a pipeline each write is a structured line with node, change and AWS's request id."""
    ran = run_process("apply", write("small", PAIR), "--yes")
    assert (0, False) == (ran.code, ESCAPE in ran.said)
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert ["ec2:CreateVpc", "ec2:CreateSubnet", "ec2:CreateSubnet"] == [line["operation"] for line in lines]
    assert {"small"} == {line["stack"] for line in lines}
    assert {"Vpc/main", "Subnet/a", "Subnet/b"} == {line["node"] for line in lines}
    assert all(line["event"] == "write" and line["outcome"] == "ok" and line["request_id"] for line in lines)


def test_the_log_stays_off_the_terminal(ec2: Account, write: Write) -> None:
    """On a terminal the progress shows the calls; log lines come only when asked for."""
    with Terminal("apply", write(), "--yes") as terminal:
        assert 0 == terminal.wait()
        assert "request_id" not in terminal.screen
    with Terminal("apply", write("other"), "--yes", "--log-level", "info") as terminal:
        assert 0 == terminal.wait()
        assert "request_id" in terminal.screen


def test_a_lookup_that_finds_nothing_ends_it_at_once(ec2: Account, write: Write) -> None:
    """The plan says it before anything is asked, and `apply` makes the rest and ends: nothing is waited for."""
    nodes = (
        "Vpc: {main: {cidrBlock: 10.0.0.0/16}}\nSubnet: {a: {vpc: {find: {tag:Name: nope}}, cidrBlock: 10.0.1.0/24}}"
    )
    path = write("small", nodes)
    planned = run("plan", path)
    assert "Vpc(tag:Name=nope) does not exist" in planned.out
    ran = run("apply", path, "--yes")
    assert 1 == ran.code
    assert "blocked by reference: Vpc(tag:Name=nope) does not exist" in " ".join(ran.out.split())
    assert ["CreateVpc"] == [call for call in operations(ec2) if call.startswith("Create")]
