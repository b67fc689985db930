"""The node as it is to be written: what is ignored in it is as it is live, at any depth, and nothing else changes."""

from typing import Any

import pytest

from controller.core.model.live import Live
from controller.core.model.node import Lifecycle, Node
from controller.core.model.ownership import OWNER_NAME
from controller.core.model.paths import covers, steps_of
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.planning.ignored import as_it_is, tag_ignored
from tests.core.kinds import CATALOG

PEER = Placeholder(Address("Group", "peer"))


def known(value: Any) -> Any:
    """The other group is live."""
    return "g-peer" if value == PEER else value


def written(kind: str, desired: Tree, observed: Tree, *ignore: str, anew: bool = False) -> Tree:
    """The fields as they are to be written."""
    node = Node(Address(kind, "it"), desired, {}, Lifecycle(ignore=ignore))
    return as_it_is(CATALOG[kind].shape, node, Live(kind, "x-1", observed, {}), known, anew).fields


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("routes[0.0.0.0/0]", ("routes", "0.0.0.0/0")),
        ("routes[::/0].gateway", ("routes", "::/0", "gateway")),
        ("tags[kubernetes.io/name]", ("tags", "kubernetes.io/name")),
        ("tags.Owner", ("tags", "Owner")),
        ("a[b][c]", ("a", "b", "c")),
    ],
)
def test_a_path_is_read_step_by_step(path: str, steps: tuple[str, ...]) -> None:
    """Names behind dots, keys between brackets; dots within brackets are the key's."""
    assert steps == steps_of(path)


def test_a_path_covers_what_is_in_it() -> None:
    """A field covers its parts, an element its own, and nothing that only begins alike."""
    assert covers("lock", "lock.grade")
    assert covers("tags.Owner", "tags[Owner]")
    assert covers("rules[tcp]", "rules[tcp].port")
    assert covers("rules[].port", "rules[tcp].port")
    assert covers("rules[].port", "rules[0].port.first")
    assert not covers("rules[].port", "rules[tcp].peer")
    assert not covers("rules[].port", "rules[tcp]")
    assert not covers("loc", "lock")
    assert not covers("lock.grade", "lock")
    assert not covers("rules[tcp]", "rules[tcp:443]")


DOOR: Tree = {
    "greeting": "hello",
    "lock": {"grade": "heavy", "code": "1"},
    "labels": {"a": "1", "b": "2"},
    "ports": [1, 2],
    "weight": 1.5,
}


@pytest.mark.parametrize(
    ("path", "live", "change"),
    [
        ("greeting", {"greeting": "bye"}, {"greeting": "bye"}),
        ("greeting", {}, {"greeting": None}),
        ("lock.grade", {"lock": {"grade": "light"}}, {"lock": {"grade": "light", "code": "1"}}),
        ("lock.grade", {}, {"lock": {"code": "1"}}),
        ("lock", {"lock": {"grade": "light"}}, {"lock": {"grade": "light"}}),
        ("labels[a]", {"labels": {"a": "9", "c": "3"}}, {"labels": {"a": "9", "b": "2"}}),
        ("labels.a", {}, {"labels": {"b": "2"}}),
        ("ports[1]", {"ports": [2]}, {"ports": [2]}),
        ("ports[3]", {"ports": [3, 4]}, {"ports": [1, 2, 3]}),
        ("ports", {"ports": [4]}, {"ports": [4]}),
        ("policy", {"policy": {"a": 1}}, {}),
        ("greeting.there", {"greeting": "bye"}, {}),
        ("lock.nothing", {"lock": {"grade": "light"}}, {}),
    ],
)
def test_an_ignored_path_is_as_it_is_live(path: str, live: Tree, change: Tree) -> None:
    """A value, a part of a structure, a key of a map, an element: as AWS shows it, or left out where it shows none.
    What the document does not set is not set for being ignored.
    """
    expected = {name: value for name, value in {**DOOR, **change}.items() if value is not None}
    assert expected == written("Door", DOOR, live, path)


def test_what_is_never_shown_is_the_documents_for_a_new_thing() -> None:
    """A secret cannot be taken from the old one; over the old one it is not sent."""
    assert {"lock": {}} == written("Door", {"lock": {"code": "1"}}, {"lock": {}}, "lock.code")
    assert {"lock": {"code": "1"}} == written("Door", {"lock": {"code": "1"}}, {"lock": {}}, "lock.code", anew=True)


RULE: Tree = {"protocol": "tcp", "port": 443, "peer": PEER}


def test_an_element_is_found_by_its_key() -> None:
    """By the name of its node or by the id that AWS shows; there or not, it stays so."""
    shown = {"protocol": "tcp", "port": 443, "peer": "g-peer"}
    for path in ("rules[tcp:443:peer]", "rules[tcp:443:g-peer]"):
        assert {"rules": [shown]} == written("Group", {"rules": [RULE]}, {"rules": [shown]}, path)
        stranger = {"protocol": "udp", "port": 53}
        assert {"rules": [RULE]} == written("Group", {"rules": [RULE]}, {"rules": [shown, stranger]}, "rules[udp]")
    assert {"rules": []} == written("Group", {"rules": [RULE]}, {"rules": []}, "rules[tcp:443:peer]")
    assert {"rules": [shown]} == written("Group", {"rules": []}, {"rules": [shown]}, "rules[tcp:443:g-peer]")


def test_a_field_of_every_element_is_as_it_is_live() -> None:
    """In each that is there; one that is not is as the document says."""
    rules: list[Tree] = [{"protocol": "tcp", "port": port, "why": "mine"} for port in (1, 2, 3)]
    shown: list[Tree] = [{"protocol": "tcp", "port": 2, "why": "theirs"}, {"protocol": "tcp", "port": 3}]
    expected = [rules[0], shown[0], shown[1]]
    assert {"rules": expected} == written("Group", {"rules": rules}, {"rules": shown}, "rules[].why")


def test_tags_are_as_they_are_live() -> None:
    """But for the marks by which a thing is known."""
    node = Node(Address("Group", "it"), {}, {"Env": "a", "Team": "b", OWNER_NAME: "it"}, Lifecycle(ignore=("tags",)))
    found = as_it_is(CATALOG["Group"].shape, node, Live("Group", "g-1", {}, {"Env": "c", OWNER_NAME: "no"}), known)
    assert {"Env": "c", OWNER_NAME: "it"} == found.tags
    assert not tag_ignored(node, OWNER_NAME)
