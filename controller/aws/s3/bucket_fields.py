"""What a bucket is configured with: one structure for each of its aspects."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field as SpecField
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.spec import Aws, Form, Keyed, Spec, To, Unordered


def _day(shown: datetime) -> str:
    return shown.date().isoformat()


DAY = Form(read=_day, write=lambda day: f"{day}T00:00:00Z")
"""A date, which S3 takes as a time at midnight UTC."""

StorageClass = Literal["GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"]


class Encryption(Spec):
    """How objects are encrypted that are put without saying how."""

    sse_algorithm: Annotated[
        Literal["AES256", "aws:kms", "aws:kms:dsse"], Aws("ApplyServerSideEncryptionByDefault.SSEAlgorithm")
    ]
    """`AES256` with keys of S3, or `aws:kms` with a key of KMS."""
    kms_master_key_id: Annotated[str | None, Aws("ApplyServerSideEncryptionByDefault.KMSMasterKeyID")] = None
    """The KMS key; AWS shows it as it was given. AWS's default: the account's key for S3."""
    bucket_key_enabled: bool | None = None
    """Whether a key of the bucket saves calls to KMS, and what they cost. AWS's default: false."""


class PublicAccessBlock(Spec):
    """What keeps the bucket from the public; what is left out here is true, as AWS has it in a new bucket."""

    block_public_acls: bool | None = None
    """Whether ACLs that make public are refused."""
    ignore_public_acls: bool | None = None
    """Whether ACLs that make public count for nothing."""
    block_public_policy: bool | None = None
    """Whether a bucket policy that makes public is refused."""
    restrict_public_buckets: bool | None = None
    """Whether only AWS's services and the account itself get in where the policy makes public."""


class OwnershipControls(Spec):
    """Whose the objects are."""

    object_ownership: Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]
    """`BucketOwnerEnforced` switches ACLs off."""


class Condition(Spec):
    """When a request is redirected."""

    http_error_code_returned_equals: str | None = None
    """The error that S3 would answer with, such as `404`."""
    key_prefix_equals: str | None = None
    """What the key begins with."""


class Redirect(Spec):
    """Where a request is redirected to."""

    host_name: str | None = None
    """The host."""
    http_redirect_code: str | None = None
    """The status of the answer, such as `302`. AWS's default: `301`."""
    protocol: Literal["http", "https"] | None = None
    """The protocol. AWS's default: that of the request."""
    replace_key_prefix_with: str | None = None
    """What stands in place of the prefix of the condition."""
    replace_key_with: str | None = None
    """What stands in place of the whole key."""


class RoutingRule(Spec):
    """One rule: a redirect, and when it is made."""

    condition: Condition | None = None
    """Unset: always."""
    redirect: Redirect
    """Where to."""


class RedirectAll(Spec):
    """Where all requests are redirected to."""

    host_name: str
    """The host."""
    protocol: Literal["http", "https"] | None = None
    """The protocol. AWS's default: that of the request."""


class Website(Spec):
    """A static website: pages of its own, or a redirect of everything."""

    index_document: Annotated[str | None, Aws("IndexDocument.Suffix")] = None
    """What stands for a folder, such as `index.html`."""
    error_document: Annotated[str | None, Aws("ErrorDocument.Key")] = None
    """The key of the page that is shown for an error."""
    routing_rules: list[RoutingRule] | None = None
    """Redirects of some requests, in order."""
    redirect_all_requests_to: RedirectAll | None = None
    """A redirect of all requests; then there is nothing else."""

    @model_validator(mode="after")
    def _pages_or_redirect(self) -> "Website":
        if self.model_fields_set and (self.index_document is None) is (self.redirect_all_requests_to is None):
            raise PydanticCustomError("website", "a website has either an indexDocument or redirectAllRequestsTo")
        return self


class CorsRule(Spec):
    """Which pages of other hosts may ask for what."""

    id: Annotated[str | None, Aws("ID")] = None
    """A name for the rule."""
    allowed_methods: Annotated[list[str], Unordered()]
    """The methods: `GET`, `PUT`, `POST`, `DELETE`, `HEAD`."""
    allowed_origins: Annotated[list[str], Unordered()]
    """The origins, such as `https://www.example.com` or `*`."""
    allowed_headers: Annotated[list[str] | None, Unordered()] = None
    """The headers that a request may have, such as `*`."""
    expose_headers: Annotated[list[str] | None, Unordered()] = None
    """The headers of the answer that the page may read."""
    max_age_seconds: int | None = None
    """How long the browser may remember the permission."""


