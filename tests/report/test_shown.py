"""How single values are worded for people."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core.model.call import Change
from controller.core.model.live import Phase
from controller.core.model.reference import Address, Encoded, Foreign, Lookup, Placeholder, Secret, Text
from controller.core.planning.step import Action, State, Step
from controller.report.shown import Wording, at_work, remarks, visible
from tests.report.samples import live, plan, step

VPC, NAT, DATABASE = Address("Vpc", "main"), Address("NatGateway", "a"), Address("DbInstance", "db")
PLAN = plan(
    step("Vpc/main", State.IN_SYNC, id="vpc-1"),
    step("NatGateway/a", State.DRIFTED, Action.REPLACE, "nat-old"),
    Step(DATABASE, State.DRIFTED, Action.UPDATE, live("DbInstance", "db-1", endpoint="db.example")),
)
WORDS: list[tuple[Any, str]] = [
    (None, "(not set)"),
    (True, "true"),
    (5432, "5432"),
    ("10.0.0.0/16", "10.0.0.0/16"),
    ("two words", '"two words"'),
    ("", '""'),
    ([], "[]"),
    ({"port": 5432, "from": "0.0.0.0/0", "deep": {"a": None}}, "{port=5432 from=0.0.0.0/0 deep={a=null}}"),
    (["a", 1, [False]], "[a, 1, [false]]"),
    (frozenset({"b", "a"}), "[a, b]"),
    (Placeholder(VPC), "vpc-1 (Vpc/main)"),
    (Placeholder(VPC, "arn"), "(known after apply: Vpc/main arn)"),
    (Placeholder(NAT), "(known after apply: NatGateway/a)"),
    (Placeholder(DATABASE, "endpoint"), "db.example (DbInstance/db endpoint)"),
    (Placeholder(Address("Role", "gone")), "(known after apply: Role/gone)"),
    (Foreign("network", VPC), "(Vpc/main of stack network)"),
    (Lookup("Image", (("name", "web"),)), "(looked up: Image(name=web))"),
    (Secret("env", "PASSWORD"), "(secret)"),
    (Encoded({"Vpc": Placeholder(VPC)}), "{Vpc=vpc-1 (Vpc/main)}"),
    (Text("host=${db}", (("db", Placeholder(DATABASE, "endpoint")),)), '"host=db.example"'),
    (Text("nat-${nat}", (("nat", Placeholder(NAT)),)), '"nat-(known after apply: NatGateway/a)"'),
    (Text("pw:${pw}", (("pw", Secret("env", "PASSWORD")),)), "pw:(secret)"),
]


@pytest.mark.parametrize(("value", "expected"), WORDS, ids=[expected for _, expected in WORDS])
def test_a_value_is_one_short_line(value: Any, expected: str) -> None:
    """Known values are shown, others say where they come from, a secret says only that it is one."""
    assert expected == Wording(PLAN).value(value)


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ("{b=3}", "{b=2}")),
        ({"vpc": Placeholder(VPC), "b": 2}, {"vpc": "vpc-1"}, ("{}", "{b=2}")),
        ({"a": 1}, {"a": 1}, ("{a=1}", "{a=1}")),
        ({"a": 1}, {"a": 1, "gateway": "igw-1"}, ("{gateway=igw-1}", "{}")),
        (1, None, ("(not set)", "1")),
    ],
)
def test_of_two_structures_the_difference_is_shown(desired: Any, observed: Any, expected: tuple[str, str]) -> None:
    """Equal parts are left out, unless nothing else would be left."""
    change = Change("rules[x]", "change", desired, observed)
    assert expected == Wording(PLAN).observed_and_desired(change)


def test_what_cannot_be_seen_is_written_out() -> None:
    """Only what was asked to be kept stays."""
    assert "a\\n\\x1b\\u202eé" == visible("a\n\x1b\u202eé")
    assert "a\nb" == visible("a\nb", keep="\n")


def test_what_waits_for_a_person_says_so() -> None:
    """Not that AWS is at work: what has to be done, and nothing of AWS's own word for it."""
    unconfirmed = replace(live("Subscription", "s"), phase=Phase.PENDING, progress="no", awaits="confirm it")
    asked = Step(Address("Subscription", "s"), State.PENDING, live=unconfirmed)
    assert "waiting for a person: confirm it" == at_work(asked)
    assert ["waiting for a person: confirm it"] == list(remarks(asked))
