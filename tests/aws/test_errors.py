"""The meaning of AWS's error codes, and what becomes of botocore's exceptions."""

import base64
import html
import json
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from botocore import exceptions as raised
from botocore.model import StructureShape
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker

from controller.aws.client import meanings
from controller.aws.client.errors import translated
from controller.aws.client.meanings import meaning_of
from controller.aws.client.models import service_model
from controller.core.model.cloud import Meaning, Refused, Unreachable


@pytest.mark.parametrize(
    ("meaning", "codes"),
    [
        (
            Meaning.NOT_FOUND,
            """
            InvalidVpcID.NotFound InvalidGroup.NotFound InvalidLaunchTemplateName.NotFoundException
            NoSuchEntity NatGatewayNotFound DBInstanceNotFound DBSubnetGroupNotFoundFault
            ResourceNotFoundException ParameterNotFound NoSuchBucket NoSuchTagSetError NoSuchHostedZone
            TargetGroupNotFound NotFound ServerSideEncryptionConfigurationNotFoundError
            NoSuchPublicAccessBlockConfiguration 404 NoSuchBucketPolicy NoSuchTagSet NoSuchLifecycleConfiguration
            NoSuchCORSConfiguration NoSuchWebsiteConfiguration OwnershipControlsNotFoundError NoSuchDistribution
            ReplicationConfigurationNotFoundError ActiveInstanceRefreshNotFound DBProxyNotFoundFault
            NoSuchOriginAccessControl InvocationDoesNotExist
            """,
        ),
        (
            Meaning.THROTTLED,
            """
            Throttling RequestLimitExceeded SlowDown ThrottlingException EC2ThrottledException
            ThrottledException PriorRequestNotComplete DependencyThrottle
            """,
        ),
        (
            Meaning.DENIED,
            """
            AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError OptInRequired
            """,
        ),
        (
            Meaning.IN_USE,
            """
            DependencyViolation ResourceInUse ResourceInUseException InvalidIPAddress.InUse VolumeInUse
            DeleteConflict BucketNotEmpty InvalidGroup.InUse CachePolicyInUse CacheSubnetGroupInUse
            OriginAccessControlInUse HostedZoneNotEmpty InvalidDBSubnetGroupStateFault TrustStoreInUse
            """,
        ),
        (
            Meaning.EXISTS,
            """
            InvalidGroup.Duplicate Resource.AlreadyAssociated InvalidPermission.Duplicate RouteAlreadyExists
            EntityAlreadyExists DBInstanceAlreadyExists AlreadyExists InvalidSubnet.Conflict
            DuplicateTargetGroupName SubscriptionAlreadyExist BucketAlreadyOwnedByYou CNAMEAlreadyExists
            PriorityInUse DuplicateLoadBalancerName ParameterAlreadyExists ResourceExistsException
            ResourceAlreadyExistsException DBProxyTargetAlreadyRegisteredFault
            """,
        ),
        (
            Meaning.CONFLICT,
            """
            IncorrectState IncorrectInstanceState InvalidDBInstanceState OperationAborted
            ScalingActivityInProgress ResourceConflictException
            InvalidIfMatchVersion VolumeModificationRateExceeded SnapshotCreationPerVolumeRateExceeded
            IncorrectModificationState InvalidDBClusterStateFault InvalidDBProxyStateFault
            PreconditionFailed DistributionNotDisabled TrustStoreNotReady TooManyUpdates
            RequestInProgressException OperationAbortedException StaleTag ResourceContention
            IdempotentCallInProgress InstanceRefreshInProgress EntityTemporarilyUnmodifiable
            """,
        ),
        (
            Meaning.LIMIT,
            """
            VpcLimitExceeded AddressLimitExceeded InstanceQuotaExceeded TooManyLoadBalancers LimitExceeded
            ServiceQuotaExceededException LimitExceededException RulesPerSecurityGroupLimitExceeded
            StorageQuotaExceeded TargetGroupAssociationLimit DBProxyQuotaExceededFault TooManyBuckets
            """,
        ),
        (
            Meaning.CREDENTIALS,
            """
            ExpiredToken InvalidClientTokenId AuthFailure UnrecognizedClientException SignatureDoesNotMatch
            """,
        ),
        (
            Meaning.TRANSIENT,
            """
            InternalError ServiceUnavailable InsufficientInstanceCapacity RequestTimeout ServiceFailure
            ServiceLinkedRoleFailure InsufficientDBInstanceCapacity
            """,
        ),
        (
            Meaning.INVALID,
            """
            InvalidParameterValue ValidationError MalformedPolicyDocument InvalidVpcID.Malformed
            OperationNotPermitted DBSubnetGroupDoesNotCoverEnoughAZs ProvisionedIopsNotAvailableInAZFault
            BucketAlreadyExists AccessControlListNotSupported InvalidBucketAclWithObjectOwnership
            IllegalUpdate InvalidConfigurationRequest UnmodifiableEntity HierarchyLevelLimitExceededException
            InvalidRequestException InvalidParameter InvalidChangeBatch MalformedPolicy
            """,
        ),
    ],
)
def test_codes(meaning: Meaning, codes: str) -> None:
    """A code that a kind will meet has the meaning that decides what happens next."""
    assert dict.fromkeys(codes.split(), meaning) == {code: meaning_of(code, 400) for code in codes.split()}


