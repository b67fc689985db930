"""What AWS's error codes mean, in one file.

A code's meaning is looked up in four steps, the first that knows it decides: AWS's message, where the code alone
says too little; the sets below; the families that AWS names by one rule; the HTTP status.

A read that meets a "not found" is taken as empty, and a removal that meets one as done, so that meaning is given by
precise rules only: a code that merely mentions something missing, while the mistake is in the request, stands in
`MISTAKEN`, and a message must say nothing else.
"""

import re
from typing import NamedTuple

from controller.core.model.cloud import Meaning


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


THROTTLED = _codes("""
    Throttling ThrottlingException ThrottledException Throttled KMSThrottling KmsThrottled RequestThrottled
    RequestThrottledException TooManyRequests TooManyRequestsException RequestLimitExceeded
    BandwidthLimitExceeded SlowDown EC2ThrottledException PriorRequestNotComplete
    ProvisionedThroughputExceededException TransactionInProgressException APICallRateForCustomerExceeded
    DependencyThrottle
""")
"""Botocore's own list and its spellings elsewhere, without `LimitExceededException`: with most services that
is a quota (ACM, KMS, logs), and where it is not, botocore has asked again beneath us."""

NOT_FOUND = _codes("""
    404 AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist DoesNotExistException
    AssociationDoesNotExist AssociationExecutionDoesNotExist InvocationDoesNotExist WAFNonexistentItemException
    Gateway.NotAttached
""")
"""`404` is what botocore makes of an answer without a body, such as S3's to a HEAD request."""

MISTAKEN = _codes("""
    InvalidZone.NotFound NoSuchOrigin TrustedSignerDoesNotExist TrustedKeyGroupDoesNotExist
    SSLPolicyNotFound ALPNPolicyNotFound SubscriptionCategoryNotFound DuplicateTagKeys DuplicateInstanceId
    TooManyEntriesInBatchRequest InvalidVPCNetworkStateFault KMSNotFound KmsNotFound KmsKeyNotFoundException
    KMS.NotFoundException OperationNotPermitted InvalidConfigurationRequest InvalidAssociation TestFunctionFailed
    HierarchyLevelLimitExceededException BucketAlreadyExists InvalidBucketState NotImplemented
    CrossLocationLoggingProhibitted
""")
"""Look like a family below or by their status, and are mistakes of the request. A thing whose key is missing is
not missing itself. With `OperationNotPermitted` EC2 and ELB refuse to remove what is protected: no permission
helps, only taking the protection away. `BucketAlreadyExists`: the name is another account's. S3's
`InvalidBucketState` is what another setting of the bucket forbids; it spells `Prohibitted` so."""

DENIED = _codes("""
    UnauthorizedOperation UnauthorizedException NotAuthorized NotAuthorizedException AuthorizationError
    OperationNotPermittedException SNSNoAuthorization Forbidden ForbiddenException AllAccessDisabled
    AccountProblem PendingVerification Blocked BlockedException RegionDisabledException NotSignedUp
    OptInRequired KMSOptInRequired KmsOptInRequired SubscriptionRequiredException
""")

CREDENTIALS = _codes("""
    ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired InvalidToken InvalidClientTokenId
    CloudTrailInvalidClientTokenIdException InvalidAccessKeyId AuthFailure UnrecognizedClientException
    SignatureDoesNotMatch InvalidSignatureException IncompleteSignature IncompleteSignatureException
    MissingAuthenticationToken MissingAuthenticationTokenException MissingSecurityHeader InvalidSecurity
    InvalidIdentityToken IDPRejectedClaim RequestTimeTooSkewed RequestInTheFuture
""")
"""With those of a wrong clock: a signature of the wrong time is refused like a wrong one."""

IN_USE = _codes("""
    DependencyViolation ResourceInUse DeleteConflict HostedZoneNotEmpty BucketNotEmpty
    CannotDeleteEntityWhileInUse CannotUpdateEntityWhileInUse WAFAssociatedItemException
    InvalidDBSubnetGroupStateFault InvalidDBSubnetStateFault InvalidDBParameterGroupState
    RepositoryNotEmptyException AssociatedInstances
""")

