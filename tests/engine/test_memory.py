"""What passes remember of one another: a help, never a source of truth."""

from dataclasses import replace

import pytest

from controller.core.model.call import Change
from controller.core.model.cloud import LASTING, Meaning, Refused
from controller.core.model.delays import Delays
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Phase, Placed
from controller.core.model.live import Thing as RealThing
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.step import Action, Plan, State, Step
from controller.engine.incidents import FLAPPING_SECONDS
from controller.engine.memory import (
    FORGET_REPEATS_SECONDS,
    FREE_TRIES,
    LONGEST_BACKOFF,
    RIVAL_SECONDS,
    SECOND_LOOK_SECONDS,
    Memory,
)
from tests.clock import Clock
from tests.core.kinds import Fake
from tests.engine.harness import REGION

A, B = Address("Thing", "a"), Address("Thing", "b")
LAG, SHOWN, KNOWN = 40.0, 7.0, 90.0


class Thing(Fake):
    """What may be missing from its listing for a while, and is shown and known late."""

    delays, tagged = Delays(LAG, SHOWN, KNOWN), False


class Marked(Thing):
    """One that carries owner tags."""

    tagged = True


KINDS: Catalog = {"Thing": Thing()}
MADE = "exists, but it is not listed yet"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Memory:
    return Memory(clock)


def live(id: str, phase: Phase = Phase.READY) -> Live:
    """Something live."""
    return Live("Thing", id, {}, {}, phase)


def refused(meaning: Meaning, words: str, within: float | None = None) -> Refused:
    """AWS's answer to a write."""
    return Refused("ec2", "CreateThing", "Code", meaning, words, "r-1", within)


def seen(**ids: str) -> Match:
    """A match that found these nodes."""
    return Match(live={Address("Thing", name): live(id) for name, id in ids.items()})


def listed(*ids: str, failed: bool = False) -> Inventory:
    """What the listing of the kind shows."""
    shown = {} if failed else {"Thing": tuple(live(id) for id in ids)}
    return Inventory("1", REGION, shown, {"Thing": "denied"} if failed else {})


def drifted(value: str = "x") -> Step:
    """A step that corrects one difference."""
    change = Change("colour", "change", "red", value)
    return Step(A, State.DRIFTED, Action.UPDATE, live("id-a"), (change,))


def plan(state: State) -> Plan:
    """A plan in which the node is in this state."""
    return Plan("web", "1", REGION, (Step(A, state),))


# --- what was made ---


def test_what_was_made_settles_until_it_is_listed(memory: Memory, clock: Clock) -> None:
    """Not listed yet is not missing for as long as a listing of the kind may lag; then it counts as gone."""
    memory.born({A: "id-a"})
    assert memory.settling(Match(), listed(), KINDS) == {A: f"id-a {MADE}"}
    clock.time += LAG
    assert memory.settling(Match(), listed(), KINDS) == {A: f"id-a {MADE}"}
    clock.time += 1
    assert memory.settling(Match(), listed(), KINDS) == {}


def test_what_was_listed_once_may_be_left_out_again(memory: Memory, clock: Clock) -> None:
    """AWS's answers come from several places: a new thing that one has shown is not gone when another does not."""
    memory.born({A: "id-a", B: "id-b"})
    assert memory.settling(seen(a="id-a"), listed("id-a"), KINDS) == {B: f"id-b {MADE}"}
    assert memory.settling(seen(b="id-b"), listed("id-b"), KINDS) == {A: f"id-a {MADE}"}
    clock.time += LAG + 1
    assert memory.settling(Match(), listed(), KINDS) == {}
    assert memory.made == {}


def test_what_was_shown_for_a_while_is_there(memory: Memory, clock: Clock) -> None:
    """Missing after that, it is gone: nobody waits any longer for listings that do not know it."""
    memory.born({A: "id-a"})
    assert memory.settling(seen(a="id-a"), listed("id-a"), KINDS) == {}
    clock.time += FLAPPING_SECONDS
    assert memory.settling(Match(), listed(), KINDS) == {A: f"id-a {MADE}"}
    clock.time += 1
    assert memory.settling(Match(), listed(), KINDS) == {}