def test_botocore_throttling() -> None:
    """What botocore retries as throttling is throttling here; the one exception is a quota."""
    known = set(vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"])
    differing = {code for code in known if meaning_of(code, 400) is not Meaning.THROTTLED}
    assert {"LimitExceededException"} == differing
    assert Meaning.LIMIT == meaning_of("LimitExceededException", 400)


@pytest.mark.parametrize("code", sorted(meanings.MISTAKEN))
def test_mistakes_are_not_missing_things(code: str) -> None:
    """A request that names something wrong is not a thing that is missing, whatever its code looks like."""
    assert Meaning.INVALID == meaning_of(code, 404)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (500, Meaning.TRANSIENT),
        (503, Meaning.TRANSIENT),
        (429, Meaning.THROTTLED),
        (403, Meaning.DENIED),
        (409, Meaning.CONFLICT),
        (404, Meaning.INVALID),
        (400, Meaning.INVALID),
    ],
)
def test_unknown_codes(status: int, meaning: Meaning) -> None:
    """An unknown code is judged by its status, and never taken for a missing thing."""
    assert meaning == meaning_of("SomethingNew", status)


def test_a_known_code_outweighs_its_status() -> None:
    """EC2 throttles with a 503; that is not a fault of the other side."""
    assert Meaning.THROTTLED == meaning_of("RequestLimitExceeded", 503)


def test_sets_are_disjoint() -> None:
    """A code stands in one set: its meaning does not depend on the order of the sets."""
    sets = [value for name, value in vars(meanings).items() if name.isupper() and isinstance(value, frozenset)]
    assert 10 == len(sets)
    assert sum(map(len, sets)) == len(frozenset().union(*sets))


