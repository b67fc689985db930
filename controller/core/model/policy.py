"""When two policies are the same: AWS keeps a policy in its own spelling, which is none of the document's business.

The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from controller.core.model.equality import Json, hashable

_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")
_PRINCIPALS, _ACTIONS = ("Principal", "NotPrincipal"), ("Action", "NotAction")
_OLDEST = "2008-10-17"
"""The version of a policy that names none:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""


@dataclass(frozen=True)
class Policy(Json):
    """A policy as JSON, compared by what it means: one value and a list of it are the same, lists have no order, an
    account is its root, everybody is everybody, numbers and truth may be texts, and the names of actions and of
    condition keys have no case.
    """

    @staticmethod
    def _check(raw: Any) -> Any:
        checked = Json._check(raw)
        for statement in _listed(checked.get("Statement")) if isinstance(checked, Mapping) else ():
            principals = statement.get("Principal") if isinstance(statement, Mapping) else None
            if isinstance(principals, Mapping) and "CanonicalUser" in principals:
                message = (
                    "AWS shows a CanonicalUser as the ARN of an account or of an origin access identity; write that: "
                    "{AWS: arn:aws:iam::123456789012:root}, or "
                    "{AWS: arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E…}"
                )
                raise PydanticCustomError("policy", message)
        return checked

    def normal(self, value: Any) -> Hashable:
        """The policy in one spelling; none at all is an empty one."""
        if isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                value = json.loads(value)
            except ValueError:
                return hashable(value)
        if not isinstance(value, Mapping):
            return frozenset() if value is None else hashable(value)
        version = {"Version": _OLDEST} if "Statement" in value else {}
        return frozenset((name, _element(name, part)) for name, part in {**version, **value}.items() if _says(part))


def _element(name: str, value: Any) -> Hashable:
    """An element of a policy."""
    if name != "Statement":
        return _values(value)
    return frozenset(_statement(each) if isinstance(each, Mapping) else hashable(each) for each in _listed(value))


def _statement(statement: Mapping[str, Any]) -> Hashable:
    return frozenset((name, _part(name, part)) for name, part in statement.items() if _says(part))


def _part(name: str, value: Any) -> Hashable:
    """An element of a statement."""
    if name in _PRINCIPALS:
        told = value if isinstance(value, Mapping) else {"AWS": value}
        return frozenset((sort, _values(who, _account)) for sort, who in told.items() if _says(who))
    if name == "Condition" and isinstance(value, Mapping):
        return frozenset((test, _tested(keys)) for test, keys in value.items() if _says(keys))
    return _values(value, str.lower if name in _ACTIONS else str)


def _tested(keys: Any) -> Hashable:
    """What one operator of a condition looks at."""
    if not isinstance(keys, Mapping):
        return hashable(keys)
    return frozenset((key.lower(), _values(value)) for key, value in keys.items())


def _values(value: Any, spell: Callable[[str], str] = str) -> Hashable:
    """One value or several, as a set of texts."""
    return hashable(value) if isinstance(value, Mapping) else frozenset(spell(_text(each)) for each in _listed(value))


def _listed(value: Any) -> list[Any]:
    return [*value] if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _account(principal: str) -> str:
    """AWS shows an account that is a principal as its root; in a document its number is as good."""
    return _ROOT.sub(r"\1", principal)


def _says(value: Any) -> bool:
    """Whether something is said: AWS may leave out, or add, what is empty."""
    return value not in (None, "", {})
