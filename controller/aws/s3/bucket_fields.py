"""What a bucket is configured with: one structure for each of its aspects."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field as SpecField
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.conditions import Is, Lacks
from controller.core.model.equality import Blank
from controller.core.model.limits import Among, Bounds, Count, Legal, Length
from controller.core.model.rules import AtLeastOne, AtMostOne, Check, Only
from controller.core.model.spec import Aws, Excludes, Form, Keyed, Spec, To, Unordered


def _day(shown: datetime) -> str:
    return shown.date().isoformat()


DAY = Form(read=_day, write=lambda day: f"{day}T00:00:00Z")
"""A date, which S3 takes as a time at midnight UTC."""

StorageClass = Literal["GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"]


_API = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_ENCRYPTION = f"{_API}/API_ServerSideEncryptionByDefault.html"
_TRANSITIONS = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html"
)
_ONE_WILDCARD = Legal(r"[^*]*\*?[^*]*", "it can have only one *")
_DAYS = Bounds(1)
_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")


class Encryption(Spec):
    """The default encryption."""

    constraints = (Only("kmsMasterKeyId", when=Is("sseAlgorithm", "aws:kms", "aws:kms:dsse"), page=_ENCRYPTION),)

    sse_algorithm: Annotated[
        Literal["AES256", "aws:kms", "aws:kms:dsse"],
        Aws("ApplyServerSideEncryptionByDefault.SSEAlgorithm"),
        Excludes("ApplyServerSideEncryptionByDefault.KMSMasterKeyID", when=lambda algorithm: algorithm == "AES256"),
        Excludes("BucketKeyEnabled", when=lambda algorithm: algorithm == "aws:kms:dsse"),
    ]
    """`AES256` with S3 managed keys, or `aws:kms` with a KMS key."""
    kms_master_key_id: Annotated[str | None, Aws("ApplyServerSideEncryptionByDefault.KMSMasterKeyID")] = None
    """The KMS key; AWS shows it as it was given. AWS's default: the account's key for S3."""
    bucket_key_enabled: Annotated[bool | None, Blank()] = None
    """Whether an S3 Bucket Key reduces requests to KMS and their cost. AWS's default: false."""


class PublicAccessBlock(Spec):
    """Block Public Access; fields left out are true, as in a new bucket."""

    block_public_acls: bool | None = None
    """Whether public ACLs are rejected."""
    ignore_public_acls: bool | None = None
    """Whether public ACLs are ignored."""
    block_public_policy: bool | None = None
    """Whether a public bucket policy is rejected."""
    restrict_public_buckets: bool | None = None
    """Whether a bucket with a public policy is restricted to AWS services and its own account."""


class OwnershipControls(Spec):
    """Object ownership."""

    object_ownership: Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]
    """`BucketOwnerEnforced` disables ACLs."""


class Condition(Spec):
    """When the redirect applies."""

    http_error_code_returned_equals: Annotated[str | None, Legal(r"[45][0-9]{2}", "it must be like 404")] = None
    """The HTTP error code, such as `404`."""
    key_prefix_equals: str | None = None
    """The key prefix."""


class Redirect(Spec):
    """The redirect."""

    constraints = (
        AtMostOne("replaceKeyPrefixWith", "replaceKeyWith", page=f"{_API}/API_Redirect.html"),
        AtLeastOne(
            "hostName",
            "httpRedirectCode",
            "protocol",
            "replaceKeyPrefixWith",
            "replaceKeyWith",
            page=f"{_API}/API_Redirect.html",
        ),
    )

    host_name: str | None = None
    """The host."""
    http_redirect_code: Annotated[str | None, Legal(r"3[0-9]{2}", "it must be like 302")] = None
    """The HTTP redirect code, such as `302`. AWS's default: `301`."""
    protocol: Literal["http", "https"] | None = None
    """The protocol. AWS's default: that of the request."""
    replace_key_prefix_with: str | None = None
    """The replacement for the key prefix of the condition."""
    replace_key_with: str | None = None
    """The replacement for the whole key."""


class RoutingRule(Spec):
    """One routing rule: a redirect with its condition."""

    condition: Condition | None = None
    """Unset: always."""
    redirect: Redirect
    """The redirect."""


class RedirectAll(Spec):
    """The redirect of all requests."""

    host_name: str
    """The host."""
    protocol: Literal["http", "https"] | None = None
    """The protocol. AWS's default: that of the request."""


