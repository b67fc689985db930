"""The one diff: each field by its own equality, and nothing concluded from what nobody knows."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.model import spec
from controller.core.model.call import Change
from controller.core.model.equality import Cidr, Json, OneOf
from controller.core.model.policy import Policy
from controller.core.model.reference import Address, Expression, Placeholder, Secret, Text
from controller.core.model.shape import Tree, shape_of
from controller.core.model.spec import Immutable, Keyed, Removable, ShownLate, Spec, To, Unordered
from controller.core.planning.diff import Difference, Known, Later, Resolution, Unknowable, diff, diff_tags


class Pane(Spec):
    """An element with a key, one part of which is a reference."""

    side: str
    room: Annotated[str | None, To("Room")] = None
    port: int | None = None
    colour: str | None = None
    ranges: Annotated[str | None, Cidr()] = None


class Frame(Spec):
    """A nested record."""

    width: int | None = None
    room: Annotated[str | None, To("Room")] = None


class Lock(Spec):
    """A part of a record that holds a secret."""

    maker: str
    code: Annotated[str | None, spec.WriteOnly()] = None


class Hinge(Spec):
    """An element of a list in which order means something."""

    metal: str | None = None
    lock: Lock | None = None


class Window(Spec):
    """A spec with every word that the diff knows."""

    text: str | None = None
    number: int | None = None
    range: Annotated[str | None, Cidr()] = None
    protocol: Annotated[str | None, OneOf({"6": "tcp", "all": "-1"})] = None
    document: Annotated[dict[str, Any] | None, Json()] = None
    policy: Annotated[dict[str, Any] | None, Policy()] = None
    ordered: list[str] | None = None
    words: Annotated[list[str] | None, Unordered()] = None
    rooms: Annotated[list[Annotated[str, To("Room")]] | None, Unordered()] = None
    panes: Annotated[list[Pane] | None, Keyed("side", "room", "port")] = None
    table: dict[str, str] | None = None
    frame: Frame | None = None
    awning: Annotated[Frame | None, Removable()] = None
    house: Annotated[str | None, To("House"), Immutable()] = None
    built: Annotated[int | None, Immutable()] = None
    password: Annotated[str | None, spec.WriteOnly()] = None
    at_once: Annotated[bool | None, spec.WriteSetting()] = None
    hinges: list[Hinge] | None = None
    glass: Annotated[str | None, ShownLate(), Immutable()] = None
    panels: Literal[1, 2, 4] | None = None


SHAPE = shape_of(Window)
HALL, ATTIC, HOUSE = Address("Room", "hall"), Address("Room", "attic"), Address("House", "old")


class Answers:
    """What each expression is known to be; all others are not known at all."""

    def __init__(self, answers: Mapping[Expression, Resolution] | None = None) -> None:
        self.answers = answers or {}

    def __call__(self, expression: Expression) -> Resolution:
        return self.answers.get(expression, Unknowable("nobody knows"))


def compared(desired: Tree, observed: Tree, answers: Answers | None = None, **more: Any) -> Difference:
    """The difference of two trees of a window."""
    return diff(SHAPE, desired, observed, answers or Answers(), **more)


def changes(desired: Tree, observed: Tree, answers: Answers | None = None, **more: Any) -> list[tuple[str, str]]:
    """Path and operation of every change, and the promise that nothing was left out."""
    found = compared(desired, observed, answers, **more)
    assert found.uncompared == []
    return [(change.path, change.op) for change in found.changes]


POLICY = {"Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": ["*"]}]}
SAME_POLICY = {"Statement": {"Effect": "Allow", "Action": ["s3:List*", "s3:Get*"], "Resource": "*"}}
EQUAL: list[tuple[str, Any, Any]] = [
    ("text", "a", "a"),
    ("range", "2001:db8:0::/32", "2001:db8::/32"),
    ("protocol", "6", "tcp"),
    ("protocol", "TCP", "tcp"),
    ("protocol", "all", "-1"),
    ("document", {"a": 1, "b": [1, 2]}, '{ "b": [1, 2], "a": 1 }'),
    ("policy", POLICY, json.dumps(SAME_POLICY)),
    ("policy", {"Statement": []}, {"Statement": []}),
    ("ordered", ["a", "b"], ["a", "b"]),
    ("words", ["a", "b"], ["b", "a"]),
    ("words", [], None),
    ("panes", [{"side": "l"}, {"side": "r"}], [{"side": "r"}, {"side": "l"}]),
    ("table", {"a": "1"}, {"a": "1", "b": "2"}),
    ("frame", {"width": 1}, {"width": 1, "room": "room-1"}),
    ("number", 0, 0),
]
UNEQUAL: list[tuple[str, Any, Any, str, str]] = [
    ("text", "a", "b", "text", "change"),
    ("text", "a", None, "text", "add"),
    ("number", 0, None, "number", "add"),
    ("range", "10.0.0.0/16", "10.0.0.0/17", "range", "change"),
    ("protocol", "tcp", "udp", "protocol", "change"),
    ("document", {"a": [1, 2]}, '{"a": [2, 1]}', "document", "change"),
    ("document", {"a": 1}, "not json", "document", "change"),
    ("policy", POLICY, {"Statement": []}, "policy", "change"),
    ("policy", {"Account": "123456789012"}, {"Account": "arn:aws:iam::123456789012:root"}, "policy", "change"),
    ("ordered", ["a", "b"], ["b", "a"], "ordered", "change"),
    ("words", ["a"], [], "words[a]", "add"),
    ("words", [], ["a"], "words[a]", "remove"),
    ("panes", [{"side": "l", "port": 1}], None, "panes[l:1]", "add"),
    ("panes", [], [{"side": "l"}], "panes[l]", "remove"),
    ("panes", [{"side": "l", "colour": "red"}], [{"side": "l", "colour": "blue"}], "panes[l]", "change"),
    ("panes", [{"side": "l"}], [{"side": "l", "colour": "red"}], "panes[l]", "change"),
    ("table", {"a": "1"}, {"a": "2", "b": "3"}, "table[a]", "change"),
    ("table", {"a": "1"}, None, "table[a]", "add"),
    ("frame", {"width": 1}, {"width": 2}, "frame.width", "change"),
    ("frame", {"width": 1}, None, "frame.width", "add"),
]


@pytest.mark.parametrize(("name", "desired", "observed"), EQUAL)
def test_equal_values_are_no_difference(name: str, desired: Any, observed: Any) -> None:
    """Every word compares by what the value means, not by how AWS or the document spells it."""
    assert changes({name: desired}, {} if observed is None else {name: observed}) == []


@pytest.mark.parametrize(("name", "desired", "observed", "path", "op"), UNEQUAL)
def test_a_difference_is_one_change_at_its_place(name: str, desired: Any, observed: Any, path: str, op: str) -> None:
    """A difference names the element or field it is about, and whether that is added, changed or removed."""
    assert changes({name: desired}, {} if observed is None else {name: observed}) == [(path, op)]


@pytest.mark.parametrize("name", ["ordered", "words", "panes", "policy", "awning"])
def test_what_the_document_empties_is_as_good_as_not_there(name: str) -> None:
    """An empty list or mapping is no difference to nothing, and what is there has to go."""
    empty: Any = {} if name in ("policy", "awning") else []
    lists: Tree = {"ordered": ["a"], "words": ["a"], "panes": [{"side": "l"}]}
    there = {**lists, "policy": {"a": 1}, "awning": {"width": 3}}
    assert compared({name: empty}, {}) == Difference()
    assert [] != compared({name: empty}, {name: there[name]}).changes


def test_what_the_document_leaves_unset_is_not_managed() -> None:
    """Only fields that the document sets are compared, at any depth."""
    observed = {"text": "by hand", "words": ["a"], "panes": [{"side": "l"}], "frame": {"width": 3}}
    assert compared({}, observed) == Difference()
    assert compared({"frame": {}}, observed) == Difference()
    assert compared({"awning": {"width": 3}}, {"awning": {"width": 3, "room": "room-1"}}) == Difference()


def test_write_only_is_never_compared_and_that_is_said() -> None:
    """What AWS never shows is neither equal nor different, and the plan says so."""
    found = compared({"password": Secret("env", "PASSWORD")}, {"password": "********"})
    assert found == Difference(uncompared=["password: AWS never returns it"])


def test_a_setting_of_the_writes_is_not_compared_and_not_mentioned() -> None:
    """What says how a write is made has nothing in AWS to compare with: the plan is silent about it."""
    assert compared({"atOnce": True}, {}) == Difference()


def test_ignored_paths_are_said_as_uncompared() -> None:
    """A difference that the document ignores is no change, and is not hidden either."""
    desired = {"text": "a", "frame": {"width": 1}, "words": ["a"]}
    found = compared(desired, {"text": "b"}, ignore=("text", "frame", "words[a]"))
    ignored = [f"{path}: ignored by lifecycle.ignore" for path in ("text", "frame.width", "words[a]")]
    assert found == Difference(uncompared=ignored)


def test_ignoring_one_path_ignores_no_other() -> None:
    """A path covers itself and what is inside it, not what merely begins alike."""
    assert changes({"text": "a"}, {"text": "b"}, ignore=("tex", "textual")) == [("text", "change")]


def test_a_part_of_an_element_can_be_ignored() -> None:
    """A path may lead into an element; the rest of the element is still compared."""
    desired = {"panes": [{"side": "l", "colour": "red", "ranges": "10.0.0.0/8"}]}
    observed = {"panes": [{"side": "l", "colour": "blue", "ranges": "10.0.0.0/8"}]}
    found = compared(desired, observed, ignore=("panes[l].colour",))
    assert found == Difference(uncompared=["panes[l].colour: ignored by lifecycle.ignore"])
    desired["panes"][0]["ranges"] = "10.0.0.0/9"
    (change,) = compared(desired, observed, ignore=("panes[l].colour",)).changes
    assert (change.path, change.op) == ("panes[l]", "change")


def test_a_part_of_every_element_can_be_ignored() -> None:
    """`[]` means each of them, whether elements have a key or only a place."""
    desired: Tree = {
        "panes": [{"side": side, "colour": "red"} for side in "lr"],
        "hinges": [{"metal": "iron", "lock": {"maker": "a"}}, {"metal": "iron"}],
    }
    observed: Tree = {
        "panes": [{"side": side, "colour": "blue"} for side in "lr"],
        "hinges": [{"metal": "brass", "lock": {"maker": "b"}}, {"metal": "brass"}],
    }
    found = compared(desired, observed, ignore=("panes[].colour", "hinges[].metal", "hinges[].lock.maker"))
    assert [] == found.changes
    ignored = ["panes[l].colour", "panes[r].colour", "hinges[0].metal", "hinges[0].lock.maker", "hinges[1].metal"]
    assert [f"{path}: ignored by lifecycle.ignore" for path in ignored] == found.uncompared


def test_an_additive_collection_keeps_strangers_and_reports_them() -> None:
    """With `exclusive: false` a stranger is not drift; missing and changed elements still are."""
    desired = {"panes": [{"side": "l", "colour": "red"}]}
    observed = {"panes": [{"side": "l", "colour": "blue"}, {"side": "r"}], "words": ["a"]}
    found = compared({**desired, "words": []}, observed, additive=frozenset({"panes"}))
    assert [(change.path, change.op) for change in found.changes] == [
        ("panes[l]", "change"),
        ("words[a]", "remove"),
    ]
    assert found.kept == ["panes[r]"]


def test_a_secret_in_a_list_hides_nothing_else() -> None:
    """An element that is gone is a difference, also where what is left out has a secret; the secret alone is none."""
    locked = {"metal": "brass", "lock": {"maker": "us", "code": Secret("env", "CODE")}}
    shown = {"metal": "brass", "lock": {"maker": "us"}}
    wanted = [locked, {"metal": "iron"}]
    assert [("hinges", "change")] == changes({"hinges": wanted}, {"hinges": [{"metal": "iron"}]})
    assert [("hinges", "add")] == changes({"hinges": wanted}, {})
    found = compared({"hinges": wanted}, {"hinges": [shown, {"metal": "iron"}]})
    assert Difference(uncompared=["hinges[0].lock.code: AWS never returns it"]) == found


def test_what_aws_shows_late_is_no_difference_before() -> None:
    """Until AWS shows it nobody takes it for another value, which would replace what is being made; that is said."""
    assert Difference(uncompared=["glass: AWS does not return it yet"]) == compared({"glass": "clear"}, {})
    assert Difference() == compared({"glass": "clear"}, {"glass": "clear"})
    (change,) = compared({"glass": "clear"}, {"glass": "stained"}).changes
    assert Change("glass", "change", "clear", "stained") == change


@pytest.mark.parametrize(("observed", "differs"), [(2, False), (4, True)])
def test_a_choice_of_numbers_is_a_number(observed: int, differs: bool) -> None:
    """A field that takes one of several numbers compares them as numbers, also what another node says as a text."""
    elsewhere = Answers({Placeholder(HALL, "panels"): Known("2")})
    assert differs is bool(compared({"panels": 2}, {"panels": observed}).changes)
    assert differs is bool(compared({"panels": Placeholder(HALL, "panels")}, {"panels": observed}, elsewhere).changes)


def test_choices_are_of_one_type() -> None:
    """A field that takes a number or a text has no type of its own; that is told where it is declared."""

    class Mixed(Spec):
        panels: Literal[1, "many"]

    with pytest.raises(TypeError, match="of one type"):
        shape_of(Mixed)


def test_all_differences_of_one_element_are_one_change() -> None:
    """An element is written as a whole, so it is one change with the whole element on both sides."""
    desired = {"side": "l", "colour": "red", "ranges": "10.0.0.0/8"}
    observed = {"side": "l", "colour": "blue", "ranges": "10.0.0.0/9"}
    (change,) = compared({"panes": [desired]}, {"panes": [observed]}).changes
    assert change == Change("panes[l]", "change", desired, observed)


# --- references ---


def test_a_known_reference_compares_by_its_value() -> None:
    """As soon as AWS shows a value, the reference is that value, in fields, lists, elements and records."""
    hall = Placeholder(HALL)
    desired = {"frame": {"room": hall}, "rooms": [hall], "panes": [{"side": "l", "room": hall}]}
    answers = Answers({hall: Known("room-1")})
    same = {"frame": {"room": "room-1"}, "rooms": ["room-1"], "panes": [{"side": "l", "room": "room-1"}]}
    assert changes(desired, same, answers) == []
    other = {"frame": {"room": "room-2"}, "rooms": ["room-2"], "panes": [{"side": "l", "room": "room-2"}]}
    assert changes(desired, other, answers) == [
        ("frame.room", "change"),
        ("rooms[hall]", "add"),
        ("rooms[room-2]", "remove"),
        ("panes[l:hall]", "add"),
        ("panes[l:room-2]", "remove"),
    ]


@pytest.mark.parametrize(("value", "shown"), [("5432", 5432), (5432, 5432)])
def test_an_attribute_takes_the_type_of_the_field(value: object, shown: object) -> None:
    """`{from: …}` keeps the type of the field that it stands in, as a field and as a key of an element."""
    port = Placeholder(HALL, "port")
    answers = Answers({port: Known(value)})
    assert changes({"number": port}, {"number": shown}, answers) == []
    desired, observed = ({"panes": [{"side": "l", "port": each}]} for each in (port, shown))
    assert changes(desired, observed, answers) == []


def test_a_text_with_attributes_compares_as_the_whole_text() -> None:
    """A text with holes is compared with its holes filled in."""
    text = Text("host=${h}", (("h", Placeholder(HALL, "host")),))
    answers = Answers({Placeholder(HALL, "host"): Known("x"), text: Known("host=x")})
    assert changes({"text": text}, {"text": "host=x"}, answers) == []
    assert changes({"text": text}, {"text": "host=y"}, answers) == [("text", "change")]


def test_a_reference_known_later_is_a_consequence() -> None:
    """What another node's step will change is in the plan, named after that node, and is not drift."""
    hall = Placeholder(HALL)
    answers = Answers({hall: Later(HALL, replaced=False)})
    desired = {"frame": {"room": hall}, "rooms": [hall], "panes": [{"side": "l", "room": hall}]}
    found = compared(desired, {"frame": {"room": "room-1"}}, answers)
    assert [change.because for change in found.changes] == [HALL, HALL, HALL]
    assert found.uncompared == []


