"""Which spellings of a policy, and of settings in JSON, are the same: AWS shows others than it was given."""

import json
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from controller.core.model.equality import JsonSettings
from controller.core.model.policy import Policy

EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}


def of(**parts: Any) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{**EVERYBODY, **parts}]}


SAME = {
    "everybody": (of(), of(Principal={"AWS": "*"})),
    "everybody in a list": (of(), of(Principal={"AWS": ["*"]})),
    "an account": (of(Principal={"AWS": "123456789012"}), of(Principal={"AWS": "arn:aws-cn:iam::123456789012:root"})),
    "an account that is a number": (of(Principal={"AWS": 123456789012}), of(Principal={"AWS": ["123456789012"]})),
    "excluded accounts": (
        of(NotPrincipal={"AWS": ["123456789012", "210987654321"]}),
        of(NotPrincipal={"AWS": ["arn:aws:iam::210987654321:root", "arn:aws:iam::123456789012:root"]}),
    ),
    "a number": (
        of(Condition={"NumericLessThan": {"s3:max-keys": 10}}),
        of(Condition={"NumericLessThan": {"s3:max-keys": "10"}}),
    ),
    "truth": (
        of(Condition={"Bool": {"aws:SecureTransport": False}}),
        of(Condition={"Bool": {"aws:SecureTransport": ["false"]}}),
    ),
    "a key in another case": (
        of(Condition={"StringEquals": {"AWS:SourceAccount": "1"}}),
        of(Condition={"StringEquals": {"aws:SourceAccount": ["1"]}}),
    ),
    "an action in another case": (of(Action=["sns:Publish"]), of(Action="SNS:Publish")),
    "no condition": (of(), of(Condition={})),
    "no name": (of(), of(Sid="")),
    "nothing": (of(), {**of(), "Id": None}),
    "a statement alone": (of(), {"Version": "2012-10-17", "Statement": EVERYBODY}),
    "the first version": ({"Statement": [EVERYBODY]}, {"Version": "2008-10-17", "Statement": [EVERYBODY]}),
    "values in another order": (of(Resource=["a", "b"]), of(Resource=["b", "a"])),
    "no policy": ({}, None),
}
OTHERS = {
    "somebody": (of(), of(Principal={"AWS": "123456789012"})),
    "everybody signed in elsewhere": (of(), of(Principal={"Federated": "*"})),
    "a user of an account": (
        of(Principal={"AWS": "123456789012"}),
        of(Principal={"AWS": "arn:aws:iam::123456789012:user/root"}),
    ),
    "another number": (
        of(Condition={"NumericLessThan": {"s3:max-keys": 10}}),
        of(Condition={"NumericLessThan": {"s3:max-keys": "100"}}),
    ),
    "a resource in another case": (of(Resource="a"), of(Resource="A")),
    "a value in another case": (
        of(Condition={"StringEquals": {"aws:PrincipalTag/team": "Web"}}),
        of(Condition={"StringEquals": {"aws:PrincipalTag/team": "web"}}),
    ),
    "one more value": (of(Resource="a"), of(Resource=["a", "b"])),
    "another version": ({"Statement": [EVERYBODY]}, of()),
    "nobody but": (of(), {"Version": "2012-10-17", "Statement": [{**EVERYBODY, "Effect": "Deny"}]}),
    "no text": (of(), "a policy that is no JSON"),
    "some policy": ({}, of()),
}


def named(cases: dict[str, Any]) -> list[Any]:
    return [pytest.param(*pair, id=name) for name, pair in cases.items()]


@pytest.mark.parametrize(("desired", "observed"), named(SAME))
def test_another_spelling_is_no_difference(desired: Any, observed: Any) -> None:
    """Whether AWS shows a mapping or a text, and whichever of the two it is that the document says."""
    for one, other in ((desired, observed), (observed, desired)):
        assert Policy().equal(one, other)
        assert other is None or Policy().equal(one, json.dumps(other))


@pytest.mark.parametrize(("desired", "observed"), named(OTHERS))
def test_another_meaning_is_a_difference(desired: Any, observed: Any) -> None:
    """Who, what, where and when are never mixed up."""
    assert not Policy().equal(desired, observed)
    assert not Policy().equal(observed, desired)


def test_a_canonical_user_is_refused() -> None:
    """S3 shows another name of the same, which nobody can compare."""
    with pytest.raises(PydanticCustomError, match="CanonicalUser"):
        Policy._check(
            of(Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})
        )


RETRIES = {"minDelayTarget": 20, "numRetries": 3, "backoffFunction": "linear"}


@pytest.mark.parametrize(
    ("desired", "observed", "same"),
    [
        ({"maxReceiveCount": "5"}, '{"maxReceiveCount": 5}', True),
        ({"maxReceiveCount": 5}, '{"maxReceiveCount": 50}', False),
        (
            {"healthyRetryPolicy": RETRIES},
            {"healthyRetryPolicy": {**RETRIES, "numNoDelayRetries": 0}, "throttlePolicy": None, "guaranteed": False},
            True,
        ),
        ({"healthyRetryPolicy": RETRIES}, {"healthyRetryPolicy": RETRIES, "guaranteed": True}, False),
        ({"guaranteed": "true"}, {"guaranteed": True}, True),
        ({"sourceQueueArns": ["a", "b"]}, {"sourceQueueArns": ["b", "a"]}, True),
        ({"sourceQueueArns": ["a"]}, {"sourceQueueArns": ["a", "b"]}, False),
        ({}, None, True),
        ({}, {"maxReceiveCount": 5}, False),
        ({"maxReceiveCount": 5}, "no JSON", False),
    ],
)
def test_settings_that_aws_completes_are_no_difference(desired: Any, observed: Any, same: bool) -> None:
    """What it adds says nothing; what somebody else has set does."""
    assert same is JsonSettings().equal(desired, observed)