class Website(Spec):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_WebsiteConfiguration.html"""

    constraints = (Only("errorDocument", "routingRules", when=Lacks("redirectAllRequestsTo")),)

    index_document: Annotated[
        str | None,
        Legal(r"[^/]+", "it must be a name without a slash"),
        Aws("IndexDocument.Suffix"),
        Excludes("RedirectAllRequestsTo"),
    ] = None
    """The index document, such as `index.html`."""
    error_document: Annotated[str | None, Aws("ErrorDocument.Key")] = None
    """The key of the error document."""
    routing_rules: Annotated[list[RoutingRule] | None, Count(1, 50)] = None
    """The routing rules, in order."""
    redirect_all_requests_to: Annotated[
        RedirectAll | None, Excludes("IndexDocument", "ErrorDocument", "RoutingRules")
    ] = None
    """A redirect of all requests; it excludes all other fields."""

    @model_validator(mode="after")
    def _pages_or_redirect(self) -> "Website":
        if self.model_fields_set and (self.index_document is None) is (self.redirect_all_requests_to is None):
            raise PydanticCustomError(
                "website", "a website requires either an indexDocument or redirectAllRequestsTo"
            )
        return self


class CorsRule(Spec):
    """One CORS rule."""

    id: Annotated[str | None, Aws("ID")] = None
    """A name for the rule."""
    allowed_methods: Annotated[list[str], Unordered(), Among("GET", "PUT", "POST", "DELETE", "HEAD")]
    """The methods."""
    allowed_origins: Annotated[list[str], Unordered(), _ONE_WILDCARD]
    """The origins, such as `https://www.example.com` or `*`."""
    allowed_headers: Annotated[list[str] | None, Unordered(), _ONE_WILDCARD] = None
    """The allowed request headers, such as `*`."""
    expose_headers: Annotated[list[str] | None, Unordered()] = None
    """The response headers exposed to the page."""
    max_age_seconds: int | None = None
    """How long the browser may cache the preflight response."""


class Tag(Spec):
    """A tag of objects."""

    key: str
    """Its key."""
    value: str
    """Its value."""


class AllOf(Spec):
    """Several conditions, all of which must match."""

    prefix: Annotated[str | None, Blank()] = None
    """The key prefix."""
    tags: Annotated[list[Tag] | None, Keyed("key"), Aws("Tags")] = None
    """The object tags."""
    object_size_greater_than: int | None = None
    """The minimum object size in bytes, exclusive."""
    object_size_less_than: int | None = None
    """The maximum object size in bytes, exclusive."""


class Filter(Spec):
    """The objects that a rule applies to: one condition, or several in `and`. Empty: all objects."""

    prefix: Annotated[str | None, Blank()] = None
    """The key prefix."""
    tag: Tag | None = None
    """An object tag."""
    object_size_greater_than: int | None = None
    """The minimum object size in bytes, exclusive."""
    object_size_less_than: int | None = None
    """The maximum object size in bytes, exclusive."""
    and_: Annotated[AllOf | None, Aws("And")] = SpecField(default=None, alias="and")
    """Several conditions, all of which must match."""

    @model_validator(mode="after")
    def _one(self) -> "Filter":
        if len(self.model_fields_set) > 1:
            raise PydanticCustomError("filter", "a filter takes one condition; put several of them into `and`")
        return self


class Expiration(Spec):
    """When an object or its delete marker expires."""

    constraints = (
        AtMostOne("days", "date", "expiredObjectDeleteMarker", page=f"{_API}/API_LifecycleExpiration.html"),
    )

    days: Annotated[int | None, _DAYS] = None
    """Days after creation."""
    date: Annotated[str | None, DAY] = None
    """The date, such as `2030-01-01`."""
    expired_object_delete_marker: Annotated[bool | None, Blank()] = None
    """Whether a delete marker without noncurrent versions is removed."""


def _late_to_infrequent_access(days: str) -> Check:
    """That an object is so many days old before it gets a class for infrequent access."""
    return Check(
        f"{days} is at least 30",
        lambda age: age >= 30,
        days,
        when=(Is("storageClass", *_INFREQUENT),),
        page=_TRANSITIONS,
    )


class Transition(Spec):
    """When an object transitions to another storage class."""

    constraints = (
        AtMostOne("days", "date", page=f"{_API}/API_Transition.html"),
        _late_to_infrequent_access("days"),
    )

    storage_class: StorageClass
    """The storage class."""
    days: Annotated[int | None, Bounds(0), Blank()] = None
    """Days after creation."""
    date: Annotated[str | None, DAY] = None
    """The date, such as `2030-01-01`."""


class NoncurrentVersionTransition(Spec):
    """When a noncurrent version transitions to another storage class."""

    constraints = (_late_to_infrequent_access("noncurrentDays"),)

    storage_class: StorageClass
    """The storage class."""
    noncurrent_days: Annotated[int | None, Blank()] = None
    """Days after it became noncurrent."""
    newer_noncurrent_versions: Annotated[int | None, Bounds(1, 100)] = None
    """The number of newer noncurrent versions that are not transitioned."""


class NoncurrentVersionExpiration(Spec):
    """When a noncurrent version expires."""

    noncurrent_days: Annotated[int | None, _DAYS, Blank()] = None
    """Days after it became noncurrent."""
    newer_noncurrent_versions: Annotated[int | None, Bounds(1, 100)] = None
    """The number of newer noncurrent versions to retain."""


def _long_in_infrequent_access(transitions: list[Mapping[str, Any]]) -> bool:
    days = {part.get("storageClass"): part.get("days") for part in transitions}
    before = [day for name in _INFREQUENT if isinstance(day := days.get(name), int)]
    after = [day for name in ("GLACIER", "DEEP_ARCHIVE") if isinstance(day := days.get(name), int)]
    return all(later >= earlier + 30 for earlier in before for later in after)


class LifecycleRule(Spec):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html"""

    constraints = (
        AtLeastOne(
            "expiration",
            "transitions",
            "noncurrentVersionTransitions",
            "noncurrentVersionExpiration",
            "abortIncompleteMultipartUpload",
        ),
        Check(
            "expiration.days is greater than the days of all transitions",
            lambda transitions, days: all(before < days for before in transitions),
            "transitions[].days",
            "expiration.days",
            partly=True,
            page=_TRANSITIONS,
        ),
        Check(
            "a transition to GLACIER or DEEP_ARCHIVE is at least 30 days after one to STANDARD_IA or ONEZONE_IA",
            _long_in_infrequent_access,
            "transitions",
            page=_TRANSITIONS,
        ),
        Only("abortIncompleteMultipartUpload", when=Lacks("filter.tag")),
        Only("abortIncompleteMultipartUpload", when=Lacks("filter.and.tags")),
        Only("expiration.expiredObjectDeleteMarker", when=Lacks("filter.tag")),
        Only("expiration.expiredObjectDeleteMarker", when=Lacks("filter.and.tags")),
    )

    id: Annotated[str, Length(1, 255), Aws("ID")]
    """Its id, unique among the rules."""
    status: Literal["Enabled", "Disabled"]
    """Whether it is enabled."""
    filter: Annotated[Filter | None, Excludes("Prefix")] = None
    """The objects it applies to. Unset: all."""
    expiration: Expiration | None = None
    """When objects expire."""
    transitions: Annotated[list[Transition] | None, Keyed("storageClass")] = None
    """When objects transition to other storage classes."""
    noncurrent_version_transitions: Annotated[list[NoncurrentVersionTransition] | None, Keyed("storageClass")] = None
    """When noncurrent versions transition to other storage classes."""
    noncurrent_version_expiration: NoncurrentVersionExpiration | None = None
    """When noncurrent versions expire."""
    abort_incomplete_multipart_upload: Annotated[
        int | None, _DAYS, Aws("AbortIncompleteMultipartUpload.DaysAfterInitiation")
    ] = None
    """Days after which an incomplete multipart upload is aborted."""


