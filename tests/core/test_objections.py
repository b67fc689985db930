"""What AWS would refuse is told before anything is made, at the part of the document that it is about."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.core.document.checks import Fault
from controller.core.document.loader import load
from controller.core.document.problem import DocumentError, Problem
from controller.core.model.call import Call, Complaint
from controller.core.model.kind import Catalog
from controller.core.model.node import Node
from controller.core.model.reference import EXPRESSIONS
from controller.core.model.spec import Spec, Tagged
from controller.core.planning.objections import MOST_TRIALS, objections
from controller.sources.files import LocalFiles
from tests.core.kinds import Fake

HEAD = """\
apiVersion: holdfast.dev/v1alpha1
kind: Stack
metadata: {name: web}
spec:
  region: eu-west-1
  resources:
"""


class RuleSpec(Spec):
    """A rule."""

    why: str | None = None
    """What it is for."""
    port: int | None = None
    """Where."""


class GateSpec(Tagged):
    """What AWS is particular about."""

    rules: list[RuleSpec] | None = None
    """Its rules."""
    first: str | None = None
    """The first half of its name."""
    second: str | None = None
    """The second half."""
    words: list[str] | None = None
    """Words that are sent as one text."""


class Gate(Fake):
    """A kind whose AWS takes no empty texts, no more than three rules and not every name."""

    name, spec = "Gate", GateSpec

    def create(self, node: Node) -> tuple[Call, ...]:
        """One call, in which little is called as in the document."""
        said = node.fields
        halves = [said.get("first"), said.get("second")]
        parameters = {
            "Entries": [{"Reason": rule.get("why", "-")} for rule in said.get("rules", ())],
            "Name": None if any(isinstance(half, EXPRESSIONS) for half in halves) else "-".join(map(str, halves)),
            "Words": " ".join(map(str, said.get("words", ["-"]))),
            "TagList": [{"K": key, "V": value} for key, value in node.tags.items()],
        }
        if said.get("first") == "broken":
            raise ZeroDivisionError
        return (Call("s", "MakeGate", parameters, makes=True),)

    def problems(self, call: Call) -> list[Complaint]:
        """What its AWS says."""
        found = [Complaint(place, "must not be empty", "fill it in") for place in _empty("", call.parameters)]
        found += [Complaint("Entries", "must have at most 3")] if len(call.parameters["Entries"]) > 3 else []
        found += [Complaint("Name", "is taken")] if call.parameters["Name"] == "a-b" else []
        return [*found, Complaint("", "no gates today")] if call.parameters["Name"] == "never-None" else found


def _empty(place: str, value: Any) -> Iterator[str]:
    if value == "":
        yield place
    for name, part in value.items() if isinstance(value, Mapping) else ():
        yield from _empty(f"{place}.{name}".lstrip("."), part)
    for number, part in enumerate(value) if isinstance(value, list) else ():
        yield from _empty(f"{place}[{number}]", part)


CATALOG: Catalog = {"Gate": Gate()}


def judge(nodes: Iterable[Node]) -> Iterator[Fault]:
    """What its AWS would refuse."""
    for each in objections(nodes, CATALOG):
        yield Fault(each.address, each.at, each.message, each.hint)


def problems(folder: Path, nodes: str, head: str = HEAD) -> tuple[Problem, ...]:
    """What is wrong with a stack of one gate."""
    (folder / "a.yaml").write_text(f"{head}    Gate: {{it: {nodes}}}\n")
    try:
        load(LocalFiles([folder / "a.yaml"]), CATALOG, judge)
    except DocumentError as error:
        return error.problems
    return ()


def told(folder: Path, node: str) -> list[tuple[str, str]]:
    """The paths within the gate, and what is said of them."""
    found = [(each.path.removeprefix("spec.resources.Gate.it"), each.message) for each in problems(folder, node)]
    return [(path.removeprefix("."), message) for path, message in found]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("{rules: [{why: x}], first: a, second: c}", []),
        (
            "{rules: [{why: x}, {why: ''}, {why: '', port: 1}]}",
            [
                ("rules[1].why", "Entries[].Reason must not be empty"),
                ("rules[2].why", "Entries[].Reason must not be empty"),
            ],
        ),
        ("{rules: [{why: a}, {why: b}, {why: c}, {why: d}]}", [("rules", "Entries must have at most 3")]),
        ("{first: a, second: b}", [("", "Name is taken")]),
        ("{first: never}", [("first", "no gates today")]),
        ("{words: ['']}", [("words[0]", "Words must not be empty")]),
        ("{tags: {Owner: ''}, first: x}", [("tags.Owner", "TagList[].V must not be empty")]),
        ("{first: '', rules: [{why: {from: Gate/it, attribute: id}}]}", []),
    ],
)
def test_it_stands_where_it_is_about(tmp_path: Path, node: str, expected: list[tuple[str, str]]) -> None:
    """At the smallest part without which AWS would have nothing against it, each of several; at what holds them where
    no single one is to blame. What nobody knows yet is not judged.
    """
    assert [(place, f"AWS would refuse this: {said} (MakeGate)") for place, said in expected] == told(tmp_path, node)


def test_the_place_in_the_file_and_what_would_be_right(tmp_path: Path) -> None:
    """Both are told as for any other mistake."""
    (problem,) = problems(tmp_path, "{first: x, words: ['']}")
    assert (7, 35, "fill it in") == (problem.line, problem.column, problem.hint)


def test_everything_at_once(tmp_path: Path) -> None:
    """Beside what AWS would refuse of a node all that is wrong with others, and with the document, is told."""
    found = problems(tmp_path, "{words: ['']}, other: {frist: x}", head=HEAD.replace("web", "W E B"))
    places = ["metadata.name", "spec.resources.Gate.it.words[0]", "spec.resources.Gate.other.frist"]
    assert places == [each.path for each in found]


def test_what_is_adopted_is_there_already(tmp_path: Path) -> None:
    """It is never made, so that nobody knows what AWS takes of it."""
    assert [] == told(tmp_path, "{words: [''], lifecycle: {adopt: {id: x}}}")


def test_a_mistake_of_ours_is_told_as_one(tmp_path: Path) -> None:
    """It keeps nothing else from being judged."""
    (broken, other) = problems(tmp_path, "{first: broken}, other: {words: ['']}")
    assert ("spec.resources.Gate.it", True) == (broken.path, "has a bug" in broken.message)
    assert "spec.resources.Gate.other.words[0]" == other.path


def test_trials_come_to_an_end(tmp_path: Path) -> None:
    """Among very many parts the one that is to blame is not looked for: what holds them all is told."""
    rules = ", ".join([*["{why: x}"] * MOST_TRIALS, "{why: ''}"])
    assert [("rules", "AWS would refuse this: Entries[].Reason must not be empty (MakeGate)")] == [
        each for each in told(tmp_path, f"{{rules: [{rules}]}}") if "empty" in each[1]
    ]
