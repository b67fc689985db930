"""Canned ACLs: the names under which S3 knows sets of grants."""

from collections.abc import Hashable
from typing import Any

from controller.aws.declaration.wire import Item
from controller.core.model.equality import Equality
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


def canned(answer: Any) -> str:
    """The canned ACL that makes these grants; `custom` where none does."""
    owner = answer["Owner"]["ID"]
    return _CANNED.get(frozenset(_grant(grant, owner) for grant in answer.get("Grants", ())), "custom")


def _grant(grant: Item, owner: str) -> tuple[str, str]:
    to = grant["Grantee"]
    who = "owner" if to.get("ID") == owner else to.get("URI") or to.get("ID") or to.get("EmailAddress")
    return str(who), grant["Permission"]


CANNED = Form(read=canned, write=str)
"""A canned ACL, which S3 shows as grants."""


class ObjectAcl(Equality):
    """A canned ACL of an object. What gives rights to the owner of the bucket gives none to others where the object
    is its own: S3 shows it as `private`.
    """

    def normal(self, value: Any) -> Hashable:
        """The canned ACL that S3 shows."""
        return "private" if value in ("bucket-owner-read", "bucket-owner-full-control") else super().normal(value)
