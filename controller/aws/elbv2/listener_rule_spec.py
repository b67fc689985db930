"""What a document says of a listener rule, and how AWS writes its conditions."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.wire import Item
from controller.aws.elbv2.actions import Action, authenticating_only_by_https
from controller.core.model.conditions import Is
from controller.core.model.equality import network
from controller.core.model.rules import Check
from controller.core.model.spec import Aws, Excludes, Form, Immutable, Keyed, Spec, Tagged, To, Unordered
from controller.core.model.wording import enumerated

PLACES = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


_PATTERNS = tuple(f"{place}.RegexValues" for place in PLACES.values())
"""Regular expressions in place of values."""
_PAGE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html"
_ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")


class QueryString(Spec):
    """A key-value pair in the query string."""

    key: str | None = None
    """The key. Unset: any."""
    value: str
    """The value; `*` matches any characters, `?` exactly one."""


class Condition(Spec):
    """One condition; it matches if any of its values does."""

    constraints = (
        Check(
            "the values of source-ip are CIDR blocks",
            lambda values: all("/" in value and network(value) for value in values),
            "values",
            when=(Is("field", "source-ip"),),
            partly=True,
            page=_PAGE,
        ),
        Check(
            "each of the values has at most 128 characters",
            lambda values: all(len(value) <= 128 for value in values),
            "values",
            partly=True,
            page=_PAGE,
        ),
    )

    field: Literal["host-header", "path-pattern", "http-header", "http-request-method", "query-string", "source-ip"]
    """The part of the request to match."""
    http_header_name: Annotated[str | None, Aws("HttpHeaderConfig.HttpHeaderName")] = None
    """For `http-header`: the name of the header."""
    values: Annotated[list[str] | None, Unordered(), Excludes("RegexValues", *_PATTERNS)] = None
    """The values to match: hosts, paths, header values, methods, or source CIDR blocks. In the first three `*`
    matches any characters, `?` exactly one."""
    query_strings: Annotated[list[QueryString] | None, Keyed("key", "value"), Aws("QueryStringConfig.Values")] = None
    """For `query-string`: key-value pairs in the query string."""

    @model_validator(mode="after")
    def _complete(self) -> "Condition":
        queried = self.field == "query-string"
        if queried is not bool(self.query_strings) or queried is bool(self.values):
            message = "a condition on {field} is configured in {wanted}, and in no other field"
            words = {"field": self.field, "wanted": "queryStrings" if queried else "values"}
            raise PydanticCustomError("condition", message, words)
        if (self.field == "http-header") is (self.http_header_name is None):
            message = "httpHeaderName is required for a condition on http-header, and for no other"
            raise PydanticCustomError("condition", message)
        return self


def _placed(conditions: Iterable[Mapping[str, Any]]) -> list[Item]:
    """Conditions as AWS takes them: the values in a structure for what is looked at."""
    return [_within(condition) for condition in conditions]


def _within(condition: Mapping[str, Any]) -> Item:
    place = PLACES[condition["Field"]]
    values = {"Values": condition["Values"]} if "Values" in condition else {}
    return {"Field": condition["Field"], place: {**condition.get(place, {}), **values}}


class ListenerRuleSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"""

    constraints = (
        Check(
            "only a listener with protocol HTTP or HTTPS has rules",
            lambda protocol: protocol in ("HTTP", "HTTPS"),
            "listener.protocol",
        ),
        Check(
            f"at most one of conditions has each of the fields {enumerated(_ONCE)}",
            lambda fields: all(fields.count(field) <= 1 for field in _ONCE),
            "conditions[].field",
            partly=True,
        ),
        authenticating_only_by_https("actions", "listener.protocol"),
    )

    listener: Annotated[str, To("Listener"), Immutable(), Aws("ListenerArn")]
    """The listener."""
    priority: Annotated[int, Form(read=int, write=int)]
    """The priority, 1 to 50000; the first matching rule applies."""
    conditions: Annotated[list[Condition], Form(read=list, write=_placed)]
    """The conditions; all of them must match."""
    actions: list[Action]
    """The actions for matching requests."""
