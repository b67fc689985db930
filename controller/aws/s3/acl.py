"""Canned ACLs: the names under which S3 knows sets of grants."""

from typing import Any

from controller.aws.declaration.wire import Item
from controller.core.model.spec import Form

PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html"
"""What S3 Object Ownership leaves of ACLs."""

_OWNER = ("owner", "FULL_CONTROL")
_ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_CANNED = {
    frozenset({_OWNER}): "private",
    frozenset({_OWNER, (_ALL, "READ")}): "public-read",
    frozenset({_OWNER, (_ALL, "READ"), (_ALL, "WRITE")}): "public-read-write",
    frozenset({_OWNER, (_SIGNED, "READ")}): "authenticated-read",
    frozenset({_OWNER, (_LOGS, "WRITE"), (_LOGS, "READ_ACP")}): "log-delivery-write",
}
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl"""


def _canned(answer: Any) -> str:
    """The canned ACL that makes these grants; `custom` where none does."""
    owner = answer["Owner"]["ID"]
    return _CANNED.get(frozenset(_grant(grant, owner) for grant in answer.get("Grants", ())), "custom")


def _grant(grant: Item, owner: str) -> tuple[str, str]:
    to = grant["Grantee"]
    who = "owner" if to.get("ID") == owner else to.get("URI") or to.get("ID") or to.get("EmailAddress")
    return str(who), grant["Permission"]


CANNED = Form(read=_canned, write=str)
"""A canned ACL, which S3 shows as grants."""
