"""What a distribution does with a request."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.core.model.conditions import Is
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Legal, Length
from controller.core.model.rules import Check, Needs, Only, Ordered
from controller.core.model.spec import Aws, Form, Keyed, Spec, Unordered

Method = Literal["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
_READS = Default(("GET", "HEAD"))
_LEGACY = ("forwarded_values", "min_ttl", "default_ttl", "max_ttl")
SWITCHED = Form(read=lambda listed: listed, write=lambda listed: {"Enabled": listed["Quantity"] > 0, **listed})
"""A list that AWS wants to be switched on where there is something in it."""


_COOKIES = "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CookiePreference.html"
_BEHAVIOR = "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DefaultCacheBehavior.html"
_METHODS = "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html"
_EDGE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html"
_VERSION = Legal(r"arn:.+:function:[^:]+:[0-9]+", "it must be the ARN of a numbered version of a function")
_READ = frozenset({"GET", "HEAD"})
_CACHED = (_READ, _READ | {"OPTIONS"})
_ALLOWED = (*_CACHED, _READ | {"OPTIONS", "PUT", "PATCH", "POST", "DELETE"})


class Cookies(Spec):
    """Which cookies are forwarded to the origin."""

    constraints = (
        Only("whitelistedNames", when=Is("forward", "whitelist"), page=_COOKIES),
        Needs("whitelistedNames", when=Is("forward", "whitelist"), page=_COOKIES),
    )

    forward: Literal["none", "whitelist", "all"]
    """Which cookies are forwarded."""
    whitelisted_names: Annotated[list[str] | None, Unordered()] = None
    """Their names, for `whitelist`."""


class ForwardedValues(Spec):
    """What is forwarded to the origin and used in the cache key; superseded by cache policies."""

    query_string: bool
    """Whether the query string is forwarded."""
    cookies: Cookies
    """Which cookies are forwarded."""
    headers: Annotated[list[str] | None, Unordered()] = None
    """Which headers are forwarded. Default: none."""
    query_string_cache_keys: Annotated[list[str] | None, Unordered()] = None
    """The query string parameters in the cache key. Default: all."""


class FunctionAssociation(Spec):
    """A CloudFront function and the event that invokes it."""

    event_type: Literal["viewer-request", "viewer-response"]
    """The event that invokes it."""
    function_arn: Annotated[str, Aws("FunctionARN")]
    """Its ARN."""


class LambdaFunctionAssociation(Spec):
    """A Lambda@Edge function and the event that invokes it."""

    constraints = (Only("includeBody", when=Is("eventType", "viewer-request", "origin-request"), page=_EDGE),)

    event_type: Literal["viewer-request", "viewer-response", "origin-request", "origin-response"]
    """The event that invokes it."""
    lambda_function_arn: Annotated[str, _VERSION, Aws("LambdaFunctionARN")]
    """The ARN of a function version."""
    include_body: Annotated[bool | None, Blank()] = None
    """Whether it gets the request body. Default: false."""


class DefaultCacheBehavior(Spec):
    """The cache behavior for requests that match no other."""

    constraints = (
        Check(
            "allowedMethods are GET and HEAD, or those and OPTIONS, or all",
            lambda methods: {*methods} in _ALLOWED,
            "allowedMethods",
            page=_METHODS,
        ),
        Check(
            "cachedMethods are GET and HEAD, or those and OPTIONS",
            lambda methods: {*methods} in _CACHED,
            "cachedMethods",
            page=_METHODS,
        ),
        Check(
            "cachedMethods are among allowedMethods",
            lambda allowed, cached: {*cached} <= {*allowed},
            "allowedMethods",
            "cachedMethods",
            page=_METHODS,
        ),
        Ordered("minTtl", "defaultTtl", "maxTtl", page=_BEHAVIOR),
        Check(
            "a viewer event has a CloudFront function or one of Lambda@Edge",
            lambda edge, functions: not {*edge} & {*functions},
            "lambdaFunctionAssociations[].eventType",
            "functionAssociations[].eventType",
            partly=True,
            page=_EDGE,
        ),
    )

    target_origin: Annotated[str, Aws("TargetOriginId")]
    """The id of the origin or origin group that requests are routed to."""
    viewer_protocol_policy: Literal["allow-all", "https-only", "redirect-to-https"]
    """How HTTP requests of viewers are handled."""
    allowed_methods: Annotated[list[Method] | None, Unordered(), _READS] = None
    """The HTTP methods that are allowed. Default: `GET` and `HEAD`."""
    cached_methods: Annotated[list[Method] | None, Unordered(), _READS, Aws("AllowedMethods.CachedMethods")] = None
    """The HTTP methods whose responses are cached. Default: `GET` and `HEAD`."""
    compress: Annotated[bool | None, Blank()] = None
    """Whether responses are compressed. Default: false."""
    cache_policy_id: Annotated[str | None, Blank()] = None
    """The id of the cache policy, such as the managed `658327ea-f89d-4fab-a63d-7e88639e58f6` (CachingOptimized)."""
    origin_request_policy_id: Annotated[str | None, Blank()] = None
    """The id of the origin request policy."""
    response_headers_policy_id: Annotated[str | None, Blank()] = None
    """The id of the response headers policy."""
    forwarded_values: ForwardedValues | None = None
    """What is forwarded to the origin, if there is no cache policy."""
    min_ttl: Annotated[int | None, Blank(), Aws("MinTTL")] = None
    """The minimum TTL in seconds, if there is no cache policy. Default: 0."""
    default_ttl: Annotated[int | None, Default(86400), Aws("DefaultTTL")] = None
    """The TTL in seconds if the origin sets none. AWS's default: 86400."""
    max_ttl: Annotated[int | None, Default(31536000), Aws("MaxTTL")] = None
    """The maximum TTL in seconds. AWS's default: 31536000."""
    function_associations: Annotated[list[FunctionAssociation] | None, Keyed("eventType")] = None
    """CloudFront functions. Default: none."""
    lambda_function_associations: Annotated[list[LambdaFunctionAssociation] | None, Keyed("eventType")] = None
    """Lambda@Edge functions. Default: none."""
    trusted_key_groups: Annotated[list[str] | None, Unordered(), SWITCHED] = None
    """The ids of the key groups that verify signed URLs and cookies. Default: none, so no signature is required."""
    smooth_streaming: Annotated[bool | None, Blank()] = None
    """Whether Microsoft Smooth Streaming is enabled. Default: false."""
    field_level_encryption_id: Annotated[str | None, Blank()] = None
    """The id of the field-level encryption configuration. Default: none."""
    realtime_log_config_arn: Annotated[str | None, Blank()] = None
    """The ARN of the real-time log configuration."""

    @model_validator(mode="after")
    def _one_form(self) -> "DefaultCacheBehavior":
        legacy = [name for name in _LEGACY if getattr(self, name) is not None]
        if self.cache_policy_id is not None and legacy:
            raise PydanticCustomError(
                "behavior", "forwardedValues and the TTLs cannot be combined with a cachePolicyId"
            )
        if self.cache_policy_id is None and self.forwarded_values is None:
            raise PydanticCustomError("behavior", "a cache behavior requires a cachePolicyId or forwardedValues")
        return self


class CacheBehavior(DefaultCacheBehavior):
    """The cache behavior for a path pattern."""

    path_pattern: Annotated[str, Length(1, 255)]
    """The path pattern, such as `/images/*`."""