def test_an_unknowable_reference_is_not_compared_and_that_is_said() -> None:
    """Unknown is never shown as in sync, and is never corrected."""
    hall = Placeholder(HALL)
    desired = {
        "frame": {"room": hall},
        "rooms": [hall],
        "panes": [{"side": "l", "room": hall}],
        "document": {"a": [hall]},
    }
    observed = {
        "frame": {"room": "room-1"},
        "rooms": ["room-1"],
        "panes": [{"side": "l", "room": "room-1"}],
        "document": "{}",
    }
    found = compared(desired, observed)
    assert found.changes == []
    paths = ["frame.room", "rooms[hall]", "panes[l:hall]", "document"]
    assert sorted(found.uncompared) == sorted(f"{path}: nobody knows" for path in paths)


@pytest.mark.parametrize("shown", [["room-1", "room-2"], ["room-2", "room-1"], ["room-2"], []])
def test_what_an_unknowable_element_may_stand_for_is_not_removed(shown: list[str]) -> None:
    """Any of the elements that fit may be the one that nobody knows, so none of them is a stranger."""
    hall, attic = Placeholder(HALL), Placeholder(ATTIC)
    answers = Answers({attic: Known("room-9")})
    panes = [{"side": "l", "room": room} for room in shown]
    observed = {"rooms": ["room-9", *shown], "panes": [{"side": "l", "room": "room-9"}, *panes]}
    desired = {"rooms": [attic, hall], "panes": [{"side": "l", "room": room} for room in (attic, hall)]}
    found = compared(desired, observed, answers)
    assert found.changes == []
    assert found.uncompared == ["rooms[hall]: nobody knows", "panes[l:hall]: nobody knows"]


