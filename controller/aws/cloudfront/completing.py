"""What CloudFront wants said: an update is taken only with everything in it.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-overview-required-fields.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from controller.aws.cloudfront.behaviors import CacheBehavior
from controller.aws.cloudfront.origins import Origin, OriginGroup
from controller.aws.declaration.wire import Item, overlay
from controller.core.model.shape import Record, shape_of

_NONE = {"Quantity": 0}
_READS = {"Quantity": 2, "Items": ["GET", "HEAD"]}
_CONFIG: Item = {"Comment": "", "Enabled": True}
_ORIGIN: Item = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
}
_BUCKET: Item = {"S3OriginConfig": {"OriginAccessIdentity": ""}}
_HOST: Item = {
    "CustomOriginConfig": {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        "OriginReadTimeout": 30,
        "OriginKeepaliveTimeout": 5,
    }
}
_BEHAVIOR: Item = {
    "AllowedMethods": {**_READS, "CachedMethods": _READS},
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": _NONE,
    "LambdaFunctionAssociations": _NONE,
    "SmoothStreaming": False,
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
}
_FORWARDING: Item = {"MinTTL": 0, "ForwardedValues": {"Headers": _NONE, "QueryStringCacheKeys": _NONE}}
_EXCLUDED: Mapping[str, frozenset[str]] = {
    "S3OriginConfig": frozenset({"CustomOriginConfig"}),
    "CustomOriginConfig": frozenset({"S3OriginConfig"}),
    "CachePolicyId": frozenset({"ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"}),
    "ForwardedValues": frozenset({"CachePolicyId", "OriginRequestPolicyId"}),
}
"""What cannot stand beside what."""


def completed(config: Item, before: Item) -> dict[str, Any]:
    """A configuration over the one before it: what it leaves out is as it was, or as AWS has it.

    Origins are told apart by their ids and behaviors by their paths: each is said whole, and keeps only what no field
    stands for. A certificate takes the place of another.
    """
    whole: dict[str, Any] = overlay(overlay(_CONFIG, before), config)
    origins = _all(config, before, "Origins", shape_of(Origin), "Id", _origin)
    groups = _all(
        config, before, "OriginGroups", shape_of(OriginGroup), "Id", lambda item, known: overlay(known, item)
    )
    behaviors = _all(config, before, "CacheBehaviors", shape_of(CacheBehavior), "PathPattern", _behavior)
    default = _behavior(config.get("DefaultCacheBehavior", {}), before.get("DefaultCacheBehavior", {}))
    replaced = {name: config[name] for name in ("ViewerCertificate",) if name in config}
    return {**whole, **origins, **groups, **behaviors, **replaced, "DefaultCacheBehavior": default}


def _all(config: Item, before: Item, name: str, record: Record, key: str, complete: Any) -> dict[str, Any]:
    """A list of elements, each completed by what no field stands for in the one of the same key before it."""
    if name not in config:
        return {}
    known = {element[key]: element for element in _items(before.get(name))}
    items = list(_items(config[name]))
    elements = [complete(item, _unsaid(record, item, known.get(item[key], {}))) for item in items]
    return {name: {"Quantity": len(elements), **({"Items": elements} if elements else {})}}


def _unsaid(record: Record, wanted: Item, before: Item) -> Item:
    """What was there before and no field stands for; within a structure, where that is wanted too."""
    rest = dict(before)
    for part in record.fields.values():
        name = part.aws.name.partition(".")[0]
        below = rest.pop(name, {})
        if isinstance(part.shape, Record) and name in wanted:
            rest[name] = _unsaid(part.shape, wanted[name], below)
    return rest


def _items(listed: Item | None) -> Iterator[Item]:
    yield from (listed or {}).get("Items") or ()


def _origin(wanted: Item, before: Item) -> Any:
    known = _beside(wanted, before)
    form = _HOST if "CustomOriginConfig" in wanted else {} if "VpcOriginConfig" in known else _BUCKET
    return overlay(overlay(overlay(_ORIGIN, form), known), wanted)


def _behavior(wanted: Item, before: Item) -> Any:
    known = _beside(wanted, before)
    form = _FORWARDING if "ForwardedValues" in {**known, **wanted} else {}
    below = overlay(overlay(_BEHAVIOR, form), known)
    whole: dict[str, Any] = overlay(below, wanted)
    cached = {"CachedMethods": below["AllowedMethods"]["CachedMethods"]}
    return {**whole, "AllowedMethods": {**cached, **whole["AllowedMethods"]}}


def _beside(wanted: Item, before: Item) -> Item:
    """What was there before and can stand beside what is wanted."""
    out = frozenset(name for said in wanted for name in _EXCLUDED.get(said, ()))
    return {name: value for name, value in before.items() if name not in out}