EXISTS = _codes("""
    IdempotentParameterMismatch IdempotentParameterMismatchException IdempotencyParameterMismatch
    InvalidSubnet.Conflict BucketAlreadyOwnedByYou QueueNameExists WAFDuplicateItemException
    ResourceExistsException DelegationSetAlreadyCreated ConflictingDomainExists PriorityInUse
    DBProxyTargetAlreadyRegisteredFault
""")
"""With what was made with the same token and other parameters."""

CONFLICT = _codes("""
    ConcurrentModification ConcurrentModificationException ConcurrentAccess ConcurrentUpdateException
    EntityTemporarilyUnmodifiable OperationAborted OperationAbortedException ResourceContention RoleModified
    412 PreconditionFailed PreconditionFailedException InvalidIfMatchVersion WAFOptimisticLockException
    TooManyUpdates OpsMetadataTooManyUpdatesException DistributionNotDisabled
    StreamingDistributionNotDisabled ResourceNotDisabled DBInstanceNotReady TrustStoreNotReady
    CapacityReservationPending IntegrationConflictOperationFault StaleTag
    SnapshotCreationPerVolumeRateExceeded ContinuousBackupsUnavailableException
""")
"""The rate is one volume's, which is still busy with the last change: it says nothing about the API. Backups of a
new table are unavailable until DynamoDB has enabled them by itself."""

LIMIT = _codes("""
    LimitExceededException OverLimit NoFreeAddressesInSubnet InsufficientFreeAddressesInSubnet
    InsufficientAvailableIPsInSubnetFault MaxSpotInstanceCountExceeded CodeStorageExceededException
    MaximumNumberOfTrailsExceededException TargetGroupAssociationLimit DocumentPermissionLimit
    ResourceDataSyncCountExceededException
""")

TRANSIENT = _codes("""
    InternalError InternalFailure InternalServerError InternalServerException InternalServiceError
    InternalServiceException InternalException Unavailable ServiceUnavailable ServiceUnavailableException
    RequestTimeout RequestTimeoutException IDPCommunicationError OpenIdIdpCommunicationError
    PaginationTokenExpiredException ServiceFailure ServiceLinkedRoleFailure InternalStreamingException
""")

_SETS = {
    Meaning.THROTTLED: THROTTLED,
    Meaning.NOT_FOUND: NOT_FOUND,
    Meaning.INVALID: MISTAKEN,
    Meaning.DENIED: DENIED,
    Meaning.CREDENTIALS: CREDENTIALS,
    Meaning.IN_USE: IN_USE,
    Meaning.EXISTS: EXISTS,
    Meaning.CONFLICT: CONFLICT,
    Meaning.LIMIT: LIMIT,
    Meaning.TRANSIENT: TRANSIENT,
}
_MEANINGS = {code: meaning for meaning, codes in _SETS.items() for code in codes}

DAY_SECONDS = 86_400.0
NOT_YET_SECONDS = 300.0
"""So long a message that something is there, is not there, or may not be used, may come of its being new."""
BUSY_SECONDS = 3600.0
"""So long AWS may be at work on what somebody has begun, or something may hold what is to go."""
_WITHIN_BY_MEANING = {
    Meaning.EXISTS: NOT_YET_SECONDS,
    Meaning.NOT_FOUND: NOT_YET_SECONDS,
    Meaning.CONFLICT: BUSY_SECONDS,
    Meaning.IN_USE: BUSY_SECONDS,
}


class _Said(NamedTuple):
    """Codes, what AWS's message says, what the two mean together, and within how many seconds that passes.

    Without a time it is that of the meaning; what is transient by its message is so because something is new.
    """

    codes: str
    pattern: str
    meaning: Meaning
    within: float | None = None


