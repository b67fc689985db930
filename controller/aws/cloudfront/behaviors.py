"""What a distribution does with a request."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.spec import Aws, Form, Keyed, Spec, Unordered

Method = Literal["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
_LEGACY = ("forwarded_values", "min_ttl", "default_ttl", "max_ttl")
SWITCHED = Form(read=lambda listed: listed, write=lambda listed: {"Enabled": listed["Quantity"] > 0, **listed})
"""A list that AWS wants to be switched on where there is something in it."""


class Cookies(Spec):
    """Which cookies reach the origin."""

    forward: Literal["none", "whitelist", "all"]
    """Which."""
    whitelisted_names: Annotated[list[str] | None, Unordered()] = None
    """Their names, for `whitelist`."""


class ForwardedValues(Spec):
    """What of a request reaches the origin and tells cached answers apart; a cache policy is the newer form of it."""

    query_string: bool
    """Whether the query does."""
    cookies: Cookies
    """Which cookies do."""
    headers: Annotated[list[str] | None, Unordered()] = None
    """Which headers do. Default: none."""
    query_string_cache_keys: Annotated[list[str] | None, Unordered()] = None
    """Which parts of the query tell answers apart. Default: all."""


class FunctionAssociation(Spec):
    """A CloudFront function that sees requests or answers."""

    event_type: Literal["viewer-request", "viewer-response"]
    """What it sees."""
    function_arn: Annotated[str, Aws("FunctionARN")]
    """Its ARN."""


class LambdaFunctionAssociation(Spec):
    """A function of Lambda@Edge that sees requests or answers."""

    event_type: Literal["viewer-request", "viewer-response", "origin-request", "origin-response"]
    """What it sees."""
    lambda_function_arn: Annotated[str, Aws("LambdaFunctionARN")]
    """The ARN of one of its versions."""
    include_body: bool | None = None
    """Whether it sees the body of a request. Default: false."""


class DefaultCacheBehavior(Spec):
    """What is done with a request that no other behavior is for."""

    target_origin: Annotated[str, Aws("TargetOriginId")]
    """The id of the origin, or of the origin group, that is asked."""
    viewer_protocol_policy: Literal["allow-all", "https-only", "redirect-to-https"]
    """What becomes of a request by HTTP."""
    allowed_methods: Annotated[list[Method] | None, Unordered()] = None
    """The methods that a request may have. Default: `GET` and `HEAD`."""
    cached_methods: Annotated[list[Method] | None, Unordered(), Aws("AllowedMethods.CachedMethods")] = None
    """The methods whose answers are cached. Default: `GET` and `HEAD`."""
    compress: bool | None = None
    """Whether answers are compressed. Default: false."""
    cache_policy_id: str | None = None
    """The id of the cache policy, such as AWS's own `658327ea-f89d-4fab-a63d-7e88639e58f6` (CachingOptimized)."""
    origin_request_policy_id: str | None = None
    """The id of the policy that says what else of a request reaches the origin."""
    response_headers_policy_id: str | None = None
    """The id of the policy that adds headers to answers."""
    forwarded_values: ForwardedValues | None = None
    """What reaches the origin, where there is no cache policy."""
    min_ttl: Annotated[int | None, Aws("MinTTL")] = None
    """For how many seconds an answer is cached at least, where there is no cache policy."""
    default_ttl: Annotated[int | None, Aws("DefaultTTL")] = None
    """For how many, where the origin says nothing."""
    max_ttl: Annotated[int | None, Aws("MaxTTL")] = None
    """For how many at most."""
    function_associations: Annotated[list[FunctionAssociation] | None, Keyed("eventType")] = None
    """CloudFront functions. Default: none."""
    lambda_function_associations: Annotated[list[LambdaFunctionAssociation] | None, Keyed("eventType")] = None
    """Functions of Lambda@Edge. Default: none."""
    trusted_key_groups: Annotated[list[str] | None, Unordered(), SWITCHED] = None
    """The ids of the key groups whose signatures a request needs. Default: none, and none is needed."""
    smooth_streaming: bool | None = None
    """Whether it serves Microsoft Smooth Streaming. Default: false."""
    field_level_encryption_id: str | None = None
    """The id of the configuration by which fields of a request are encrypted. Default: none."""
    realtime_log_config_arn: str | None = None
    """The ARN of the configuration of the log in real time."""

    @model_validator(mode="after")
    def _one_form(self) -> "DefaultCacheBehavior":
        legacy = [name for name in _LEGACY if getattr(self, name) is not None]
        if self.cache_policy_id is not None and legacy:
            raise PydanticCustomError("behavior", "forwardedValues and the TTLs do not go with a cachePolicyId")
        if self.cache_policy_id is None and self.forwarded_values is None:
            raise PydanticCustomError("behavior", "a cache behavior needs a cachePolicyId or forwardedValues")
        return self


class CacheBehavior(DefaultCacheBehavior):
    """What is done with a request for some paths."""

    path_pattern: str
    """The paths, such as `/images/*`."""
