"""What CloudFront fills in: a configuration that is read has every field.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
"""

from copy import deepcopy
from typing import Any

_NONE = {"Quantity": 0}
_CONFIG: dict[str, Any] = {
    "Aliases": _NONE,
    "CacheBehaviors": _NONE,
    "Comment": "",
    "ContinuousDeploymentPolicyId": "",
    "CustomErrorResponses": _NONE,
    "DefaultRootObject": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": False,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "OriginGroups": _NONE,
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "Staging": False,
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "WebACLId": "",
}
_READS = {"Quantity": 2, "Items": ["HEAD", "GET"]}
_BEHAVIOR: dict[str, Any] = {
    "AllowedMethods": {**_READS, "CachedMethods": _READS},
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": _NONE,
    "GrpcConfig": {"Enabled": False},
    "LambdaFunctionAssociations": _NONE,
    "SmoothStreaming": False,
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
}
_ORIGIN: dict[str, Any] = {
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "CustomHeaders": _NONE,
    "OriginAccessControlId": "",
    "OriginPath": "",
    "OriginShield": {"Enabled": False},
}
_CUSTOM_ORIGIN: dict[str, Any] = {
    "OriginKeepaliveTimeout": 5,
    "OriginReadTimeout": 30,
    "OriginSslProtocols": {"Quantity": 3, "Items": ["TLSv1", "TLSv1.1", "TLSv1.2"]},
}


def completed(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration as it is read after it has been written."""
    whole = deepcopy(_CONFIG | config)
    whole["DefaultCacheBehavior"] = deepcopy(_BEHAVIOR) | whole["DefaultCacheBehavior"]
    for origin in _items(whole["Origins"]):
        origin |= {**_of_its_kind(origin), **origin}
    for behavior in _items(whole["CacheBehaviors"]):
        behavior |= {**deepcopy(_BEHAVIOR), **behavior}
    return whole


def _items(listed: dict[str, Any]) -> list[dict[str, Any]]:
    return listed.get("Items") or []


def _of_its_kind(origin: dict[str, Any]) -> dict[str, Any]:
    custom = origin.get("CustomOriginConfig")
    if custom is None:
        return deepcopy(_ORIGIN)
    custom |= {**deepcopy(_CUSTOM_ORIGIN), **custom}
    return deepcopy(_ORIGIN)
