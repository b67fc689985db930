"""Which AWS it is: AWS itself, or what an endpoint of one's own leads to instead, such as an emulator."""

import hashlib
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from botocore.session import Session

_VARIABLE = "AWS_ENDPOINT_URL"
_OWN = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws")
"""Hosts of AWS: a VPC endpoint or a FIPS one leads to the same account by another way."""


def endpoint_of(session: Session) -> str:
    """What tells the AWS that this session talks to from others: empty for AWS itself, else a short digest.

    The same for the same endpoints, wherever they are set. An endpoint of one service counts like one for all.
    Raises what botocore raises for a profile that is not there.
    """
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return ""
    configured = _configured(session, os.environ)
    general = configured.get("", "")
    elsewhere = sorted((service, url) for service, url in configured.items() if not service or url != general)
    text = "\n".join(f"{service} {url}" for service, url in elsewhere if not _is_aws(url))
    return hashlib.sha256(text.encode()).hexdigest()[:8] if text else ""


def _configured(session: Session, environment: Mapping[str, str]) -> dict[str, str]:
    """The endpoints by service, the one for all others under no name.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html has the order: the environment comes
    before the profile, and its endpoint for all before the profile's for one.
    """
    given = {
        name.removeprefix(_VARIABLE).strip("_").lower(): url
        for name, url in environment.items()
        if url and (name == _VARIABLE or name.startswith(f"{_VARIABLE}_"))
    }
    profile = {} if "" in given else _of_profile(session)
    return {service: url.rstrip("/") for service, url in {**profile, **given}.items()}


def _of_profile(session: Session) -> dict[str, str]:
    profile = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(profile.get("services"), {})
    urls = {service: section.get("endpoint_url") for service, section in services.items() if section}
    return {service: url for service, url in {**urls, "": profile.get("endpoint_url")}.items() if url}


def _is_aws(url: str) -> bool:
    return f".{urlsplit(url).hostname or ''}".endswith(_OWN)
