"""What is said of nodes and plans in a status: each in one line, with the first few named."""

from collections.abc import Callable, Sequence

from controller.core.planning.step import Plan, Step

MOST_NAMED = 3
"""So many nodes are named in a condition; the list of nodes has the rest."""


def unlisted(plan: Plan) -> str:
    """What could not be listed, so that nobody knows what of it is left over."""
    first, *others = plan.incomplete
    return f"it is not known whether anything is left over: {first}{f'; and {len(others)} more' if others else ''}"


def named(steps: Sequence[Step], word: Callable[[Step], str]) -> str:
    """The first few nodes, each with what there is to say of it, and how many more there are."""
    first = [f"{step.address}: {word(step)}" for step in steps[:MOST_NAMED]]
    more = len(steps) - len(first)
    return "; ".join([*first, f"and {more} more"] if more > 0 else first)


def why(step: Step) -> str:
    """What blocks a node, or what is done with it where nothing does."""
    return f"blocked by {step.blocked.by}: {step.blocked.why}" if step.blocked else doing(step)


def doing(step: Step) -> str:
    """The state of a node and what is done about it."""
    if step.blocked:
        return why(step)
    said = step.awaits or step.progress or step.note
    return f"{step.state}{f', to {step.action}' if step.acts else ''}{f': {said}' if said else ''}"


def difference(step: Step) -> str:
    """The state of a node and the paths that differ."""
    paths = [change.path for change in step.changes]
    more = [f"and {len(paths) - MOST_NAMED} more"] if len(paths) > MOST_NAMED else []
    shown = ", ".join([*paths[:MOST_NAMED], *more])
    return f"{step.state} ({shown})" if shown else str(step.state)


def health_message(step: Step) -> str:
    """How unhealthy a node is, in AWS's own words; empty where AWS tells no health."""
    health = step.health
    if health is None:
        return ""
    members = f" {health.good} of {health.total}" if health.good is not None and health.total is not None else ""
    return f"unhealthy{members}{f': {health.why}' if health.why else ''}"


def remaining(plan: Plan) -> str:
    """What is left of a stack that is being deleted."""
    left = [step for step in plan.steps if not step.settled]
    blocked = [step for step in left if step.blocked]
    if left:
        return named(blocked, why) if blocked else named(left, doing)
    return unlisted(plan) if plan.incomplete else "nothing is left"
