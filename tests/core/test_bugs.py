"""A mistake in the code of one kind: what it was about is told as such, and nothing else suffers."""

from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import model_validator

from controller.core.document.loader import load
from controller.core.document.problem import DocumentError, Problem
from controller.core.model.cloud import Bug, HoldfastError, Meaning, blaming
from controller.core.model.equality import Equality
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.spec import Spec
from controller.core.planning.inventory import Inventory
from controller.core.planning.matching import match
from controller.sources.files import LocalFiles
from tests.core.account import ACCOUNT
from tests.core.kinds import CATALOG, Fake
from tests.core.test_document import document

WORDS = "Holdfast has a bug: {} failed with {}"


SORTS: dict[int, type[Exception]] = {
    1: AttributeError,
    4: KeyError,
    5: TypeError,
    6: RecursionError,
    7: StopIteration,
}
"""What a rule of a spec may raise by mistake, by the depth of the trap."""


class TrapSpec(Spec):
    """What does not hold."""

    depth: int
    """How deep it is; each of the first three is too much for another part of the kind."""

    @model_validator(mode="after")
    def _deep_enough(self) -> "TrapSpec":
        if self.depth in SORTS:
            raise SORTS[self.depth]("hunter2")
        return self


class Trap(Fake):
    """What does not hold."""

    name, spec = "Trap", TrapSpec

    def desired(self, stack: str, address: Any, fields: Tree) -> Tree:
        if fields["depth"] == 2:
            raise ZeroDivisionError
        return fields

    def alias(self, fields: Tree) -> Placeholder | None:
        if fields["depth"] == 8:
            raise KeyError("hunter2")
        return None

    def taken(self, fields: Tree) -> frozenset[str]:
        if fields["depth"] == 3:
            raise IndexError
        return frozenset()


class Fussy(Equality):
    """A normal form that does not take whatever AWS may hold."""

    def normal(self, value: Any) -> Hashable:
        return len(value)


class KeyedTrapSpec(Spec):
    """What does not hold either."""

    key: Annotated[str, Fussy()]
    """What it is known by."""


class KeyedTrap(Fake):
    """What does not hold either."""

    name, spec, natural_key, tagged = "KeyedTrap", KeyedTrapSpec, ("key",), False


TRAPS: Catalog = {**CATALOG, "Trap": Trap(), "KeyedTrap": KeyedTrap()}


def problems_of(folder: Path, nodes: str) -> tuple[Problem, ...]:
    """What is wrong with a document of these nodes."""
    file = folder / "stack.yaml"
    file.write_text(document(nodes=nodes))
    with pytest.raises(DocumentError) as raised:
        load(LocalFiles([file]), TRAPS)
    return raised.value.problems


@pytest.mark.parametrize(
    ("depth", "told"),
    [
        *((depth, ("reading Trap/it", sort.__name__)) for depth, sort in SORTS.items()),
        (8, ("reading Trap/it", "KeyError")),
        (2, ("reading Trap/it", "ZeroDivisionError")),
        (3, ("looking for the needs of Trap/it", "IndexError")),
    ],
)
def test_a_bug_is_a_problem_of_its_node(tmp_path: Path, depth: int, told: tuple[str, str]) -> None:
    """A rule, a normal form or a fact of a kind that raises is told at its node, beside all else that is wrong."""
    bug, other = problems_of(tmp_path, f"    Trap:\n      it: {{depth: {depth}}}\n      no: {{depth: deep}}\n")
    assert (8, 7, "spec.resources.Trap.it") == (bug.line, bug.column, bug.path)
    assert bug.message.startswith(WORDS.format(*told))
    assert "expected an integer" in other.message


def test_a_bug_in_telling_things_apart_is_its_kinds_alone(tmp_path: Path) -> None:
    """What nobody foresaw in an answer makes the nodes of that kind unknown, with the reason; others are matched."""
    file = tmp_path / "stack.yaml"
    file.write_text(
        document(nodes="    KeyedTrap:\n      it: {key: a}\n    Network:\n      main: {cidrBlock: 10.0.0.0/16}\n")
    )
    (stack,) = load(LocalFiles([file]), TRAPS)
    network = Live(
        "Network", "network-1", {"cidrBlock": "10.0.0.0/16"}, {OWNER_STACK: stack.name, OWNER_NAME: "main"}
    )
    live = {"Network": (network,), "KeyedTrap": (Live("KeyedTrap", "odd", {"key": 7}, {}),)}
    matched = match(stack, TRAPS, Inventory(ACCOUNT, stack.region, live))
    assert {Address("Network", "main"): network} == matched.live
    assert WORDS.format("telling apart every KeyedTrap", "TypeError") in matched.unknown[Address("KeyedTrap", "it")]


def test_a_bug_tells_where_it_is_and_nothing_that_may_be_secret() -> None:
    """The sentence names the sort of error, its file and line, and where to report it; not the error's own words."""
    with pytest.raises(Bug) as raised, blaming("reading", "Trap/it"):
        TrapSpec.model_validate({"depth": 1})
    assert "reading Trap/it failed with AttributeError (test_bugs.py:" in str(raised.value)
    assert "please report this message" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_what_is_raised_on_purpose_is_no_bug() -> None:
    """An error of our own goes through as it is."""
    error = HoldfastError("on purpose")
    with pytest.raises(HoldfastError) as raised, blaming("reading", "it"):
        raise error
    assert error is raised.value


def test_a_bug_does_not_vanish_by_itself() -> None:
    """Trying again at once is of no use."""
    assert Meaning.INVALID is Bug("reading", "it", ValueError()).meaning