def test_a_listing_is_as_old_as_its_question(memory: Memory, clock: Clock) -> None:
    """However long AWS took to answer: what it does not show may have been made since."""
    memory.born({A: "id-a"})
    asked = listed().requested({Placed("Thing")}, clock.time + 1).requested({Placed("Other")}, clock.time + LAG + 1)
    clock.time += LAG + 60
    assert memory.settling(Match(), asked, KINDS) == {A: f"id-a {MADE}"}


def test_what_is_shown_without_its_tags_is_not_shown_yet(memory: Memory) -> None:
    """Tags lag behind as well: they are not set again on what was made with them."""
    memory.born({A: "id-a"})
    assert memory.settling(seen(a="id-a"), listed("id-a"), {"Thing": Marked()}) == {
        A: "id-a exists, but its tags are not listed yet"
    }


@pytest.mark.parametrize("kinds", [("Thing", "Holder"), ("Holder", "Thing")])
def test_what_has_another_things_id_shows_nothing_of_it(memory: Memory, kinds: tuple[str, str]) -> None:
    """What holds a volume has the volume's id and no tags: the volume's own are shown all the same."""
    memory.born(dict.fromkeys((Address(kind, "a") for kind in kinds), "id-a"))
    marks = {OWNER_STACK: "web", OWNER_NAME: "a"}
    shown = {kind: (Live(kind, "id-a", {}, marks if kind == "Thing" else {}),) for kind in kinds}
    assert memory.settling(Match(), Inventory("1", REGION, shown), {"Thing": Marked(), "Holder": Thing()}) == {}


def test_what_was_deleted_does_not_settle(memory: Memory) -> None:
    """Made and deleted on purpose within a moment, it is simply gone."""
    memory.born({A: "id-a"})
    memory.removed(A, "id-a")
    assert memory.settling(Match(), listed(), KINDS) == {}


def test_a_failed_listing_settles_nothing(memory: Memory) -> None:
    """The node is unknown then; it settles when the listing is back."""
    memory.born({A: "id-a"})
    assert memory.settling(Match(unknown={A: "denied"}), listed(failed=True), KINDS) == {}
    assert memory.settling(Match(), listed(), KINDS) == {A: f"id-a {MADE}"}


# --- what was seen ---


def test_what_was_seen_and_is_wanted_and_missing_is_gone(memory: Memory) -> None:
    """What is unknown, leaving, or no longer in the document has not disappeared."""
    memory.believe(seen(a="1", b="2", c="3", d="4", e="5"))
    found = Match(
        live={A: live("1")},
        unknown={B: "denied"},
        leaving={Address("Thing", "c"): live("3", Phase.LEAVING)},
    )
    wanted = [Address("Thing", name) for name in "abcd"]
    assert memory.gone(found, wanted) == 1
    assert len(memory.seen) == 5


def test_ids_of_what_is_gone_are_kept(memory: Memory) -> None:
    """They help to find it again when only its tags are gone."""
    memory.believe(seen(a="1", b="2"))
    memory.believe(seen(a="1"))
    assert memory.ids == {A: "1", B: "2"}
    assert memory.seen == {A}


def test_what_was_deleted_on_purpose_has_not_disappeared(memory: Memory) -> None:
    """A destroy, or a replacement's end, is no mass disappearance."""
    memory.believe(seen(a="1", b="2"))
    memory.removed(A, "1")
    assert memory.gone(Match(), [A, B]) == 1
    assert A not in memory.ids


def test_what_was_being_deleted_has_not_disappeared(memory: Memory) -> None:
    """Killed in the middle of a destroy: what is gone was meant to go; what is there again is seen again."""
    memory.believe(seen(a="1", b="2"))
    memory.departing = {A, B}
    assert memory.gone(seen(b="2"), [A, B]) == 0
    memory.believe(seen(b="2"))
    assert memory.departing == {A}


def test_a_left_over_that_is_deleted_takes_nothing_along(memory: Memory) -> None:
    """What carried the node's name beside it is not the node."""
    memory.believe(seen(a="1"))
    memory.removed(A, "old")
    assert memory.ids == {A: "1"}
    assert memory.seen == {A}