class PartitionedPrefix(Spec):
    """Log object keys partitioned by account, region, bucket and date."""

    partition_date_source: Literal["EventTime", "DeliveryTime"]
    """Whether the date is the event time or the delivery time."""


class Logging(Spec):
    """Where server access logs are delivered."""

    target_bucket: Annotated[str | None, To("Bucket"), Aws("TargetBucket")] = None
    """The bucket; its policy must allow the S3 logging service to put objects."""
    target_prefix: str | None = None
    """The key prefix of the log files. Unset: none."""
    partitioned_prefix: Annotated[
        PartitionedPrefix | None,
        Aws("TargetObjectKeyFormat.PartitionedPrefix"),
        Excludes("TargetObjectKeyFormat.SimplePrefix"),
    ] = None
    """Date-based partitioning of the log object keys."""

    @model_validator(mode="after")
    def _somewhere(self) -> "Logging":
        if self.model_fields_set and self.target_bucket is None:
            raise PydanticCustomError("logging", "logging requires a targetBucket; {} turns it off")
        return self


def completed(name: str, value: Any) -> Any:
    """An aspect with what AWS wants said: what is left out of one that AWS replaces as a whole."""
    match name:
        case "publicAccessBlock":
            return {**CLOSED, **value}
        case "logging" if value:
            return {"targetPrefix": "", **value}
        case "lifecycleRules":
            return [{"filter": {}, **rule} for rule in value]
    return value


CLOSED = dict.fromkeys(("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"), True)
"""How AWS makes a bucket: closed to the public."""