REMOVED = "Tried to delete resource record set [name='a.example.com.', type='A'] but it was not found"
MADE = "Tried to create resource record set [name='a.example.com.', type='A'] but it already exists"
TEMPLATE = "You must use a valid fully-formed launch template. "


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        (
            "ValidationError",
            "Unable to publish test message to notification target arn:aws:sns:us-east-1:1:drain using IAM role r",
            Meaning.TRANSIENT,
        ),
        ("ValidationError", "One or more target groups not found", Meaning.TRANSIENT),
        ("ValidationError", "The subnet ID 'subnet-1' does not exist", Meaning.TRANSIENT),
        ("InvalidSubnet", "The subnet ID 'subnet-1' does not exist", Meaning.TRANSIENT),
        (
            "InvalidParameterValue",
            "Unable to create the resource. Verify that you have permission to create service linked role.",
            Meaning.TRANSIENT,
        ),
        (
            "InvalidParameterCombination",
            "You can't currently modify the storage because the previous storage change is being optimized.",
            Meaning.CONFLICT,
        ),
        ("InvalidParameterCombination", "Cannot upgrade postgres from 16.3 to 15.4", Meaning.INVALID),
        ("InvalidTarget", "The following targets are not in a running state: 'i-1'", Meaning.CONFLICT),
        ("InvalidTarget", "The following targets are not valid: 'i-1'", Meaning.INVALID),
        ("AuthFailure", "Not authorized for images: [ami-1]", Meaning.INVALID),
        ("AuthFailure", "You do not have permission to access the specified resource.", Meaning.IN_USE),
        ("AuthFailure", "AWS was not able to validate the provided access credentials", Meaning.CREDENTIALS),
        ("ValidationError", "AutoScalingGroup name not found - null", Meaning.NOT_FOUND),
        ("ValidationError", "AutoScalingGroup not found - AutoScaling Group web not found", Meaning.NOT_FOUND),
        ("ValidationError", "Launch configuration name not found - web not found", Meaning.NOT_FOUND),
        ("ValidationError", "No Lifecycle Hook found with name drain", Meaning.NOT_FOUND),
        (
            "ValidationError",
            "Trying to remove Target Groups that are not part of the group",
            Meaning.NOT_FOUND,
        ),
        ("ValidationError", "The subnet ID 'subnet-1' was not found", Meaning.INVALID),
        (
            "ValidationError",
            "Provided Target Groups may not be valid. Please ensure they exist and try again.",
            Meaning.TRANSIENT,
        ),
        (
            "ValidationError",
            TEMPLATE + "Value (web) for parameter iamInstanceProfile.name is invalid. "
            "Invalid IAM Instance Profile name",
            Meaning.TRANSIENT,
        ),
        ("ValidationError", TEMPLATE + "The image id '[ami-1]' does not exist", Meaning.TRANSIENT),
        ("ValidationError", TEMPLATE + "Invalid value 'm5.medium' for InstanceType.", Meaning.INVALID),
        (
            "InvalidParameterValue",
            "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
            Meaning.TRANSIENT,
        ),
        (
            "InvalidParameterValue",
            "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
            Meaning.TRANSIENT,
        ),
        ("InvalidParameterValue", "Invalid storage size for engine postgres", Meaning.INVALID),
        ("MalformedPolicy", "Invalid principal in policy", Meaning.TRANSIENT),
        ("MalformedPolicy", "Policy has invalid resource", Meaning.INVALID),
        (
            "MalformedPolicyDocument",
            'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/web"',
            Meaning.TRANSIENT,
        ),
        ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound", Meaning.TRANSIENT),
        ("InvalidParameter", "Invalid parameter: TopicArn", Meaning.INVALID),
        (
            "InvalidConfigurationRequest",
            "Access Denied for bucket: logs. Please check S3bucket permission",
            Meaning.TRANSIENT,
        ),
        ("InvalidChangeBatch", f"[{REMOVED}]", Meaning.NOT_FOUND),
        ("InvalidChangeBatch", REMOVED, Meaning.NOT_FOUND),
        ("InvalidChangeBatch", f"[{REMOVED}, {REMOVED}]", Meaning.NOT_FOUND),
        ("InvalidChangeBatch", f"[{MADE}]", Meaning.EXISTS),
        ("InvalidChangeBatch", f"[{REMOVED}, {MADE}]", Meaning.EXISTS),
        ("InvalidChangeBatch", f"[{REMOVED}, Invalid Resource Record: bad address]", Meaning.INVALID),
        (
            "InvalidChangeBatch",
            f"[{REMOVED.replace('it was not found', 'the values provided do not match the current values')}]",
            Meaning.CONFLICT,
        ),
        (
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
            Meaning.EXISTS,
        ),
        (
            "InvalidInput",
            "Service role name AWSServiceRoleForAutoScaling has been taken in this account, please try another.",
            Meaning.EXISTS,
        ),
        ("ResourceInUseException", "Table already exists: orders", Meaning.EXISTS),
        (
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being created: orders",
            Meaning.CONFLICT,
        ),
        ("ResourceInUseException", "Index is being updated. Table: orders Index: by-customer", Meaning.CONFLICT),
        ("ResourceInUseException", "Certificate arn:aws:acm:… in account 123456789012 is in use.", Meaning.IN_USE),
        (
            "LimitExceededException",
            "Subscriber limit exceeded: Only 50 tables can be created, updated, or deleted simultaneously",
            Meaning.THROTTLED,
        ),
        (
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
            Meaning.THROTTLED,
        ),
        (
            "LimitExceededException",
            "Subscriber limit exceeded: Table tags are being updated: orders",
            Meaning.THROTTLED,
        ),
        (
            "LimitExceededException",
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within the current UTC day.",
            Meaning.LIMIT,
        ),
        (
            "ValidationException",
            "Time to live has been modified multiple times within a fixed interval",
            Meaning.CONFLICT,
        ),
        ("ValidationException", "TimeToLive is already enabled", Meaning.INVALID),
        (
            "ContinuousBackupsUnavailableException",
            "Backups are being enabled for the table: orders. Please retry later",
            Meaning.CONFLICT,
        ),
        ("InternalError", "AutoScalingGroup name not found", Meaning.TRANSIENT),
    ],
)
def test_messages(code: str, message: str, meaning: Meaning) -> None:
    """Where the code alone says too little, AWS's message decides; any other message leaves the code's meaning."""
    assert meaning == meaning_of(code, 400, message)


