"""`holdfast plan`: three forms, exit codes, and exactly the calls that `apply` then makes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from emulators.ec2.server import Call
from tests.cli.conftest import Write
from tests.cli.kit import ESCAPE, NETWORK, Account, Ran, run, run_process, writes

TEXT, NULL = {"type": "string"}, {"type": "null"}
COUNT = {"type": "integer", "minimum": 0}


def record(**parts: Any) -> dict[str, Any]:
    """An object with exactly these members."""
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def array(items: Any) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": items}


CHANGE = record(
    path=TEXT, op={"enum": ["add", "change", "remove"]}, desired={}, observed={}, because={"anyOf": [NULL, TEXT]}
)
CALL = record(service=TEXT, operation=TEXT, parameters={"type": "object"}, fields=array(TEXT))
MEMBERS = {"anyOf": [NULL, COUNT]}
HEALTH = record(healthy={"type": "boolean"}, why=TEXT, good=MEMBERS, total=MEMBERS)
AGE = {"type": "number", "minimum": 0}
BELIEVED = record(seconds=AGE, what=array(TEXT))
STATES = ["in-sync", "missing", "drifted", "orphaned", "conflict", "unknown", "pending", "leaving"]
NODE = record(
    address={"type": "string", "pattern": "^[A-Za-z]+/[a-z0-9-]+$"},
    kind=TEXT,
    name=TEXT,
    id={"anyOf": [NULL, TEXT]},
    state={"enum": STATES},
    action={"enum": ["none", "create", "update", "replace", "delete", "adopt"]},
    blocked={"anyOf": [NULL, record(by=TEXT, why=TEXT)]},
    health={"anyOf": [NULL, HEALTH]},
    progress=TEXT,
    since={"anyOf": [NULL, TEXT]},
    believed={"anyOf": [NULL, BELIEVED]},
    changes=array(CHANGE),
    calls=array(CALL),
    uncompared=array(TEXT),
    kept=array(TEXT),
    notice=TEXT,
    interruptions=array(TEXT),
    note=TEXT,
)
SUMMARY = ("create", "update", "replace", "delete", "adopt", "none", "blocked", "unknown")
PLAN = record(
    stack=TEXT,
    account={"type": "string", "pattern": "^[0-9]{12}$"},
    region=TEXT,
    inSync={"type": "boolean"},
    summary=record(**dict.fromkeys(SUMMARY, COUNT)),
    oldestRead={"anyOf": [NULL, record(address=TEXT, seconds=AGE, what=array(TEXT))]},
    nodes=array(NODE),
    incomplete=array(TEXT),
    unsearched=array(TEXT),
)
VALID = Draft202012Validator(PLAN)


def drifted(ec2: Account) -> None:
    """A world in which somebody else has changed, opened and deleted things, and stripped tags."""
    assert 0 == run("apply", NETWORK, "--yes").code
    ids = {node["address"]: node["id"] for node in run("plan", NETWORK, "-o", "json").json["nodes"]}
    perform = ec2.world.perform
    perform("DeleteRoute", {"RouteTableId": ids["RouteTable/private-a"], "DestinationCidrBlock": "0.0.0.0/0"})
    perform("ModifySubnetAttribute", {"SubnetId": ids["Subnet/data-b"], "MapPublicIpOnLaunch": {"Value": True}})
    world = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    perform("AuthorizeSecurityGroupIngress", {"GroupId": ids["SecurityGroup/db"], "IpPermissions": [world]})
    perform("DeleteNatGateway", {"NatGatewayId": ids["NatGateway/b"]})
    tags = [{"Key": key} for key in ("holdfast.dev/stack", "holdfast.dev/name")]
    perform("DeleteTags", {"Resources": [ids["Vpc/main"]], "Tags": tags})


def planned(plan: dict[str, Any], ids: dict[str, str]) -> Iterator[str]:
    """Each call of a plan, with what was known after it in the place of its placeholders."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"from", "attribute"}:
            assert "id" == value["attribute"]
            return ids[value["from"]]
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        return [filled(part) for part in value] if isinstance(value, list) else value

    for node in plan["nodes"]:
        for call in node["calls"]:
            yield made(Call(call["operation"], filled(call["parameters"]), None))


def made(call: Call) -> str:
    """A call as a line, without the token that a call gets when it is made."""
    parameters = {name: value for name, value in call.parameters.items() if name != "ClientToken"}
    return f"{call.operation} {json.dumps(parameters, sort_keys=True)}"