def test_an_element_that_needs_what_nobody_knows_is_not_added() -> None:
    """Its call could not be made; a secret is no such thing, it is read when the call is made."""
    hidden, known = {"side": "l", "colour": Placeholder(HALL, "colour")}, {"side": "r", "colour": Secret("env", "X")}
    found = compared({"panes": [hidden, known]}, {})
    assert [change.path for change in found.changes] == ["panes[r]"]
    assert found.uncompared == ["panes[l]: nobody knows"]


def test_an_element_keyed_by_an_unknown_reference_is_one_change() -> None:
    """It takes the place of what fits it but for the reference: a change, not an add beside a remove."""
    hall = Placeholder(HALL)
    answers = Answers({hall: Later(HALL, replaced=True)})
    desired, observed = {"side": "l", "room": hall}, {"side": "l", "room": "room-1"}
    found = compared({"panes": [desired], "rooms": [hall]}, {"panes": [observed], "rooms": ["room-1"]}, answers)
    assert found.changes == [
        Change("panes[l:hall]", "change", desired, observed, HALL),
        Change("rooms[hall]", "change", hall, "room-1", HALL),
    ]


def test_an_element_that_fits_nothing_is_an_add() -> None:
    """Another side of the window is another element, whatever the reference turns out to be."""
    hall = Placeholder(HALL)
    answers = Answers({hall: Later(HALL, replaced=False)})
    desired, observed = {"panes": [{"side": "l", "room": hall}]}, {"panes": [{"side": "r", "room": "room-1"}]}
    assert changes(desired, observed, answers) == [("panes[l:hall]", "add"), ("panes[r:room-1]", "remove")]


