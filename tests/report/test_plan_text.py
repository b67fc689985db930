"""The plan for people."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from controller.core.model.call import Call, Change
from controller.core.model.live import Health
from controller.core.model.reference import Address, Placeholder, Text
from controller.core.planning.step import Action, Plan, State, Verdict
from controller.report.plan_text import render_plan
from tests.report.golden import assert_golden
from tests.report.samples import BUSY_STEP, EVERYTHING, ILL_STEP, IN_SYNC, REMEMBERED, live, plan, step, told


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine says about colours, width and terminals does not count."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(shown: Plan, terminal: bool = False, width: int = 80) -> str:
    """What is printed, as it comes out."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )
    render_plan(shown, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def one(change: Change) -> str:
    """The lines of a plan with one drifted node and this change."""
    return printed(plan(step("Thing/a", State.DRIFTED, Action.UPDATE, "id-1", changes=(change,))))


def test_a_plan_that_is_piped_is_plain_and_whole() -> None:
    """Every node that is not in sync, every difference, and no code of a terminal."""
    text = printed(EVERYTHING)
    assert "\x1b" not in text
    assert_golden("plan.txt", text)


def test_a_plan_on_a_terminal_is_coloured_and_fits() -> None:
    """Lines are wrapped below their own beginning; nothing is cut off."""
    text = printed(EVERYTHING, terminal=True)
    assert_golden("plan.ansi", text)
    plain_text = printed_without_colour(EVERYTHING)
    assert all(len(line) <= 80 for line in plain_text.splitlines())
    assert printed(EVERYTHING).split() == plain_text.split()


def printed_without_colour(shown: Plan) -> str:
    """What a terminal of 80 columns shows."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    render_plan(shown, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_no_colour_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR set, a terminal gets no colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(EVERYTHING, terminal=True)
    assert not any(f"\x1b[{bold}3{colour}m" in text for bold in ("", "1;", "2;") for colour in range(8))


def test_nodes_in_sync_are_counted_and_not_listed() -> None:
    """Twenty-four nodes in sync are two lines."""
    text = printed(IN_SYNC)
    assert "Subnet/" not in text
    assert "nothing to do" in text
    assert text.endswith("0 to create, 0 to update, 0 to replace, 0 to delete, 0 to adopt; 24 in sync\n")


def test_every_node_is_counted_once() -> None:
    """The numbers of the last line add up to the nodes of the plan; blocked ones are told besides."""
    nodes, _, blocked = printed(EVERYTHING).splitlines()[-1].rpartition(";")
    assert len(EVERYTHING.steps) == sum(int(word) for word in nodes.split() if word.isdigit())
    assert blocked == " 1 blocked"


def test_a_large_plan_is_printed_to_its_end() -> None:
    """A thousand nodes are a thousand lines."""
    many = plan(*(step(f"Thing/n{number}", State.MISSING, Action.CREATE) for number in range(1000)))
    assert 1000 == printed(many, terminal=True).count("missing")


def test_what_is_not_compared_is_said_of_nodes_in_sync() -> None:
    """Not to be compared is not the same as to be equal."""
    quiet = plan(step("Thing/a", State.IN_SYNC, id="x", uncompared=("secret: AWS never returns it",)))
    assert "Thing/a  not compared: secret: AWS never returns it" in printed(quiet)


def test_in_sync_is_not_healthy() -> None:
    """A node in sync that is unhealthy, or that AWS is at work on, is named; one line counts the healthy ones."""
    text = printed(plan(ILL_STEP, BUSY_STEP))
    assert "In sync, but:\n  TargetGroup/web  unhealthy, 1 of 2: Target.Timeout: Request timed out\n" in text
    assert "  AutoScalingGroup/web  in progress at AWS: refresh 40 %\n" in text
    assert "nothing to do.\nhealthy: 1 of 2 nodes reporting health\n" in text


def test_what_was_believed_is_said_with_its_age() -> None:
    """In one line, the oldest of all; nothing of the kind where all was read."""
    text = printed(REMEMBERED)
    assert "nothing to do.\ncached details: oldest read 412 s ago (Bucket/images versioning)\n" in text
    assert "believed" not in printed(IN_SYNC)


def test_what_differs_says_its_health_beneath_it() -> None:
    """Whoever reads why a node is changed sees how it fares."""
    text = printed(plan(told(step("Thing/a", State.DRIFTED, Action.UPDATE, "x"), Health(False), "modifying")))
    assert "drifted, to be updated\n    unhealthy\n    in progress at AWS: modifying\n" in text


def test_health_is_quiet_when_all_is_well() -> None:
    """A healthy node is not named, and where AWS tells of no health there is not even the count."""
    well = printed(plan(told(step("Thing/a", State.IN_SYNC, id="x"), Health(True, "", 2, 2))))
    assert "Thing/a" not in well
    assert "healthy: 1 of 1 node reporting" in well
    assert "health" not in printed(IN_SYNC)


def test_what_a_call_renews_is_known_after_it() -> None:
    """An attribute that the plan's own call gives a new value is not shown with its old one, another is."""
    call = Call("ec2", "CreateLaunchTemplateVersion", {}, renews={"version": "LaunchTemplateVersion.VersionNumber"})
    template = step("LaunchTemplate/app", State.DRIFTED, Action.UPDATE, calls=(call,))
    template = replace(template, live=live("LaunchTemplate", "lt-1", version="2", arn="lt-arn"))
    sides = {name: Placeholder(template.address, name) for name in ("version", "arn")}
    changes = tuple(Change(name, "change", value, "1", template.address) for name, value in sides.items())
    text = printed(plan(template, step("AutoScalingGroup/app", State.IN_SYNC, Action.UPDATE, "app", changes=changes)))
    assert "version: 1 → (known after apply: LaunchTemplate/app version)" in text
    assert "arn: 1 → lt-arn (LaunchTemplate/app arn)" in text


def test_an_unknown_node_is_never_in_sync() -> None:
    """A failed read shows, and the plan does not claim that all is well."""
    text = printed(plan(step("Thing/a", State.UNKNOWN)))
    assert "? Thing/a  unknown" in text
    assert "nothing to do" not in text
    assert "0 in sync, 1 unknown" in text


def test_of_two_structures_only_what_differs_is_shown() -> None:
    """An element is told apart by its path, so its equal parts need no room."""
    text = one(Change("rules[a]", "change", {"name": "a", "port": 80}, {"name": "a", "port": 81}))
    assert "~ rules[a]: {port=81} → {port=80}\n" in text


def test_a_known_placeholder_is_shown_with_its_value() -> None:
    """What need not wait for apply does not pretend to."""
    vpc = Placeholder(Address("Vpc", "main"))
    change = Change("vpc", "change", vpc, "vpc-old")
    text = printed(
        plan(
            step("Vpc/main", State.IN_SYNC, id="vpc-1"),
            step("Thing/a", State.DRIFTED, Action.UPDATE, "id-1", changes=(change,)),
        )
    )
    assert "vpc: vpc-old → vpc-1 (Vpc/main)" in text


def test_a_text_of_several_lines_is_compared_line_by_line() -> None:
    """Of a long script only the changed lines are shown, and equal lines with known values stay equal."""
    vpc = Placeholder(Address("Vpc", "main"))
    desired = Text("one\nvpc=${vpc}\nthree\n", (("vpc", vpc),))
    change = Change("userData", "change", desired, "one\nvpc=vpc-1\n3\n")
    text = printed(
        plan(
            step("Vpc/main", State.IN_SYNC, id="vpc-1"),
            step("Thing/a", State.DRIFTED, Action.UPDATE, "id-1", changes=(change,)),
        )
    )
    assert "        vpc=vpc-1\n      - 3\n      + three\n" in text
    assert "one" not in text


def test_what_comes_from_aws_cannot_steer_the_terminal() -> None:
    """Escape codes, line breaks and reversed writing in a tag are written out."""
    text = one(Change("tags[a\x1b[2J]", "remove", None, "x \x1b]0;y\x07 z\u202e"))
    assert '- tags[a\\x1b[2J]: "x \\u001b]0;y\\u0007 z\\u202e"\n' in text
    lines = one(Change("tags[a]", "remove", None, "\x1b[2J\n\rz"))
    assert "- tags[a]:\n      - \\x1b[2J\n      - \\rz\n" in lines


def test_square_brackets_are_not_markup() -> None:
    """A path or a value that looks like a style is printed as it is."""
    assert "+ routes[red]: [bold]" in one(Change("routes[red]", "add", ["bold"], None))


def test_a_blocked_step_says_by_what_and_why() -> None:
    """The reader learns the way out, and that it would happen otherwise."""
    verdict = Verdict("budget", "more than 10 deletions; raise spec.budget")
    text = printed(plan(step("Thing/a", State.ORPHANED, Action.DELETE, "id-1", blocked=verdict)))
    assert "orphaned, would be deleted\n    blocked by budget: more than 10 deletions; raise spec.budget" in text
