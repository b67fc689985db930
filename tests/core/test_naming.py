"""Names: what a document leaves open may vary, what it fixes stays, and neither makes two of one name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.model.naming import OpenName, named, owner_of, stem, varied
from controller.core.planning.step import Action
from tests.core.account import Account, stack_of, step

Pair = tuple[str, str]


def test_an_open_name_is_the_stack_and_the_node() -> None:
    """A name that nobody gave says whose it is."""
    assert named("web", "app", 255) == "web-app"


@pytest.mark.parametrize(
    ("stack", "name", "expected"),
    [
        ("ha-web", "x", "ha-web-x"),
        ("ha", "web-x", "ha-web-x-ce3f9b93"),
        ("web", "0a1b2c", "web-0a1b2c-4e4dd423"),
        ("web", "0a1b2c3d", "web-0a1b2c3d-55538c73"),
        ("web", "0a1b2c3", "web-0a1b2c3"),
    ],
)
def test_a_name_that_could_be_another_s_has_a_hash(stack: str, name: str, expected: str) -> None:
    """Where a hyphen, or what looks like a hash, would let it be read in two ways, its hash says which it is."""
    assert expected == named(stack, name, 255)


def test_a_name_that_marks_says_whose_it_is_by_its_hash() -> None:
    """Nobody gives such a name by hand: what proves the owner is the hash, and a variant keeps it."""
    name = named("ha", "drain", 255, identifies=True)
    assert name != named("ha", "drain", 255)
    assert "drain" == owner_of(name, "ha") == owner_of(varied(name, name), "ha")
    assert [None] * 3 == [owner_of("ha-drain", "ha"), owner_of("ha-drain-0a1b2c3d", "ha"), owner_of(name, "h")]


WORDS = st.text("ab0-", min_size=1, max_size=9).filter(lambda word: not word.startswith("-") and word[-1] != "-")
"""Short words of few letters, all of them hexadecimal digits, so that they meet often."""
NODES = st.tuples(st.sampled_from(["a", "a-a", "a-b", "a-0", "ab", "a-b-0"]) | WORDS, WORDS)
LONG = st.tuples(st.text("a-", max_size=6).map(lambda end: f"a{'-a' * 14}{end}a"), WORDS)


@settings(deadline=None)
@given(NODES | LONG, NODES | LONG, st.sampled_from([32, 63, 255]), st.booleans())
def test_no_two_nodes_have_one_name(one: Pair, two: Pair, limit: int, marks: bool) -> None:
    """Whatever stacks and nodes are called: no name, and no variant of one, is another's."""
    first, second = named(*one, limit, marks), named(*two, limit, marks)
    variant = varied(first, first)
    again = varied(first, variant)
    assert (one == two) is (first == second)
    assert (one == two) is second.fits(first) is second.fits(variant) is second.fits(again)
    assert (first,) * 3 == (stem(first), stem(variant), stem(again))
    assert max(map(len, (first, variant, again))) <= limit


@settings(deadline=None)
@given(NODES | LONG, NODES | LONG)
def test_a_name_that_marks_proves_one_owner(one: Pair, two: Pair) -> None:
    """It is read as its own stack's and node's, and as nobody else's."""
    name = varied(named(*one, 255, identifies=True), "taken")
    assert one[1] == owner_of(name, one[0])
    assert (one == two) is (owner_of(name, two[0]) == two[1])


def test_a_long_name_is_cut_within_its_limit_and_stays_its_own() -> None:
    """Two long names that begin alike are two names, and a variant fits within the limit too."""
    one, two = named("web", "a" * 60 + "1", 32), named("web", "a" * 60 + "2", 32)
    assert one != two
    assert len(varied(one, one)) <= 32


def test_every_variant_of_an_open_name_is_as_good() -> None:
    """A replacement under a varied name is no difference, another name is."""
    name = OpenName("web-app")
    assert name.fits("web-app")
    assert name.fits(varied(name, "web-app"))
    assert not name.fits("web-app-old")
    assert varied(name, "web-app") != varied(name, varied(name, "web-app"))


def test_a_replacement_varies_a_name_that_the_document_leaves_open() -> None:
    """The new group can be made while the old one still has the name."""
    before = stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"app": {"vpc": "main"}}})
    after = stack_of(
        {
            "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
            "SecurityGroup": {"app": {"vpc": "main", "description": "new"}},
        }
    )
    found = step(Account(before).plan(after), "SecurityGroup/app")
    assert (Action.REPLACE, None) == (found.action, found.blocked)
    assert varied(OpenName("web-app"), "web-app") == found.calls[1].parameters["GroupName"]


def test_a_replacement_that_would_need_a_taken_name_is_blocked() -> None:
    """A name that the document fixes is never fought over: the plan says what to do."""
    group = {"vpc": "main", "groupName": "servers"}
    before = stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"app": group}})
    after = stack_of(
        {
            "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
            "SecurityGroup": {"app": {**group, "description": "new"}},
        }
    )
    found = step(Account(before).plan(after), "SecurityGroup/app")
    assert found.blocked is not None
    assert ("name", "groupName" in found.blocked.why) == (found.blocked.by, True)


def test_a_varied_name_is_in_sync() -> None:
    """After the replacement the next plan has nothing to say of the name."""
    stack = stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"app": {"vpc": "main"}}})
    account = Account(stack)
    account.set("SecurityGroup/app", groupName=varied(OpenName("web-app"), "web-app"))
    assert step(account.plan(stack), "SecurityGroup/app").settled
