"""Answers that are none: refusals in each service's own words, and bodies that lie."""

from functools import cache
from random import Random
from typing import Any, NamedTuple

from botocore.loaders import Loader

from tests.slow import wire
from tests.slow.wire import Asked, Refusal, Reply, Tree

THROTTLING = {
    "ec2": Refusal("RequestLimitExceeded", 503, "Request limit exceeded."),
    "s3": Refusal("SlowDown", 503, "Please reduce your request rate."),
    "sns": Refusal("Throttled", 429, "Rate exceeded"),
}
DENIAL = {"ec2": Refusal("UnauthorizedOperation", 403, "You are not authorized to perform this operation.")}
EXPIRY = {"ec2": Refusal("RequestExpired", 400, "Request has expired.")}
HTML = b"<html><head><title>Please wait</title></head><body><h1>Maintenance</h1></body></html>"
OTHERS_JSON = b'{"status": "ok", "items": [], "requestId": "7"}'


def throttling(asked: Asked) -> Refusal:
    """Too many requests, as this service says it."""
    usual = "ThrottlingException" if "json" in asked.protocol else "Throttling"
    return THROTTLING.get(asked.service, Refusal(usual, 400, "Rate exceeded"))


def denial(asked: Asked) -> Refusal:
    """Not permitted, as this service says it."""
    usual = Refusal("AccessDeniedException", 400, "no") if "json" in asked.protocol else None
    return DENIAL.get(asked.service, usual or Refusal("AccessDenied", 403, "User is not authorized"))


def mistake(asked: Asked) -> Refusal:
    """A value that AWS does not take, as this service says it."""
    usual = "ValidationException" if "json" in asked.protocol else "ValidationError"
    return Refusal("InvalidParameterValue" if asked.service == "ec2" else usual, 400, "Value (x) is invalid")


def expiry(asked: Asked) -> Refusal:
    """Credentials too old, as this service says it."""
    usual = Refusal("ExpiredTokenException", 400, "expired") if "json" in asked.protocol else None
    return EXPIRY.get(asked.service, usual or Refusal("ExpiredToken", 403, "The security token is expired"))


def breakdown(asked: Asked, chance: Random) -> Refusal:
    """A fault of AWS's own."""
    if chance.random() < 0.5:
        return Refusal(
            "InternalError" if asked.service in ("ec2", "s3") else "InternalFailure", 500, "Internal error"
        )
    return Refusal("Unavailable" if asked.service == "ec2" else "ServiceUnavailable", 503, "Unavailable")


def foreign(chance: Random) -> Reply:
    """Somebody between answers in AWS's place."""
    if chance.random() < 0.5:
        return Reply(200, {"Content-Type": "text/html"}, HTML)
    return Reply(200, {"Content-Type": "application/json"}, OTHERS_JSON)


def cut(reply: Reply, chance: Random) -> Reply:
    """The beginning of an answer."""
    return reply._replace(body=reply.body[: chance.randrange(1, max(len(reply.body), 2))])


def emptied(asked: Asked, reply: Reply) -> Reply | None:
    """The same answer with nothing in its lists; None where there is nothing to take out."""
    answer = wire.parse(asked, reply)
    empty = _without_items(answer)
    return None if empty == answer else wire.write(asked, empty, reply.headers)


def _without_items(answer: Tree) -> Tree:
    """No list in it, nor in a structure that tells how long its list is, has anything."""
    empty: Tree = {name: [] if isinstance(value, list) else value for name, value in answer.items()}
    for name, value in answer.items():
        if isinstance(value, dict) and "Quantity" in value:
            empty[name] = {**_without_items(value), "Quantity": 0}
    return empty


class Paging(NamedTuple):
    """How a listing is paged: the names of its tokens, and the path to its list."""

    asks: str
    gives: str
    lists: str
    """The first of several: the others are for what a listing groups, which nothing here asks for."""

    @property
    def within(self) -> str:
        """The structure in the answer that has the list and the token, where there is one."""
        return self.lists.rpartition(".")[0]

    def page(self, answer: Tree, items: list[Any], token: str | None) -> Tree:
        """The answer with these items alone, and with the token of a page after it, or none."""
        inner = answer.get(self.within, answer)
        more = {"IsTruncated": token is not None} if "IsTruncated" in inner else {}
        quantity = {"Quantity": len(items)} if "Quantity" in inner else {}
        rest = {name: value for name, value in inner.items() if name != self.gives}
        page = {**rest, **more, **quantity, self.lists.rpartition(".")[2]: items}
        page |= {self.gives: token} if token else {}
        return {**answer, self.within: page} if self.within else page


@cache
def _pagers(service: str) -> dict[str, Any]:
    pagers: dict[str, Any] = Loader().load_service_model(service, "paginators-1")["pagination"]
    return pagers


def paging(asked: Asked) -> Paging | None:
    """How this listing is paged, where it is in the plain way."""
    found = _pagers(asked.service).get(asked.operation) if asked.model else None
    words = [_first(found.get(name)) for name in ("input_token", "output_token", "result_key")] if found else []
    if not all(word.replace(".", "").isalnum() for word in words) or not words:
        return None
    asks, gives, lists = words
    return Paging(asks, gives.rpartition(".")[2], lists)


def _first(words: Any) -> str:
    return str(words[0] if isinstance(words, list) else words)


def halves(asked: Asked, reply: Reply, token: str) -> tuple[Reply, Reply] | None:
    """One answer as two pages; None where it is too short, or paged already."""
    pages = paging(asked)
    answer = wire.parse(asked, reply) if pages else {}
    inner = answer.get(pages.within, answer) if pages else {}
    items: list[Any] = inner.get(pages.lists.rpartition(".")[2]) or [] if pages else []
    if pages is None or len(items) < 2 or inner.get(pages.gives):
        return None
    middle = len(items) // 2
    first, second = pages.page(answer, items[:middle], token), pages.page(answer, items[middle:], None)
    return wire.write(asked, first, reply.headers), wire.write(asked, second, reply.headers)
