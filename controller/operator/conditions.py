"""Why a Stack is not as it should be, in the words of its conditions and events."""

from collections.abc import Iterator

from controller.core.document.problem import DocumentError
from controller.core.model.cloud import LASTING, Bug, HoldfastError, Meaning, Refused, Unreachable
from controller.core.model.reference import Secret, expressions_in
from controller.core.model.stack import Stack
from controller.core.planning.step import State
from controller.engine.account import WrongAccount
from controller.engine.loop import Result
from controller.kube.conditions import StackFailure
from controller.kube.events import News, Notice
from controller.kube.stacks import NameTaken, StillKept
from controller.report.remedies import remedied

SECRET_PREFIX = "HOLDFAST_SECRET_"  # noqa: S105 - the beginning of a name
"""Whoever may write a Stack may read what the operator's environment has under such names, and nothing else."""
_MOST = 3
_MEANINGS: dict[Meaning | None, str] = {
    Meaning.CREDENTIALS: "NoCredentials",
    Meaning.DENIED: "AccessDenied",
    Meaning.THROTTLED: "Throttled",
}


class Forbidden(HoldfastError):
    """A document asks for what a document in a cluster may not have."""


def check_secrets(stack: Stack) -> None:
    """Raises `Forbidden` where a document would read what in the operator's environment is not meant for it."""
    for node in stack.nodes.values():
        for expression in expressions_in(node.fields):
            if (
                isinstance(expression, Secret)
                and expression.store == "env"
                and not expression.name.startswith(SECRET_PREFIX)
            ):
                raise Forbidden(
                    f"spec.resources.{node.address.kind}.{node.address.name}: on Kubernetes the name of an "
                    f"environment variable with a secret must begin with {SECRET_PREFIX}, found {expression.name}; "
                    "write {secret: {secretKeyRef: {name: …, key: …}}} for a Secret in this namespace"
                )


_REASONS: dict[type[HoldfastError], str] = {
    DocumentError: "InvalidDocument",
    NameTaken: "NameTaken",
    StillKept: "StillKept",
    Forbidden: "SecretForbidden",
    WrongAccount: "WrongAccount",
    Unreachable: "AwsUnreachable",
    Refused: "AwsRefused",
    Bug: "Bug",
}


def reason_of(error: HoldfastError) -> str:
    """An error in one word."""
    meaning = error.meaning if isinstance(error, Refused | Unreachable) else None
    return _MEANINGS.get(meaning) or _REASONS.get(type(error), "PassFailed")


def unreadable(error: HoldfastError, leaves: bool) -> StackFailure:
    """The document cannot be followed."""
    hint = "\nnothing is deleted while the document is invalid; fix it, or set deletionPolicy to Retain"
    return StackFailure(reason_of(error), f"{error}{hint if leaves else ''}", lasting=True)


def trouble_of(result: Result) -> StackFailure | None:
    """Why a pass was no success; None when it was one."""
    if result.error:
        lasting = isinstance(result.error, WrongAccount) or getattr(result.error, "meaning", None) in LASTING
        return StackFailure(reason_of(result.error), remedied(result.error), lasting)
    if result.done is None or not result.done.trouble:
        return None
    failed = list(result.done.outcome.failed.values())
    reason = reason_of(failed[0]) if failed else "NodesUnknown"
    return StackFailure(reason, "; ".join([result.done.trouble, *_details(result)]))


def _details(result: Result) -> Iterator[str]:
    """The first few failures and unknown nodes, each with its reason."""
    if result.done is None:
        return
    for address, error in list(result.done.outcome.failed.items())[:_MOST]:
        yield f"{address}: {remedied(error)}"
    unknown = [step for step in result.done.plan.steps if step.state is State.UNKNOWN]
    yield from (f"{step.address}: {step.note}" for step in unknown[:_MOST])


def notices_of(news: News, result: Result, trouble: StackFailure | None) -> list[Notice]:
    """What is new since the last pass."""
    notices = news.of_trouble(trouble.reason, trouble.message) if trouble else news.of_trouble("", "")
    if result.done is None:
        return notices
    failed = {address: remedied(error) for address, error in result.done.outcome.failed.items()}
    return [*notices, *news.of_pass(result.done.plan, result.done.outcome.corrected, failed)]
