"""The plan as a comment on a pull request."""

from controller.core.model.call import Call, Change
from controller.core.planning.step import Action, State
from controller.report.plan_markdown import COMMENT_LIMIT, plan_markdown
from tests.report.golden import assert_golden
from tests.report.samples import BUSY_STEP, EVERYTHING, ILL_STEP, IN_SYNC, REMEMBERED, plan, step


def test_the_comment_has_everything() -> None:
    """Heading, numbers, a table an action, and the calls folded away."""
    assert_golden("plan.md", plan_markdown(EVERYTHING))


def test_a_plan_in_sync_is_short() -> None:
    """No empty tables, nothing to unfold."""
    text = plan_markdown(IN_SYNC)
    assert "24 in sync" in text
    assert "<details>" not in text
    assert "####" not in text


def test_an_unhealthy_node_is_named_though_in_sync() -> None:
    """With AWS's words, beneath the count of the healthy ones, which outlives every shortening."""
    text = plan_markdown(plan(ILL_STEP, BUSY_STEP))
    assert "\nHealthy: 1 of 2 nodes reporting health.\n" in text
    assert "- `TargetGroup/web` unhealthy, 1 of 2: Target.Timeout: Request timed out\n" in text
    assert "- `AutoScalingGroup/web` in progress at AWS: refresh 40 %\n" in text
    assert "Healthy: 1 of 2" in plan_markdown(plan(ILL_STEP, BUSY_STEP), limit=1)
    assert "ealthy" not in plan_markdown(IN_SYNC)


def test_what_was_believed_is_said_with_its_age() -> None:
    """In one line, which outlives every shortening; nothing of the kind where all was read."""
    line = "\nCached details: oldest read 412 s ago (Bucket/images versioning).\n"
    assert line in plan_markdown(REMEMBERED)
    assert line in plan_markdown(REMEMBERED, limit=1)
    assert "ached details" not in plan_markdown(IN_SYNC)


def test_values_cannot_break_the_table_or_call_people() -> None:
    """Bars, backticks, tags and names in what AWS says are words and nothing else."""
    evil = Change("tags[a|b]", "change", "`@team`", "</td><script>|\n")
    text = plan_markdown(
        plan(step("Thing/a", State.DRIFTED, Action.UPDATE, "i", changes=(evil,), note="<b> @you | #1"))
    )
    (row,) = [line for line in text.splitlines() if "Thing/a" in line]
    assert 5 == row.replace("\\|", "").count("|")
    assert "`` `@team` ``" in row
    assert "&lt;b&gt; @<!-- -->you \\| \\#1" in row


def test_a_comment_that_is_too_long_says_what_it_leaves_out() -> None:
    """First the parameters go, then the calls, then the nodes; the numbers never."""
    call = Call("ec2", "CreateThing", {"Text": "x" * 500})
    many = plan(*(step(f"Thing/n{n}", State.MISSING, Action.CREATE, calls=(call,)) for n in range(300)))
    versions = [plan_markdown(many, limit) for limit in (10**6, COMMENT_LIMIT, 20_000, 2_000)]
    assert all(len(text) <= limit for text, limit in zip(versions[1:], (COMMENT_LIMIT, 20_000, 2_000), strict=True))
    assert ["x" * 500 in text for text in versions] == [True, False, False, False]
    assert ["ec2:CreateThing" in text for text in versions] == [True, True, False, False]
    assert ["Thing/n299" in text for text in versions] == [True, True, True, False]
    assert ["left out" in text for text in versions] == [False, True, True, True]
    assert all("300 to create" in text for text in versions)