@pytest.mark.parametrize("prepare", [None, drifted], ids=["empty", "drifted"])
def test_the_plan_shows_exactly_the_calls_that_apply_makes(ec2: Account, prepare: Any) -> None:
    """Invariant 2: what was approved is what is done, parameter for parameter, call for call. What AWS knows by its
    token it does not do again, and is asked for anew: the two count as one."""
    if prepare:
        prepare(ec2)
    plan = run("plan", NETWORK, "-o", "json").json
    before = len(writes(ec2))
    assert 0 == run("apply", NETWORK, "--yes").code
    known = {call.parameters.get("ClientToken") for call in writes(ec2)[:before]} - {None}
    done = [call for call in writes(ec2)[before:] if call.parameters.get("ClientToken") not in known]
    after = run("plan", NETWORK, "-o", "json").json
    ids = {node["address"]: node["id"] for node in after["nodes"]}
    assert after["inSync"]
    assert done
    assert sorted(planned(plan, ids)) == sorted(map(made, done))


@pytest.mark.parametrize("prepare", [None, drifted], ids=["empty", "drifted"])
def test_json_is_as_the_manual_says(ec2: Account, prepare: Any) -> None:
    """Programs that read the plan find each member, and no other."""
    if prepare:
        prepare(ec2)
    ran = run("plan", NETWORK, "-o", "json")
    assert [] == [error.message for error in VALID.iter_errors(ran.json)]
    assert (0, "") == (ran.code, ran.err)
    nodes = ran.json["nodes"]
    for action in SUMMARY[:6]:
        assert ran.json["summary"][action] == sum(node["action"] == action for node in nodes)


def test_json_of_several_stacks_is_a_list(ec2: Account, write: Write, tmp_path: Path) -> None:
    """One stack is an object, several are a list, one for each."""
    write("b")
    assert "b" == run("plan", tmp_path, "-o", "json").json["stack"]
    write("a")
    plans = run("plan", tmp_path, "-o", "json").json
    assert ["a", "b"] == [plan["stack"] for plan in plans]
    assert all(VALID.is_valid(plan) for plan in plans)


def test_json_stays_a_list_when_a_stack_could_not_be_looked_at(ec2: Account, write: Write, tmp_path: Path) -> None:
    """The form does not depend on luck: of two stacks one that fails leaves a list of one, and code 1."""
    write("a")
    write("b", accountId='"999999999999"')
    ran = run("plan", tmp_path, "-o", "json")
    assert 1 == ran.code
    assert ["a"] == [plan["stack"] for plan in ran.json]
    assert ran.err.startswith("b: stack b is for account 999999999999")


def test_exit_codes(ec2: Account, write: Write) -> None:
    """Without the flag a difference is 0; with it 2, and 0 only when there is nothing to do."""
    path = write()
    assert 0 == run("plan", path).code
    assert 2 == run("plan", path, "--detailed-exitcode").code
    assert 0 == run("apply", path, "--yes").code
    assert 0 == run("plan", path, "--detailed-exitcode").code


def test_the_text_says_what_and_why(ec2: Account) -> None:
    """People read each difference with its cause; a consequence is told apart from drift."""
    drifted(ec2)
    out = run("plan", NETWORK).out
    assert "~ Subnet/data-b" in out
    assert "mapPublicIpOnLaunch: true → false" in out
    assert "because NatGateway/b" in out
    assert "+ NatGateway/b  missing, to be created" in out


def test_several_stacks_are_kept_apart(ec2: Account, write: Write, tmp_path: Path) -> None:
    """Between the plans of two stacks there is an empty line, in text and in Markdown."""
    write("a")
    write("b")
    assert "\n\nStack b, " in run("plan", tmp_path).out
    assert "\n\n" in run("plan", tmp_path, "-o", "markdown").out


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_nothing_is_coloured_or_animated_when_piped(ec2: Account, form: str) -> None:
    """A program that reads the output, or a file that keeps it, gets plain text, the same each time."""
    plain = [run_process("plan", NETWORK, "-o", form, TERM="xterm-256color") for _ in range(2)]
    assert [(0, "")] * 2 == [(ran.code, ran.err) for ran in plain]
    assert ESCAPE not in plain[0].out
    assert plain[0].out == plain[1].out


def test_markdown_is_for_a_pull_request(ec2: Account) -> None:
    """The plan as a comment: a heading with the stack, a row for every node."""
    ran: Ran = run("plan", NETWORK, "-o", "markdown")
    assert 0 == ran.code
    assert "ha-network" in ran.out.splitlines()[0]
    assert "NatGateway/a" in ran.out


def test_planning_writes_nothing(ec2: Account) -> None:
    """A plan, in whatever form, only reads."""
    for form in ("text", "json", "markdown"):
        run("plan", NETWORK, "-o", form)
    run("graph", NETWORK)
    assert [] == writes(ec2)