@pytest.mark.parametrize(
    ("code", "message", "within"),
    [
        ("QueueDeletedRecently", "You must wait 60 seconds after deleting a queue", 60.0),
        ("VolumeModificationRateExceeded", "You've reached the maximum modification rate per volume limit.", 86400.0),
        ("InvalidParameterValue", "Invalid IAM Instance Profile name", 300.0),
        ("InvalidParameterValue", "Value (x) is invalid", None),
        ("DependencyViolation", "The vpc has dependencies", 3600.0),
        ("InvalidGroup.Duplicate", "The security group 'web' already exists", 300.0),
        ("InvalidGroup.NotFound", "The security group 'sg-1' does not exist", 300.0),
        ("UnauthorizedOperation", "You are not authorized", None),
    ],
)
def test_how_long_later_is(code: str, message: str, within: float | None) -> None:
    """What AWS says that it passes within is bounded by that; what is only new, or there already, by some minutes;
    what is busy by an hour. All else is not."""
    refused = translated(refusal("X", Code=code, Message=message), "ec2", "X", "eu-west-1")
    assert within == refused.within


def test_a_refusal_is_judged_by_its_message_too() -> None:
    """What AWS says reaches the meaning of the refusal that the engine sees."""
    error = refusal("DeleteAutoScalingGroup", Code="ValidationError", Message="AutoScalingGroup name not found")
    failure = translated(error, "autoscaling", "DeleteAutoScalingGroup", "eu-west-1")
    assert Meaning.NOT_FOUND is failure.meaning


MISSING_KEYS = ["KMSNotFound", "KmsNotFound", "KmsKeyNotFoundException", "KMS.NotFoundException"]


@pytest.mark.parametrize("code", MISSING_KEYS)
def test_a_missing_key_is_not_a_missing_thing(code: str) -> None:
    """A topic or a bucket whose key is gone is still there: reading it must not find it missing."""
    assert Meaning.INVALID == meaning_of(code, 400)