def test_an_outage_forgets_nothing(memory: Memory) -> None:
    """What could not be seen is as it was: gone after the outage, it has disappeared."""
    memory.believe(seen(a="1", b="2"))
    memory.believe(Match(unknown={A: "unreachable", B: "unreachable"}))
    assert memory.seen == {A, B}
    assert memory.gone(Match(), [A, B]) == 2


# --- what AWS was asked for ---


def test_what_may_have_been_made_settles_for_the_lag(memory: Memory, clock: Clock) -> None:
    """The answer was lost: until it would be listed, nobody may say that it is missing."""
    memory.intend([A, B])
    clock.time += 3
    memory.close_intents([A, B], unsure=[A])
    assert set(memory.settling(Match(), listed(), KINDS)) == {A}
    clock.time += LAG
    assert set(memory.settling(Match(), listed(), KINDS)) == {A}
    clock.time += 1
    assert memory.settling(Match(), listed(), KINDS) == {}


def test_what_was_asked_for_and_is_there_is_known(memory: Memory) -> None:
    """It was made: its intent is over."""
    memory.intend([A])
    assert memory.settling(seen(a="1"), listed("1"), KINDS) == {}
    assert memory.intents == {}
    assert memory.settling(Match(), listed(), KINDS) == {A: f"1 {MADE}"}  # left out again


def test_what_nobody_remembers_may_have_been_made_a_moment_ago(memory: Memory, clock: Clock) -> None:
    """Others of the stack are there: only a listing asked for after the lag says that this one is missing."""
    memory.presume([B], seen(a="1"))
    memory.believe(seen(a="1"))
    assert set(memory.settling(seen(a="1"), listed("1"), KINDS)) == {B}
    clock.time += LAG
    memory.presume([B], seen(a="1"))
    assert "for another 1 s" in memory.settling(seen(a="1"), listed("1"), KINDS)[B]
    clock.time += 1
    assert memory.settling(seen(a="1"), listed("1"), KINDS) == {}


def test_a_plan_says_what_is_to_be_made_whatever_is_presumed(memory: Memory) -> None:
    """It shows what applying comes to; that this waits first is no other plan."""
    memory.presume([B], seen(a="1"))
    assert memory.settling(seen(a="1"), listed("1"), KINDS, making=False) == {}


def test_an_empty_stack_waits_for_nothing(memory: Memory) -> None:
    """Nothing of it is there: it is made for the first time."""
    memory.presume([A, B], Match())
    assert memory.settling(Match(), listed(), KINDS) == {}


def test_who_remembers_presumes_nothing(memory: Memory) -> None:
    """What was asked for is remembered then."""
    memory.believe(seen(a="1"))
    memory.presume([B], seen(a="1"))
    assert memory.settling(seen(a="1"), listed("1"), KINDS) == {}


# --- who else writes ---


def copied(id: str, name: str = "a") -> Match:
    """A match in which another thing carries the marks of a node."""
    return Match(copies=[(Address("Thing", name), live(id))])


def test_a_twin_of_what_was_just_made_tells_of_another_writer(memory: Memory, clock: Clock) -> None:
    """Somebody else made the same: nothing is written until it has been quiet for a while."""
    memory.born({A: "1"})
    assert "id-2 has the owner tags of Thing/a" in memory.other_writer(copied("id-2"))
    clock.time += RIVAL_SECONDS - 1
    assert memory.other_writer(Match())
    clock.time += 1
    assert memory.other_writer(Match()) == ""


def test_a_copy_of_what_was_long_there_tells_of_nobody(memory: Memory) -> None:
    """Tags are copied every day."""
    memory.believe(seen(a="1"))
    assert memory.other_writer(copied("id-2")) == ""


def test_corrections_that_are_undone_tell_of_another_writer(memory: Memory, clock: Clock) -> None:
    """One node that comes back is somebody's hand; several at once are another program."""
    other = replace(drifted(), address=B)
    for step in (drifted(), drifted(), other):
        memory.corrected(step)
    assert memory.other_writer(Match()) == ""
    memory.corrected(other)
    assert "undone: Thing/a, Thing/b" in memory.other_writer(Match())
    memory.reset_failures()
    assert memory.other_writer(Match()) == ""