class Tag(Spec):
    """A tag of objects."""

    key: str
    """Its key."""
    value: str
    """Its value."""


class AllOf(Spec):
    """Several conditions at once."""

    prefix: str | None = None
    """What the key begins with."""
    tags: Annotated[list[Tag] | None, Keyed("key"), Aws("Tags")] = None
    """Tags that the object has."""
    object_size_greater_than: int | None = None
    """It has more bytes."""
    object_size_less_than: int | None = None
    """It has fewer bytes."""


class Filter(Spec):
    """Which objects a rule is for: one condition, or several in `and`. Without any it is for all."""

    prefix: str | None = None
    """What the key begins with."""
    tag: Tag | None = None
    """A tag that the object has."""
    object_size_greater_than: int | None = None
    """It has more bytes."""
    object_size_less_than: int | None = None
    """It has fewer bytes."""
    and_: Annotated[AllOf | None, Aws("And")] = SpecField(default=None, alias="and")
    """Several conditions at once."""

    @model_validator(mode="after")
    def _one(self) -> "Filter":
        if len(self.model_fields_set) > 1:
            raise PydanticCustomError("filter", "a filter has one condition; several of them go into `and`")
        return self


class Expiration(Spec):
    """When an object, or its marker, goes."""

    days: int | None = None
    """So many days after it was put."""
    date: Annotated[str | None, DAY] = None
    """On this day, such as `2030-01-01`."""
    expired_object_delete_marker: bool | None = None
    """Whether a delete marker goes that no version stands behind any more."""


class Transition(Spec):
    """When an object moves to a cheaper class."""

    storage_class: StorageClass
    """The class."""
    days: int | None = None
    """So many days after it was put."""
    date: Annotated[str | None, DAY] = None
    """On this day, such as `2030-01-01`."""


class NoncurrentVersionTransition(Spec):
    """When an old version moves to a cheaper class."""

    storage_class: StorageClass
    """The class."""
    noncurrent_days: int | None = None
    """So many days after a newer one came."""
    newer_noncurrent_versions: int | None = None
    """So many newer old versions are left as they are."""


class NoncurrentVersionExpiration(Spec):
    """When an old version goes."""

    noncurrent_days: int | None = None
    """So many days after a newer one came."""
    newer_noncurrent_versions: int | None = None
    """So many newer old versions are kept."""


class LifecycleRule(Spec):
    """What becomes of objects with time."""

    id: Annotated[str, Aws("ID")]
    """A name for the rule, by which it is told from the others."""
    status: Literal["Enabled", "Disabled"]
    """Whether it is in force."""
    filter: Filter | None = None
    """Which objects it is for. Unset: all."""
    expiration: Expiration | None = None
    """When they go."""
    transitions: Annotated[list[Transition] | None, Keyed("storageClass")] = None
    """When they move to cheaper classes."""
    noncurrent_version_transitions: Annotated[list[NoncurrentVersionTransition] | None, Keyed("storageClass")] = None
    """When their old versions move to cheaper classes."""
    noncurrent_version_expiration: NoncurrentVersionExpiration | None = None
    """When their old versions go."""
    abort_incomplete_multipart_upload: Annotated[
        int | None, Aws("AbortIncompleteMultipartUpload.DaysAfterInitiation")
    ] = None
    """After so many days an upload that was never finished is given up."""


class PartitionedPrefix(Spec):
    """Log files by account, region, bucket and day."""

    partition_date_source: Literal["EventTime", "DeliveryTime"]
    """Whether the day is that of the requests or that of the file."""


class Logging(Spec):
    """Where the log of requests goes."""

    target_bucket: Annotated[str | None, To("Bucket"), Aws("TargetBucket")] = None
    """The bucket; its policy lets S3's log service put objects."""
    target_prefix: str | None = None
    """What the keys of the log files begin with. Unset: nothing."""
    partitioned_prefix: Annotated[PartitionedPrefix | None, Aws("TargetObjectKeyFormat.PartitionedPrefix")] = None
    """Keys that queries can be narrowed by."""

    @model_validator(mode="after")
    def _somewhere(self) -> "Logging":
        if self.model_fields_set and self.target_bucket is None:
            raise PydanticCustomError("logging", "a log goes into a targetBucket; {} switches it off")
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