_MESSAGES: tuple[tuple[str, str, Meaning] | tuple[str, str, Meaning, float], ...] = (
    # A role, an instance profile or a policy is not seen everywhere at once.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    ("InvalidParameterValue ValidationError", r"(?i)invalid iam ?instance ?profile", Meaning.TRANSIENT),
    (
        "MalformedPolicy MalformedPolicyDocument MalformedPolicyDocumentException",
        r"(?i)(?:invalid|unsupported) principal",
        Meaning.TRANSIENT,
    ),
    ("InvalidParameter", r"Policy Error: PrincipalNotFound", Meaning.TRANSIENT),
    ("InvalidParameterValue", r"IAM role ARN value is invalid or does not include", Meaning.TRANSIENT),
    (
        "InvalidParameterException",
        r"Could not deliver test message|permission to assume the provided role",
        Meaning.TRANSIENT,
    ),
    # The same with what else a call refers to: a template, a target group, the policy of a bucket or a topic.
    ("ValidationError", r"launch template\b.* does not exist", Meaning.TRANSIENT),
    ("ValidationError", r"^Provided (?:Target Groups|Load Balancers) may not be valid", Meaning.TRANSIENT),
    ("InvalidConfigurationRequest", r"^Access Denied for bucket", Meaning.TRANSIENT),
    ("InvalidArgument", r"^Unable to validate the following destination configurations", Meaning.TRANSIENT),
    ("ValidationError", r"^Unable to publish test message to notification target", Meaning.TRANSIENT),
    ("ValidationError", r"target groups? not found|subnet ID\b.* does not exist", Meaning.TRANSIENT),
    ("InvalidSubnet InvalidParameterValue", r"subnet ID\b.* does not exist", Meaning.TRANSIENT),
    # The first resource of a service in an account makes a role for it, which is not there at once.
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html
    (
        "InvalidParameterValue InvalidParameterCombination ValidationError AccessDenied",
        r"(?i)verify that you have permission to create service[- ]linked role",
        Meaning.TRANSIENT,
    ),
    # It is at work on what it was told before, or the thing is not as far as the call needs it.
    (
        "InvalidParameterCombination InvalidParameterValue",
        r"previous storage change is being optimized",
        Meaning.CONFLICT,
        DAY_SECONDS,
    ),
    ("InvalidTarget", r"not in (?:a |the )?running state", Meaning.CONFLICT),
    # The code of wrong credentials stands for a thing that is another's, or that another holds, too.
    ("AuthFailure", r"^Not authorized for (?:images?|snapshots?)", Meaning.INVALID),
    ("AuthFailure", r"^You do not have permission to access the specified resource", Meaning.IN_USE),
    # Auto Scaling has one code for all it refuses.
    ("ValidationError", r"^(?:AutoScalingGroup|Launch configuration)(?: name)? not found\b", Meaning.NOT_FOUND),
    ("ValidationError", r"^No Lifecycle Hook found\b", Meaning.NOT_FOUND),
    (
        "ValidationError",
        r"^Trying to remove (?:Target Groups|Load Balancers) that are not part of the group",
        Meaning.NOT_FOUND,
    ),
    # A batch of records is made as a whole or not at all: a removal is done only if nothing else was wrong.
    ("InvalidChangeBatch", r"already exists|conflicts with other records", Meaning.EXISTS),
    ("InvalidChangeBatch", r"do not match the current values", Meaning.CONFLICT),
    (
        "InvalidChangeBatch",
        r"^\[?(?:(?:, )?Tried to delete resource record set \[[^][]*\] but it was not found)+\]?$",
        Meaning.NOT_FOUND,
    ),
    # SNS gives a topic, a subscription or a statement that exists already to nobody who says something else of it.
    (
        "InvalidParameter",
        r"already exists with different (?:attributes|tags)|Statement already exists",
        Meaning.EXISTS,
    ),
    # DynamoDB has one code for a table whose name is taken, and for one that is made, changed or deleted just now;
    # another for what it takes no more of at once, which is no quota that is used up.
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html#API_UpdateTable_Errors
    ("ResourceInUseException", r"^Table already exists", Meaning.EXISTS),
    (
        "ResourceInUseException",
        r"^Attempt to change a resource which is still in use|^Table is being|^Index is being",
        Meaning.CONFLICT,
    ),
    (
        "LimitExceededException",
        r"\bsimultaneously\b|^Subscriber limit exceeded: Table tags are",
        Meaning.THROTTLED,
    ),
    # How items expire can be changed once in a while.
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
    ("ValidationException", r"^Time to live has been modified multiple times within", Meaning.CONFLICT),
    # A secret that was deleted keeps its name until its time is over.
    ("InvalidRequestException", r"already scheduled for deletion", Meaning.EXISTS),
    ("InvalidRequestException", r"(?:scheduled|marked) for deletion", Meaning.CONFLICT),
    ("InvalidInput", r"^Service role name \S+ has been taken in this account", Meaning.EXISTS),
    # "you must wait 60 seconds before creating a queue with the same name":
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
    ("QueueDeletedRecently AWS.SimpleQueueService.QueueDeletedRecently", "", Meaning.CONFLICT, 60.0),
    # So many changes of a volume within a day:
    # https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html
    ("VolumeModificationRateExceeded", "", Meaning.CONFLICT, DAY_SECONDS),
)
"""As `_Said` has them. Of several that fit the first decides."""