# --- looks ---


def missing(address: Address = A) -> Plan:
    """A plan that makes a node."""
    return Plan("web", "1", REGION, (Step(address, State.MISSING, Action.CREATE),))


def test_two_looks_agree(memory: Memory) -> None:
    """The same difference in the look before; another one is seen for the first time."""
    assert not memory.agrees(drifted())
    memory.look(Plan("web", "1", REGION, (drifted(),)))
    assert memory.agrees(drifted())
    assert not memory.agrees(drifted("y"))
    memory.look(plan(State.IN_SYNC))
    assert not memory.agrees(drifted())


def test_what_was_there_is_looked_for_again_later(memory: Memory, clock: Clock) -> None:
    """Two looks in one moment may meet the same lie: what was there is gone only some time after the first."""
    memory.believe(seen(a="1"))
    memory.look(missing())
    (step,) = missing().steps
    assert not memory.agrees(step)
    clock.time += SECOND_LOOK_SECONDS
    assert memory.agrees(step)


def added(id: str = "id-a", observed: str | None = None) -> Step:
    """A step that gives a thing what it does not have, or something else than it has."""
    change = Change("rules[x]", "add", "x", observed)
    return Step(A, State.DRIFTED, Action.UPDATE, live(id), (change,))


def test_what_a_newborn_lacks_was_not_there_before_either(memory: Memory) -> None:
    """The look before it was made saw nothing of it, so that the next one is the second; only of that very thing."""
    memory.born({A: "id-a"})
    assert memory.completes(added())
    assert not memory.completes(added("id-b"))
    assert not memory.completes(added(observed="y"))
    assert not memory.completes(replace(added(), action=Action.REPLACE))
    memory.born({})
    assert not memory.completes(added())


# --- what was corrected ---


def test_the_same_correction_is_counted_in_a_row(memory: Memory) -> None:
    """Another difference begins anew."""
    for times in (1, 2, 3):
        memory.corrected(drifted())
        assert memory.repeats()[A][1] == times
    memory.corrected(drifted("y"))
    assert memory.repeats()[A][1] == 1


def test_a_correction_is_recent_for_a_moment(memory: Memory, clock: Clock) -> None:
    """As long as AWS may still show the old value."""
    memory.corrected(drifted())
    assert memory.recent(KINDS) == {A: memory.repeats()[A][0]}
    clock.time += SHOWN
    assert memory.recent(KINDS) == {}


def test_suspicion_ends_after_an_hour_in_sync(memory: Memory, clock: Clock) -> None:
    """Not by time alone, and not by a short peace."""
    memory.corrected(drifted())
    memory.quiet(plan(State.IN_SYNC))
    assert A in memory.repeats()
    clock.time += FORGET_REPEATS_SECONDS + 1
    memory.quiet(plan(State.DRIFTED))
    assert A in memory.repeats()
    memory.quiet(plan(State.IN_SYNC))
    assert A not in memory.repeats()


# --- what failed ---


@pytest.mark.parametrize("meaning", sorted(LASTING))
def test_an_error_that_lasts_is_met_ever_more_rarely(memory: Memory, clock: Clock, meaning: Meaning) -> None:
    """After 5 seconds, 10, 20, up to ten minutes; with AWS's words, and how often it was tried."""
    pauses = []
    for _ in range(9):
        memory.failed(A, refused(meaning, "no"))
        pauses.append(memory.failures[A].due - clock.time)
        assert not memory.retrying()
        clock.time = memory.failures[A].due
        assert memory.waiting() == {}
    assert pauses == [5, 10, 20, 40, 80, 160, 320, LONGEST_BACKOFF, LONGEST_BACKOFF]
    memory.failed(A, refused(meaning, "no"))
    assert memory.waiting() == {A: "ec2:CreateThing Code: no; failed 10 times, next try in 600 s"}


