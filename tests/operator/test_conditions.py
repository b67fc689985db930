"""What went wrong with a Stack, in one word for programs and a sentence for people; and what is new of it."""

from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.core.document.loader import read_object
from controller.core.document.problem import DocumentError, Problem
from controller.core.model.cloud import LASTING, HoldfastError, Meaning, Refused, Unreachable
from controller.core.model.reference import Address
from controller.core.model.stack import Stack
from controller.core.planning.step import State
from controller.engine.account import WrongAccount
from controller.engine.apply import Outcome
from controller.engine.loop import Result
from controller.engine.reconcile import Pass
from controller.kube.events import News
from controller.kube.stacks import NameTaken
from controller.operator.conditions import (
    SECRET_PREFIX,
    Forbidden,
    check_secrets,
    notices_of,
    reason_of,
    trouble_of,
    unreadable,
)
from tests.report.samples import EVERYTHING, IN_SYNC, UNKNOWN_STEP, plan, step

WEB = Stack("web", "eu-west-1", {})


def refused(meaning: Meaning, code: str = "Code") -> Refused:
    """AWS said no."""
    return Refused("ec2", "CreateVpc", code, meaning, "no", "r-1")


def unreachable(meaning: Meaning = Meaning.TRANSIENT) -> Unreachable:
    """AWS said nothing."""
    return Unreachable("sts", "GetCallerIdentity", meaning, "no credentials: set AWS_PROFILE")


# --- one word ---


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (refused(Meaning.DENIED), "AccessDenied"),
        (refused(Meaning.CREDENTIALS), "NoCredentials"),
        (refused(Meaning.THROTTLED), "Throttled"),
        (refused(Meaning.INVALID), "AwsRefused"),
        (refused(Meaning.TRANSIENT), "AwsRefused"),
        (unreachable(Meaning.CREDENTIALS), "NoCredentials"),
        (unreachable(), "AwsUnreachable"),
        (WrongAccount("web", "1", "2"), "WrongAccount"),
        (DocumentError([]), "InvalidDocument"),
        (NameTaken("web", "other/web"), "NameTaken"),
        (Forbidden("no"), "SecretForbidden"),
        (HoldfastError("?"), "PassFailed"),
    ],
)
def test_every_error_has_a_word(error: HoldfastError, word: str) -> None:
    """One in CamelCase, as Kubernetes wants it, from a closed set."""
    assert word == reason_of(error)


@pytest.mark.parametrize("meaning", Meaning)
def test_what_no_time_mends_is_lasting(meaning: Meaning) -> None:
    """No pass could be made: whether a person has to do something is AWS's meaning, whoever said it."""
    for error in (refused(meaning), unreachable(meaning)):
        found = trouble_of(Result(WEB, error=error))
        assert found
        assert (meaning in LASTING) == found.lasting


# --- a sentence ---


def test_a_success_is_no_trouble() -> None:
    """Neither is a pass that finds differences, or leaves something blocked."""
    assert trouble_of(Result(WEB, Pass(IN_SYNC))) is None
    steps = [each for each in EVERYTHING.steps if each.state is not State.UNKNOWN]
    assert trouble_of(Result(WEB, Pass(plan(*steps)))) is None
    assert trouble_of(Result(WEB)) is None


def test_the_wrong_account() -> None:
    """Lasting, though nobody's answer: the document or the credentials are to be changed."""
    found = trouble_of(Result(WEB, error=WrongAccount("web", "111111111111", "222222222222")))
    assert found
    assert ("WrongAccount", True) == (found.reason, found.lasting)
    assert "111111111111" in found.message
    assert "222222222222" in found.message


def test_no_pass_says_what_would_help() -> None:
    """AWS's words, and what to do about them."""
    found = trouble_of(Result(WEB, error=refused(Meaning.DENIED, "UnauthorizedOperation")))
    assert found
    assert (
        "ec2:CreateVpc UnauthorizedOperation: no; grant this permission to the user or role that Holdfast runs as"
        == found.message
    )


def test_unknown_nodes_are_named_with_their_reasons() -> None:
    """The first few; it passes or not, and the next pass shows."""
    unknown = [
        step(f"Role/r{number}", State.UNKNOWN, note=f"iam:ListRoles was denied {number}") for number in range(5)
    ]
    found = trouble_of(Result(WEB, Pass(plan(*unknown))))
    assert found
    assert ("NodesUnknown", False) == (found.reason, found.lasting)
    assert (
        "5 nodes unknown: Role/r0, …; Role/r0: iam:ListRoles was denied 0; Role/r1: iam:ListRoles was denied 1; "
        "Role/r2: iam:ListRoles was denied 2"
    ) == found.message


def failed(*addresses: str, meaning: Meaning = Meaning.DENIED) -> Outcome:
    """The writes of these nodes failed."""
    return Outcome(failed={Address.parse(each): refused(meaning) for each in addresses})