SERVICES = [
    *("acm", "autoscaling", "cloudfront", "cloudwatch", "dynamodb", "elasticache", "elb", "elbv2", "iam", "logs"),
    *("rds", "resourcegroupstaggingapi", "route53", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts"),
]


@pytest.mark.parametrize("service", SERVICES)
def test_modelled_not_found(service: str) -> None:
    """Every error that AWS's models call "not found" or "no such" is either that or a named mistake."""
    shapes = service_model(service).error_shapes
    codes = {str(shape.error_code) for shape in shapes if isinstance(shape, StructureShape)}
    missing = {code for code in codes if "NotFound" in code or code.startswith("NoSuch")}
    understood = {code for code in missing if meaning_of(code, 404) is Meaning.NOT_FOUND}
    assert missing - meanings.MISTAKEN == understood


def test_a_refusal_may_say_nothing() -> None:
    """Without a code or words a refusal is one all the same; an endpoint may leave out either."""
    error = translated(refusal(Code="InvalidSnapshot.NotFound", Message=None), "ec2", "CreateVpc", "", ["hunter2"])
    assert isinstance(error, Refused)
    assert ("InvalidSnapshot.NotFound", Meaning.NOT_FOUND) == (error.code, error.meaning)
    unsaid = translated(refusal(Code=None, Message=None), "ec2", "CreateVpc", "")
    assert isinstance(unsaid, Refused)
    assert unsaid.code == "Unknown"


def refusal(operation: str = "CreateVpc", **error: Any) -> raised.ClientError:
    metadata = {"RequestId": "r-1", "HTTPStatusCode": 400}
    return raised.ClientError({"Error": error, "ResponseMetadata": metadata}, operation)  # type: ignore[typeddict-item]


def test_refusal() -> None:
    """AWS's refusal keeps its code, its own words and its request id."""
    failure = translated(refusal(Code="InvalidVpcRange", Message="too many"), "ec2", "CreateVpc", "eu-west-1")
    assert Refused("ec2", "CreateVpc", "InvalidVpcRange", Meaning.INVALID, "too many", "r-1") == failure


SECRET = "Hunter2-öß+=%&'\"<quoted>\\"


@pytest.mark.parametrize(
    "echo",
    [
        *(SECRET, SECRET.upper(), SECRET.lower(), SECRET.swapcase()),
        *(SECRET[:6], SECRET[:9] + "…", "..." + SECRET[-6:], SECRET[4:12]),
        *(quote(SECRET, safe=""), quote(SECRET).lower(), quote_plus(SECRET), quote(quote(SECRET[:8], safe=""))),
        *(json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), json.dumps(json.dumps(SECRET))),
        *(escape(SECRET), html.escape(SECRET), html.escape(SECRET[6:14]), repr(SECRET), repr(SECRET[7:])),
        *(base64.b64encode(SECRET.encode()).decode(), base64.b64encode(f"p={SECRET}".encode()).decode()),
    ],
)
def test_refusal_hides_secrets(echo: str) -> None:
    """AWS repeats a value in its message: whole or cut, in any case or form, nothing of a secret one is told."""
    error = refusal(Code="ValidationError", Message=f"Value ({echo}) is too short")
    failure = translated(error, "ec2", "CreateVpc", "eu-west-1", [SECRET])
    assert isinstance(failure, Refused)
    assert ("ValidationError", Meaning.INVALID, "r-1") == (failure.code, failure.meaning, failure.request_id)
    assert echo not in failure.message
    assert failure.message.startswith("the error message of AWS is omitted")


@pytest.mark.parametrize("secret", [SECRET, "x", "pin1"])
def test_refusal_keeps_what_has_nothing_of_a_secret(secret: str) -> None:
    """Where AWS's words have nothing of the secret, they are what helps."""
    words = "The password must be at least 8 long"
    error = refusal(Code="ValidationError", Message=words)
    failure = translated(error, "ec2", "CreateVpc", "eu-west-1", [secret])
    assert isinstance(failure, Refused)
    assert words == failure.message


