"""What only a person can end names the way out, in AWS's message and in the condition of a Stack."""

import pytest

from controller.aws.client.errors import translated
from controller.aws.client.meanings import meaning_of
from controller.aws.client.models import service_model
from controller.aws.client.ways_out import way_out
from controller.aws.declaration.kind import AwsKind
from controller.core.model.cloud import Meaning
from controller.engine.apply import Outcome
from controller.engine.loop import Result
from controller.engine.reconcile import Pass
from controller.operator.conditions import trouble_of
from controller.report.remedies import remedied
from tests.aws.test_errors import refusal
from tests.core.account import at, stack_of
from tests.kinds.fixtures import kinds
from tests.report.samples import plan

REFUSED = [
    (
        "CreateSecret",
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
        "restore-secret",
    ),
    (
        "CreateBucket",
        "BucketAlreadyExists",
        "The requested bucket name is not available.",
        "choose another bucketName",
    ),
    ("DeleteBucket", "BucketNotEmpty", "The bucket you tried to delete is not empty", "noncurrent versions"),
    (
        "CreateDBInstance",
        "KMSKeyNotAccessibleFault",
        "The specified KMS key is not accessible",
        "cancel-key-deletion",
    ),
    (
        "CreateTable",
        "ValidationException",
        "KMS key error: KMSInvalidStateException: arn:aws:kms:… is pending deletion",
        "check the KMS key",
    ),
    (
        "PutObject",
        "KMS.DisabledException",
        "arn:aws:kms:eu-west-1:1:key/2 is disabled.",
        "enabled and not pending deletion",
    ),
    ("DeleteDBInstance", "DBSnapshotAlreadyExists", "Cannot create the snapshot", "skip-final-snapshot"),
    (
        "AllocateAddress",
        "AddressLimitExceeded",
        "The maximum number of addresses has been reached.",
        "Service Quotas",
    ),
    ("CreateVpc", "VpcLimitExceeded", "The maximum number of VPCs has been reached.", "Service Quotas"),
    ("CreateLoadBalancer", "TooManyLoadBalancers", "limit exceeded", "Service Quotas"),
    ("RunInstances", "VcpuLimitExceeded", "You have requested more vCPU capacity", "Service Quotas"),
    (
        "CreateNatGateway",
        "InsufficientFreeAddressesInSubnet",
        "The specified subnet does not have enough free addresses",
        "choose a larger one",
    ),
    (
        "CreateDBInstance",
        "InvalidParameterValue",
        "Unable to create the resource. Verify that you have permission to create service linked role.",
        "iam:CreateServiceLinkedRole",
    ),
    ("RunInstances", "OptInRequired", "In order to use this AWS Marketplace product you need to accept", "subscribe"),
    ("RunInstances", "PendingVerification", "Your request for accessing resources is being validated", "AWS Support"),
    (
        "CreateDistribution",
        "AccessDenied",
        "Your account must be verified before you can add new CloudFront resources.",
        "verify the account",
    ),
    (
        "CreateVpc",
        "UnauthorizedOperation",
        "You are not authorized to perform this operation with an explicit deny in a service control policy",
        "who runs the organization",
    ),
    (
        "CreateDistribution",
        "CNAMEAlreadyExists",
        "One or more of the CNAMEs are already associated",
        "associate-alias",
    ),
    ("CreateSubnet", "InvalidSubnet.Conflict", "The CIDR '10.0.0.0/24' conflicts with another subnet", "cidrBlock"),
    ("CreateRole", "EntityAlreadyExists", "Role with name web already exists.", "adopt it"),
    ("RunInstances", "AuthFailure", "Not authorized for images: [ami-1]", "share it with this account"),
    (
        "TerminateInstances",
        "OperationNotPermitted",
        "The instance 'i-1' may not be terminated. Modify its 'disableApiTermination' instance attribute",
        "turn off its deletion or stop protection",
    ),
    (
        "AttachLoadBalancerToSubnets",
        "InvalidConfigurationRequest",
        "ELB cannot be attached to multiple subnets in the same AZ.",
        "zone by zone",
    ),
    (
        "CreateListener",
        "TargetGroupAssociationLimit",
        "cannot be associated with more than one",
        "another target group",
    ),
    ("PutParameter", "ParameterMaxVersionLimitExceeded", "has reached its maximum", "label"),
]


@pytest.mark.parametrize(("operation", "code", "message", "words"), REFUSED)
def test_the_way_out_is_named(operation: str, code: str, message: str, words: str) -> None:
    """Behind AWS's own words, which stay as they are; and nothing that helps against something else."""
    error = translated(refusal(operation, Code=code, Message=message), "aws", operation, "eu-west-1")
    assert f"aws:{operation} {code}: {message.rstrip('.')}; " in str(error)
    assert words in str(error)
    assert str(error) == remedied(error)


@pytest.mark.parametrize(("operation", "code", "message", "words"), REFUSED)
def test_a_condition_names_it(operation: str, code: str, message: str, words: str) -> None:
    """Whoever reads `kubectl describe stack` needs no log."""
    error = translated(refusal(operation, Code=code, Message=message), "aws", operation, "eu-west-1")
    outcome = Outcome(failed={at("Vpc/main"): error})
    trouble = trouble_of(Result(stack_of({}), Pass(plan(), outcome)))
    assert trouble is not None
    assert words in trouble.message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("DependencyViolation", "The vpc has dependencies"),
        ("IncorrectInstanceState", "The instance is not in a state"),
        ("RequestLimitExceeded", "Request limit exceeded."),
        ("ValidationError", "1 validation error detected"),
        ("AccessDenied", "User: arn:aws:iam::1:role/x is not authorized to perform: iam:CreateRole"),
        ("InvalidParameterValue", "Invalid storage size for engine postgres"),
        ("InvalidRequestException", "You can't perform this operation because the secret was marked for deletion."),
    ],
)
def test_what_passes_or_says_all_has_none(code: str, message: str) -> None:
    """Nobody is sent to do what is not needed."""
    assert "" == way_out(code, message, meaning_of(code, 400, message))


# --- over all kinds ---


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_modelled_refusal_that_needs_a_person_has_one(kind: AwsKind) -> None:
    """Of the calls that a kind can make: what is taken, used up, or about a key."""
    told = {code: way_out(code, "", meaning_of(code, 400)) for code in codes_of(kind)}
    needed = (Meaning.EXISTS, Meaning.LIMIT)
    lacking = [
        code for code, words in told.items() if not words and (meaning_of(code, 400) in needed or "KMS" in code)
    ]
    assert [] == lacking


def codes_of(kind: AwsKind) -> set[str]:
    """AWS's errors of the calls that make, change and delete a thing."""
    ops = {op.operation for members in kind.members for op in (members.add, members.change, members.remove) if op}
    ops |= {kind.creation.operation, kind.deletion, *(setter.operation for setter in kind.setters)}
    shapes = [shape for op in ops for shape in service_model(kind.service).operation_model(op).error_shapes]
    return {str(shape.metadata.get("error", {}).get("code", shape.name)) for shape in shapes}