def test_a_known_element_is_matched_before_one_that_is_not() -> None:
    """The unknown element does not take what another element plainly is."""
    hall, attic = Placeholder(HALL), Placeholder(ATTIC)
    answers = Answers({hall: Later(HALL, replaced=False), attic: Known("room-1")})
    assert changes({"rooms": [hall, attic]}, {"rooms": ["room-1"]}, answers) == [("rooms[hall]", "add")]


def test_a_missing_parent_never_changes_an_immutable_reference() -> None:
    """Invariant 9: only a parent that is really replaced replaces its children, a missing one does not."""
    house = Placeholder(HOUSE)
    missing = compared({"house": house}, {"house": "house-1"}, Answers({house: Later(HOUSE, replaced=False)}))
    assert missing == Difference(uncompared=["house: cannot be compared until House/old exists"])
    blocked = compared({"house": house}, {"house": "house-1"})
    assert blocked == Difference(uncompared=["house: nobody knows"])
    replaced = compared({"house": house}, {"house": "house-1"}, Answers({house: Later(HOUSE, replaced=True)}))
    assert replaced.changes == [Change("house", "change", house, "house-1", HOUSE)]


def test_a_mix_of_drift_and_consequence_is_drift() -> None:
    """An element that differs also by itself is drift, not only a consequence."""
    port = Placeholder(HALL, "port")
    answers = Answers({port: Later(HALL, replaced=False)})
    desired = {"side": "l", "colour": "red", "ranges": port}
    observed = {"side": "l", "colour": "blue", "ranges": "10.0.0.0/8"}
    (change,) = compared({"panes": [desired]}, {"panes": [observed]}, answers).changes
    assert change.because is None
    (change,) = compared({"panes": [{**desired, "colour": "blue"}]}, {"panes": [observed]}, answers).changes
    assert change.because == HALL