@pytest.mark.parametrize(
    ("code", "meaning"), [("AccessDenied", Meaning.CREDENTIALS), ("Throttling", Meaning.TRANSIENT)]
)
def test_refused_on_the_way(code: str, meaning: Meaning) -> None:
    """A role that could not be assumed is a matter of credentials, not an answer to the call."""
    failure = translated(refusal("AssumeRole", Code=code), "ec2", "CreateVpc", "eu-west-1")
    assert isinstance(failure, Unreachable)
    assert meaning is failure.meaning
    assert "AssumeRole" in failure.reason


URL = "https://user:hunter2@ec2.eu-west-1.amazonaws.com:8443/hunter2?key=hunter2"


@pytest.mark.parametrize(
    ("error", "meaning", "hint"),
    [
        (raised.NoCredentialsError(), Meaning.CREDENTIALS, "AWS_PROFILE"),
        (raised.PartialCredentialsError(provider="env", cred_var="KEY"), Meaning.CREDENTIALS, "from env lack KEY"),
        (raised.ProfileNotFound(profile="prod"), Meaning.CREDENTIALS, "profile prod"),
        (raised.UnauthorizedSSOTokenError(), Meaning.CREDENTIALS, "aws sso login"),
        (raised.SSOTokenLoadError(error_msg="hunter2"), Meaning.CREDENTIALS, "aws sso login"),
        (
            raised.CredentialRetrievalError(provider="custom-process", error_msg="hunter2"),
            Meaning.CREDENTIALS,
            "from custom-process",
        ),
        (raised.ConfigParseError(path="hunter2"), Meaning.CREDENTIALS, "AWS_CONFIG_FILE"),
        (RuntimeError("still expired"), Meaning.CREDENTIALS, "check the role"),
        (FileNotFoundError(2, "no", "/var/run/token"), Meaning.CREDENTIALS, "/var/run/token"),
        (
            raised.EndpointConnectionError(endpoint_url=URL),
            Meaning.TRANSIENT,
            "eu-west-1 (or AWS_ENDPOINT_URL)",
        ),
        (raised.ConnectTimeoutError(endpoint_url=URL), Meaning.TRANSIENT, "https://ec2.eu-west-1"),
        (raised.ReadTimeoutError(endpoint_url=URL), Meaning.TRANSIENT, "in time"),
        (raised.ConnectionClosedError(endpoint_url=URL), Meaning.TRANSIENT, "closed the connection"),
        (raised.SSLError(endpoint_url=URL, error=ValueError("hunter2")), Meaning.TRANSIENT, "AWS_CA_BUNDLE"),
        (raised.ProxyConnectionError(proxy_url=URL), Meaning.TRANSIENT, "HTTPS_PROXY"),
        (raised.HTTPClientError(error="hunter2"), Meaning.TRANSIENT, "HTTPClientError"),
        (raised.PaginationError(message="hunter2"), Meaning.TRANSIENT, "the same token twice"),
        (ResponseParserError("hunter2"), Meaning.TRANSIENT, "is this an AWS endpoint"),
    ],
)
def test_no_answer(error: Exception, meaning: Meaning, hint: str) -> None:
    """Where no answer came, the reason says what would help, and repeats no value, path or password."""
    failure = translated(error, "ec2", "DescribeVpcs", "eu-west-1")
    assert isinstance(failure, Unreachable)
    assert meaning is failure.meaning
    assert hint in failure.reason
    assert "hunter2" not in str(failure)


def test_refused_by_botocore() -> None:
    """What botocore refuses for another reason is named by its kind, without its text."""
    failure = translated(raised.UnknownKeyError(value="hunter2", param="p", choices=[]), "s3", "PutObject", "eu")
    assert isinstance(failure, Refused)
    assert ("UnknownKeyError", Meaning.INVALID) == (failure.code, failure.meaning)
    assert "hunter2" not in str(failure)