def _by_code() -> dict[str, list[tuple[re.Pattern[str], _Said]]]:
    by_code: dict[str, list[tuple[re.Pattern[str], _Said]]] = {}
    for said in (_Said(*entry) for entry in _MESSAGES):
        for code in said.codes.split():
            by_code.setdefault(code, []).append((re.compile(said.pattern), said))
    return by_code


_SAID = _by_code()

_END = r"(?:Fault|Exception|Error)?"
# EC2 names the thing before the dot (`InvalidVpcID.NotFound`), the others write it in one word.
_FAMILIES = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (rf"(?:[A-Za-z]+\.)?\w*NotFound{_END}", Meaning.NOT_FOUND),
        (r"NoSuch[A-Z]\w*", Meaning.NOT_FOUND),
        (rf"(?:\w+\.)?\w*InUse{_END}", Meaning.IN_USE),
        (rf"\w*AlreadyExists?{_END}", Meaning.EXISTS),
        (rf"(?:\w+\.)?Already(?:Associated|Attached|Exists)\w*{_END}", Meaning.EXISTS),
        (r"\w+\.Duplicate|Duplicate[A-Z]\w*", Meaning.EXISTS),
        (rf"\w*Conflict{_END}|\w+InProgress{_END}", Meaning.CONFLICT),
        (rf"\w*(?:Invalid|Incorrect)\w*State{_END}", Meaning.CONFLICT),
        (rf"\w*(?:Limits?|Quota\w*)(?:Exceeded|Reached){_END}|QuotaExceeded\.\w+", Meaning.LIMIT),
        (r"TooMany[A-Z]\w*", Meaning.LIMIT),
        (rf"\w*AccessDenied{_END}", Meaning.DENIED),
        (r"Insufficient\w*Capacity" + _END, Meaning.TRANSIENT),
    )
)

_STATUSES = {401: Meaning.DENIED, 403: Meaning.DENIED, 409: Meaning.CONFLICT, 429: Meaning.THROTTLED}


def meaning_of(code: str, http_status: int, message: str = "") -> Meaning:
    """What the code and AWS's message say to a reconciler; an unknown code is judged by its HTTP status.

    An unknown code with status 404 is not taken for "not found": that is also the answer of an endpoint that
    does not know the operation, and a thing must never be thought missing because of that.
    """
    said = _of_message(code, message)
    meaning = said.meaning if said else _MEANINGS.get(code) or _of_family(code)
    if meaning is None and http_status >= 500:
        return Meaning.TRANSIENT
    return meaning or _STATUSES.get(http_status, Meaning.INVALID)


def within_of(code: str, message: str, meaning: Meaning) -> float | None:
    """Seconds in which a refusal passes by itself; None where it may take any time, or does not pass."""
    said = _of_message(code, message)
    if said and (said.within or said.meaning is Meaning.TRANSIENT):
        return said.within or NOT_YET_SECONDS
    return _WITHIN_BY_MEANING.get(meaning)


def _of_message(code: str, message: str) -> _Said | None:
    return next((said for pattern, said in _SAID.get(code, ()) if pattern.search(message)), None)


def _of_family(code: str) -> Meaning | None:
    return next((meaning for pattern, meaning in _FAMILIES if pattern.fullmatch(code)), None)
