"""The commands over the reference documents, as one types them who has just found the project."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from controller.aws.catalog import catalog
from controller.core.document.loader import load
from controller.sources.files import LocalFiles
from emulators.patched_moto import emulator
from tests.cli.kit import ROOT, run

DOCUMENTS = [ROOT / "desired" / f"{name}.yaml" for name in ("ha-web-tier", "static-edge")]


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """An empty account, for every command of this module."""
    with emulator() as endpoint:
        yield endpoint


def nodes(document: Path) -> list[str]:
    """The addresses in a document."""
    (stack,) = load(LocalFiles([document]), catalog())
    return [str(address) for address in stack.nodes]


def test_the_folder_is_valid() -> None:
    """All of them at once: no stack has the name of another."""
    ran = run("validate", ROOT / "desired")
    assert (0, "") == (ran.code, ran.err)
    assert 3 == ran.out.count(" is valid, ")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["mermaid", "dot", "svg"])
def test_the_graph_is_drawn(document: Path, form: str) -> None:
    """Every node of it, offline; a picture is one that a browser can show."""
    ran = run("graph", document, "-o", form, "--offline")
    assert (0, "") == (ran.code, ran.err)
    assert [] == [address for address in nodes(document) if address not in ran.out]
    if form == "svg":
        assert ElementTree.fromstring(ran.out).tag.endswith("svg")  # noqa: S314 - what was drawn just now


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_the_plan_for_an_empty_account(account: str, document: Path) -> None:
    """Every node is to be created, nothing is in the way, and each creation has a call that makes it."""
    ran = run("plan", document, "-o", "json")
    assert (0, "") == (ran.code, ran.err)
    found = json.loads(ran.out)
    assert sorted(nodes(document)) == sorted(node["address"] for node in found["nodes"])
    assert {("create", None, True)} == {(n["action"], n["blocked"], bool(n["calls"])) for n in found["nodes"]}