def test_only_named_tags_are_managed() -> None:
    """Tags of others are left alone; those that the document names are added or changed."""
    found = diff_tags({"a": "1", "b": "2"}, {"b": "3", "aws:made-by": "x"})
    assert found == [Change("tags[a]", "add", "1", None), Change("tags[b]", "change", "2", "3")]


# --- laws ---

TEXTS = st.sampled_from(["a", "b", "c", "10.0.0.0/8", ""])
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PANES = st.fixed_dictionaries(
    {"side": TEXTS}, optional={"room": TEXTS, "port": st.integers(0, 3), "colour": TEXTS, "ranges": TEXTS}
)
WINDOWS = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS,
        "number": st.integers(-2, 2),
        "range": TEXTS,
        "protocol": st.sampled_from(["6", "tcp", "-1", "all"]),
        "document": st.dictionaries(TEXTS, JSONS, max_size=3),
        "policy": st.dictionaries(TEXTS, JSONS, max_size=3),
        "ordered": st.lists(TEXTS, max_size=3),
        "words": st.lists(TEXTS, unique=True, max_size=4),
        "panes": st.lists(PANES, max_size=4, unique_by=lambda p: (p["side"], p.get("room"), p.get("port"))),
        "table": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "frame": st.fixed_dictionaries({}, optional={"width": st.integers(0, 2), "room": TEXTS}),
        "built": st.integers(0, 2),
    },
)


