"""What only reads: the graph as a picture, the kinds, the schema."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from controller.aws.catalog import catalog
from controller.core.model.paths import fields_in
from tests.cli.conftest import Write
from tests.cli.kit import ESCAPE, NETWORK, Account, run, writes
from tests.plain import plain

NODES, FORMS = 19, ("mermaid", "dot", "svg")


@pytest.mark.parametrize("form", FORMS)
def test_a_graph_offline(ec2: Account, form: str) -> None:
    """Every node and its references are drawn without asking AWS anything."""
    ran = run("graph", NETWORK, "-o", form, "--offline")
    assert (0, "", []) == (ran.code, ran.err, ec2.calls)
    assert NODES == sum(f"{kind}/{name}" in ran.out for kind, name in _nodes())
    assert ESCAPE not in ran.out


@pytest.mark.parametrize("form", FORMS)
def test_a_graph_is_coloured_by_state(ec2: Account, form: str) -> None:
    """What is live and drifted looks otherwise than what is missing, and both otherwise than offline."""
    empty = run("graph", NETWORK, "-o", form).out
    run("apply", NETWORK, "--yes")
    synced = run("graph", NETWORK, "-o", form).out
    ec2.world.things["vpc"][_vpc(ec2)].change(EnableDnsHostnames=False)
    drifted = run("graph", NETWORK, "-o", form).out
    assert 4 == len({empty, synced, drifted, run("graph", NETWORK, "-o", form, "--offline").out})
    assert "missing" in empty
    assert "in-sync" in synced
    assert "drifted" in drifted
    assert "drifted" not in synced


def test_a_graph_without_aws_is_drawn_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where AWS cannot be reached the picture has no states, standard error says why, and it is no failure."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    ran = run("graph", NETWORK)
    assert 0 == ran.code
    assert run("graph", NETWORK, "--offline").out == ran.out
    assert "cannot be reached" in ran.err
    assert "Drawn without states: ha-network (--offline draws without AWS)" in ran.err


def test_a_graph_of_another_account_is_a_failure(ec2: Account, write: Write) -> None:
    """The picture is drawn without states, and the exit code says that they were not to be had."""
    ran = run("graph", write("web", accountId='"999999999999"'))
    assert 1 == ran.code
    assert "flowchart" in ran.out
    assert "stack web is for account 999999999999, but the credentials are for" in ran.err


def test_a_picture_is_well_formed(ec2: Account) -> None:
    """The SVG can be opened by whatever opens SVG."""
    assert ElementTree.fromstring(run("graph", NETWORK, "-o", "svg").out).tag.endswith("svg")  # noqa: S314 - ours


def test_one_picture_holds_one_stack(ec2: Account, write: Write, tmp_path: Path) -> None:
    """Two stacks make two Mermaid charts; as SVG they would be no picture, and that is said."""
    write("a")
    write("b")
    assert 2 == run("graph", tmp_path, "--offline").out.count("flowchart")
    ran = run("graph", tmp_path, "--offline", "-o", "svg")
    assert (1, "") == (ran.code, ran.out)
    assert "there are 2 stacks: a, b" in ran.err


def test_every_kind_is_listed() -> None:
    """One line for each kind: its name, and what it is."""
    lines = run("kinds").out.splitlines()
    assert list(catalog()) == [line.split()[0] for line in lines]
    assert all(len(line.split()) > 2 for line in lines)


@pytest.mark.parametrize("kind", catalog())
def test_every_field_of_a_kind_is_explained(kind: str) -> None:
    """`holdfast kinds KIND` is the manual of that kind: each field by its path, with what it holds and what it is."""
    ran = run("kinds", kind)
    assert 0 == ran.code
    for path, field in fields_in(catalog()[kind].shape):
        assert f"\n  {path}  " in ran.out
        assert field.doc in ran.out


def test_an_unknown_kind_is_told_with_those_there_are() -> None:
    """A mistyped kind is an error that lists the right ones."""
    ran = run("kinds", "Subnets")
    assert (1, "") == (ran.code, ran.out)
    assert "there is no kind Subnets; the kinds are Vpc, Subnet," in ran.err


def test_the_schema_knows_the_documents() -> None:
    """An editor with the schema takes the document of the demo, and refuses a field that is not there."""
    schema = run("schema").json
    Draft202012Validator.check_schema(schema)
    document = json.loads(json.dumps(plain(NETWORK.read_text())))
    valid = Draft202012Validator(schema)
    assert [] == list(valid.iter_errors(document))
    document["spec"]["resources"]["Vpc"]["main"]["cidrBlok"] = "10.0.0.0/16"
    assert not valid.is_valid(document)


def test_validate_names_each_stack(write: Write, tmp_path: Path) -> None:
    """Each valid document is named with its place and its number of nodes."""
    write("a")
    write("b")
    ran = run("validate", tmp_path, NETWORK)
    expected = [f"{tmp_path}/{name}.yaml:1: stack {name} is valid, 1 node" for name in "ab"]
    assert [*expected, f"{NETWORK}:9: stack ha-network is valid, 19 nodes"] == ran.out.splitlines()


def test_nothing_of_this_writes(ec2: Account) -> None:
    """Looking is only looking."""
    for words in (("graph", NETWORK), ("validate", NETWORK), ("kinds",), ("schema",)):
        assert 0 == run(*words).code
    assert [] == writes(ec2)


def _nodes() -> list[tuple[str, str]]:
    resources = plain(NETWORK.read_text())["spec"]["resources"]
    return [(kind, name) for kind, nodes in resources.items() for name in nodes]


def _vpc(ec2: Account) -> str:
    return next(thing.id for thing in ec2.world.things["vpc"].values() if thing.get("Tags"))