def test_failed_writes_are_named_with_their_reasons() -> None:
    """In the word of the first of them; before the unknown nodes."""
    found = trouble_of(Result(WEB, Pass(plan(UNKNOWN_STEP), failed(*(f"Vpc/v{number}" for number in range(4))))))
    assert found
    assert ("AccessDenied", False) == (found.reason, found.lasting)
    parts = found.message.split("; ")
    assert ["1 node unknown: Role/web", "4 nodes failed: Vpc/v0, …"] == parts[:2]
    assert ["Vpc/v0: ec2:CreateVpc Code: no", "Vpc/v1: ec2:CreateVpc Code: no"] == parts[2:6:2]
    assert not any(part.startswith("Vpc/v3") for part in parts)


def test_a_document_that_cannot_be_followed() -> None:
    """All that is wrong with it; and where it is to be deleted, what that means for what it owns."""
    error = DocumentError([Problem("", 0, 0, "spec.region", "region is missing")])
    found = unreadable(error, leaves=False)
    assert ("InvalidDocument", "spec.region: region is missing", True) == (found.reason, found.message, found.lasting)
    assert "nothing is deleted while the document is invalid" in unreadable(error, leaves=True).message


# --- what is new ---


def test_what_is_new_is_told_once() -> None:
    """The trouble, then what the pass found and could not do; and after a success it would be new again."""
    news, bad = News(), Result(WEB, Pass(plan(UNKNOWN_STEP), failed("Vpc/main")))
    first = notices_of(news, bad, trouble_of(bad))
    assert ["AccessDenied", "Failed"] == [each.reason for each in first]
    assert [] == notices_of(news, bad, trouble_of(bad))
    good = Result(WEB, Pass(IN_SYNC))
    assert [] == notices_of(news, good, trouble_of(good))
    assert first == notices_of(news, bad, trouble_of(bad))


def test_no_pass_forgets_nothing_of_what_was_told() -> None:
    """AWS was away in between: the drift that was told is no new one."""
    news, drifting = (
        News(),
        Result(WEB, Pass(plan(*(each for each in EVERYTHING.steps if each.state is State.MISSING)))),
    )
    assert notices_of(news, drifting, None)
    away = Result(WEB, error=unreachable())
    assert ["AwsUnreachable"] == [each.reason for each in notices_of(news, away, trouble_of(away))]
    assert [] == notices_of(news, drifting, None)


# --- secrets of the environment ---

CATALOG = catalog()
MINE, THEIRS = f"{SECRET_PREFIX}DB", "AWS_SECRET_ACCESS_KEY"


def reading(**fields: Any) -> Stack:
    """A stack with a node of these fields."""
    resources = {"Parameter": {"p": {"type": "SecureString", **fields}}}
    spec = {"region": "eu-west-1", "resources": resources}
    document = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    return read_object(document, "here/web", CATALOG)


def env(name: str) -> dict[str, Any]:
    """A secret from the environment."""
    return {"secret": {"env": name}}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(env(THEIRS), id="as the value"),
        pytest.param({"text": "x${a}", "with": {"a": env(THEIRS)}}, id="inside a text"),
        pytest.param(
            {"text": "${b}", "with": {"b": {"text": "${a}", "with": {"a": env(THEIRS)}}}}, id="further inside"
        ),
        pytest.param(env(f"X{SECRET_PREFIX}"), id="almost"),
        pytest.param(env(SECRET_PREFIX.lower() + "a"), id="in other letters"),
    ],
)
def test_a_document_reads_nothing_of_the_operator_s_own(value: Any) -> None:
    """Wherever it asks for it: the message names the node and the way out, and there is no value in it."""
    with pytest.raises(Forbidden, match=r"spec\.resources\.Parameter\.p: .*secretKeyRef"):
        check_secrets(reading(secureValue=value))


def test_inside_json_too() -> None:
    """A policy holds expressions at any depth."""
    spec = {
        "region": "eu-west-1",
        "resources": {"Role": {"r": {"assumeRolePolicyDocument": {"Statement": [{"Sid": env(THEIRS)}]}}}},
    }
    document = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": spec}
    with pytest.raises(Forbidden):
        check_secrets(read_object(document, "here/web", CATALOG))


@pytest.mark.parametrize(
    "value",
    [
        env(MINE),
        {"secret": {"secretsManager": THEIRS}},
        {"secret": {"secretKeyRef": {"name": "db", "key": THEIRS}}},
        {"text": "${a}", "with": {"a": env(MINE)}},
    ],
)
def test_what_is_meant_for_documents_is_let_through(value: Any) -> None:
    """By its name, or because it is kept where the rights of somebody else count."""
    check_secrets(reading(secureValue=value))