@settings(deadline=None)
@given(WINDOWS)
def test_nothing_differs_from_itself(tree: Tree) -> None:
    """What AWS shows exactly as the document says is in sync, whatever it is."""
    assert compared(tree, tree) == Difference()


@settings(deadline=None)
@given(WINDOWS, WINDOWS, st.randoms(use_true_random=False))
def test_order_never_matters(desired: Tree, observed: Tree, random: Any) -> None:
    """Fields, elements and keys may come in any order; only a plain list has one."""

    def shuffled(tree: Tree) -> Tree:
        parts = list(tree.items())
        random.shuffle(parts)
        found = dict(parts)
        for name in ("words", "panes"):
            if name in found:
                found[name] = random.sample(found[name], len(found[name]))
        return found

    def told(difference: Difference) -> list[str]:
        return sorted(f"{c.path} {c.op} {c.desired!r} {c.observed!r}" for c in difference.changes)

    assert told(compared(desired, observed)) == told(compared(shuffled(desired), shuffled(observed)))


@settings(deadline=None)
@given(WINDOWS, WINDOWS)
def test_making_every_change_brings_it_in_sync(desired: Tree, observed: Tree) -> None:
    """The changes are all there is: a thing that takes them over does not differ any more."""
    made = dict(observed)
    for change in compared(desired, observed).changes:
        made[change.field] = desired[change.field]
    assert compared(desired, made).changes == []