def test_what_refers_to_something_new_is_not_invalid_at_the_first_word(memory: Memory, clock: Clock) -> None:
    """Until what it needs must be known; after that the refusal lasts."""
    memory.born({B: "b-1"})
    memory.failed(A, refused(Meaning.INVALID, "no such b-1"), early=memory.is_new(B, KNOWN))
    assert not memory.failures[A].lasting
    assert memory.retrying()
    clock.time += KNOWN + 1
    memory.failed(A, refused(Meaning.INVALID, "no such b-1"), early=memory.is_new(B, KNOWN))
    assert memory.failures[A].lasting


@pytest.mark.parametrize("meaning", sorted(set(Meaning) - LASTING))
def test_an_error_that_passes_is_tried_at_once_a_few_times(memory: Memory, clock: Clock, meaning: Meaning) -> None:
    """Then it waits as well, but the work is not given up."""
    for _ in range(FREE_TRIES):
        memory.failed(A, refused(meaning, "busy"))
        assert memory.waiting() == {}
    memory.failed(A, refused(meaning, "busy"))
    assert memory.waiting() == {A: "ec2:CreateThing Code: busy; failed 4 times, next try in 5 s"}
    assert memory.retrying()
    clock.time += 5
    assert not memory.retrying()


def test_a_node_in_sync_forgets_its_failures(memory: Memory) -> None:
    """Mended by somebody else is mended: the next failure is a first one."""
    memory.failed(A, refused(Meaning.DENIED, "no"))
    memory.failed(B, refused(Meaning.DENIED, "no"))
    memory.quiet(Plan("s", "1", REGION, (Step(A, State.IN_SYNC), Step(B, State.DRIFTED))))
    assert set(memory.waiting()) == {B}


def test_success_forgets_the_failures(memory: Memory) -> None:
    """The next failure is a first one."""
    memory.failed(A, refused(Meaning.DENIED, "no"))
    memory.failed(B, refused(Meaning.DENIED, "no"))
    memory.corrected(drifted())
    assert set(memory.waiting()) == {B}


def test_a_search_forgets_what_it_does_not_find(memory: Memory) -> None:
    """What takes no tags and left the document is kept in mind while it is there, or cannot be listed."""
    catalog = {"Thing": Thing(), "Marked": Marked()}
    c, marked = Address("Thing", "c"), Address("Marked", "m")
    memory.ids = {A: "a-1", B: "b-1", c: "c-1", marked: "m-1", Address("Unheard", "u"): "u-1"}
    assert {B: RealThing("Thing", "b-1"), c: RealThing("Thing", "c-1")} == memory.left_behind({A}, catalog)
    memory.searched_for({A}, catalog, Inventory("1", REGION, {}, {"Thing": "no"}))
    assert {B, c} == memory.left_behind({A}, catalog).keys()
    memory.searched_for({A}, catalog, Inventory("1", REGION, {"Thing": (live("b-1"),)}))
    assert {B} == memory.left_behind({A}, catalog).keys()
    assert {A, B, marked, Address("Unheard", "u")} == memory.ids.keys()


def test_what_passes_within_a_known_time_lasts_beyond_it(memory: Memory, clock: Clock) -> None:
    """AWS says how long a name stays taken, or a volume busy: longer than that, somebody has to look."""
    memory.failed(A, refused(Meaning.CONFLICT, "deleted recently", within=60.0))
    clock.time += 60.0
    memory.failed(A, refused(Meaning.CONFLICT, "deleted recently", within=60.0))
    assert not memory.failures[A].lasting
    clock.time += 1.0
    memory.failed(A, refused(Meaning.CONFLICT, "deleted recently", within=60.0))
    assert memory.failures[A].lasting


def test_what_one_program_began_to_delete_is_remembered_through_the_next(memory: Memory) -> None:
    """A destroy that is killed twice: what the first has deleted has not disappeared to the third."""
    memory.believe(seen(a="a-1", b="b-1"))
    memory.departs({A})
    memory.departs({B})
    assert memory.gone(Match(), [A, B]) == 0
    memory.believe(seen(a="a-1"))
    assert memory.departing == {B}
