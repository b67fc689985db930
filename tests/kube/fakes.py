"""An API server in memory, for what a real one does only with much patience: conflicts, faults, silence at will.

It is made of the same rules: every change has a version, whoever changes an older one is refused, a watch tells what
came after a version, and forgets what is too old.
"""

import copy
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from controller.kube.api import ANSWER_SECONDS, Api, ApiRefused, ApiUnreachable, Body, Object, Query
from controller.kube.reflector import key_of
from tests.clock import Clock

Fault = Callable[["Asked"], None]
"""Told of every request before it is answered; it may raise, and then it is the answer."""


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    body: Body | None
    query: dict[str, str | int | bool]
    seconds: float


@dataclass
class FakeServer:
    """Objects by their paths. Safe to use from many threads; no object is given away that somebody could change."""

    version: int = 0
    objects: dict[str, Object] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    losses: list[Fault] = field(default_factory=list)
    """Told of every request once it is done; when one of them raises, the answer is lost on its way."""
    told: list[tuple[str, Object, str]] = field(default_factory=list)
    """What changed, for watches: the type of the event, the object, its path."""
    oldest: int = 0
    """A watch from before this version is refused: it is forgotten."""
    page: int | None = None
    """So many objects a list has at most, whatever is asked for."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    # --- as `Api` has it ---

    def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Query | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Object:
        """One request and its answer."""
        asked = Asked(method, path, copy.deepcopy(body), dict(query or {}), seconds)
        with self.lock:
            self.asked.append(asked)
        for fault in list(self.faults):
            fault(asked)
        with self.lock:
            answer = copy.deepcopy(self._answer(asked))
        for loss in list(self.losses):
            loss(asked)
        return answer

    def lines(self, path: str, query: Query, silence: float) -> Iterator[Object]:
        """What happened since the version that is asked for, then how far that goes, and then the watch ends."""
        asked = Asked("WATCH", path, None, dict(query), silence)
        with self.lock:
            self.asked.append(asked)
        for fault in list(self.faults):
            fault(asked)
        since = int(query["resourceVersion"])
        if since < self.oldest:
            raise refusal(asked, 410, "Expired", "too old resource version")
        for kind, found, where in list(self.told):
            if int(found["metadata"]["resourceVersion"]) > since and collection_of(where, path):
                yield {"type": kind, "object": copy.deepcopy(found)}
        yield {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.version)}}}

    # --- what a test does ---

    def put(self, path: str, content: Object) -> Object:
        """Somebody else writes an object."""
        with self.lock:
            return copy.deepcopy(self._store(path, content))

    def remove(self, path: str) -> None:
        """Somebody else deletes an object."""
        with self.lock:
            self._drop(path)

    def compact(self) -> None:
        """Forget what happened so far: a watch from before now is too old."""
        with self.lock:
            self.told.clear()
            self.version += 1
            self.oldest = self.version

    def requests(self, method: str = "") -> list[Asked]:
        """What was asked for, all of it or by one method."""
        return [each for each in self.asked if method in ("", each.method)]

    # --- inside ---

    def _answer(self, asked: Asked) -> Object:
        path, of_status = asked.path.removesuffix("/status"), asked.path.endswith("/status")
        found = self.objects.get(path)
        if asked.method == "POST":
            return self._create(asked, _whole(asked))
        if asked.method == "GET" and found is None and re.search(r"/(stacks|leases|secrets)$", path):
            return self._list(asked)
        if found is None:
            raise refusal(asked, 404, "NotFound", f"{path} not found")
        if asked.method == "DELETE":
            return self._drop(path)
        if asked.method == "PATCH" and isinstance(asked.body, list):
            return self._store(path, changed(asked, found))
        if asked.method in ("PUT", "PATCH"):
            body = _whole(asked)
            self._check(asked, found, body.get("metadata", {}))
            return self._store(path, body if asked.method == "PUT" else merged(found, body), of_status)
        return found

    def _check(self, asked: Asked, found: Object, said: Object) -> None:
        if said.get("uid", found["metadata"]["uid"]) != found["metadata"]["uid"]:
            raise refusal(asked, 422, "Invalid", "metadata.uid: field is immutable", "metadata.uid")
        if said.get("resourceVersion") not in (None, found["metadata"]["resourceVersion"]):
            raise refusal(asked, 409, "Conflict", "the object has been modified")

    def _create(self, asked: Asked, body: Object) -> Object:
        path = f"{asked.path}/{body['metadata']['name']}"
        if path in self.objects:
            raise refusal(asked, 409, "AlreadyExists", f"{path} already exists")
        return self._store(path, body)

    def _list(self, asked: Asked) -> Object:
        found = [each for where, each in sorted(self.objects.items()) if collection_of(where, asked.path)]
        start, at = 0, self.version
        if "continue" in asked.query:
            start, at = map(int, str(asked.query["continue"]).split("@"))
            if at < self.oldest:
                raise refusal(asked, 410, "Expired", "the provided continue parameter is too old")
        end = start + (self.page or int(asked.query.get("limit", 0)) or len(found))
        onward = {"continue": f"{end}@{at}"} if end < len(found) else {}
        return {"items": found[start:end], "metadata": {"resourceVersion": str(at), **onward}}

    def _store(self, path: str, content: Object, of_status: bool = False) -> Object:
        self.version += 1
        before, fresh = self.objects.get(path), copy.deepcopy(content)
        metadata = fresh.setdefault("metadata", {})
        metadata.setdefault("name", path.rpartition("/")[2])
        metadata.setdefault("namespace", namespace_of(path))
        metadata["uid"] = before["metadata"]["uid"] if before else f"uid-{self.version}"
        metadata["resourceVersion"] = str(self.version)
        if before and of_status:
            fresh = {**before, "status": fresh.get("status"), "metadata": {**before["metadata"], **_version(fresh)}}
        anew = not before or before.get("spec") != fresh.get("spec")
        generation = before["metadata"]["generation"] if before else 0
        fresh["metadata"]["generation"] = generation + anew
        self.objects[path] = fresh
        self.told.append(("MODIFIED" if before else "ADDED", fresh, path))
        return fresh

    def _drop(self, path: str) -> Object:
        self.version += 1
        gone = copy.deepcopy(self.objects.pop(path))
        gone["metadata"]["resourceVersion"] = str(self.version)
        self.told.append(("DELETED", gone, path))
        return gone


def _version(found: Object) -> Object:
    return {"resourceVersion": found["metadata"]["resourceVersion"]}


def namespace_of(path: str) -> str:
    """The namespace that a path leads into."""
    found = re.search(r"/namespaces/([^/]+)/", path)
    return found[1] if found else ""


def collection_of(path: str, collection: str) -> bool:
    """Whether an object is of a collection, which may be that of all namespaces."""
    own = path.rpartition("/")[0]
    return collection in (own, re.sub(r"/namespaces/[^/]+", "", own))


def merged(found: Any, patch: Any) -> Any:
    """A merge patch: what is null goes, what is a mapping is merged, all else takes the place of what was."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    before = found if isinstance(found, dict) else {}
    kept = {key: each for key, each in before.items() if patch.get(key, ...) is not None}
    return kept | {key: merged(before.get(key), each) for key, each in patch.items() if each is not None}


def _whole(asked: Asked) -> Object:
    assert isinstance(asked.body, dict), asked
    return asked.body


def changed(asked: Asked, found: Object) -> Object:
    """A JSON patch, as far as anybody uses it: `test` and `add`; refused where a test fails."""
    fresh = copy.deepcopy(found)
    for each in asked.body or ():
        assert isinstance(each, dict)
        *way, last = each["path"].strip("/").split("/")
        inner = fresh
        for step in way:
            inner = inner[step]
        if each["op"] == "add":
            inner[last] = copy.deepcopy(each["value"])
        elif inner.get(last) != each["value"]:
            raise refusal(asked, 422, "Invalid", f"testing value {each['path']} failed")
    return fresh


# --- faults -----------------------------------------------------------------------------------------------


def refusal(asked: Asked, status: int, reason: str, message: str = "no", *fields: str) -> ApiRefused:
    """The server's answer is no."""
    return ApiRefused(asked.method, asked.path, status, reason, message, fields)


@dataclass
class Refusing:
    """Refuses so many requests (all, unless said), of one method or of any."""

    status: int
    reason: str = "InternalError"
    method: str = ""
    times: float = float("inf")

    def __call__(self, asked: Asked) -> None:
        if self.times > 0 and self.method in ("", asked.method):
            self.times -= 1
            raise refusal(asked, self.status, self.reason)


@dataclass
class Away:
    """Nobody answers; each try takes as long as it may, by a clock of the test."""

    clock: Clock | None = None
    times: float = float("inf")
    method: str = ""

    def __call__(self, asked: Asked) -> None:
        if self.times > 0 and self.method in ("", asked.method):
            self.times -= 1
            if self.clock:
                self.clock.time += asked.seconds
            raise ApiUnreachable(asked.method, asked.path, "timed out")


@dataclass
class Before:
    """Something that happens just before the next request of a method is answered, once."""

    method: str
    do: Callable[[], object]
    done: bool = False

    def __call__(self, asked: Asked) -> None:
        if not self.done and asked.method == self.method:
            self.done = True
            self.do()


# --- what is told ---------------------------------------------------------------------------------------


@dataclass
class Told:
    """What was told, as `+ns/name`, `~ns/name` and `-ns/name`."""

    events: list[str] = field(default_factory=list)
    pairs: list[tuple[Object | None, Object | None]] = field(default_factory=list)

    def __call__(self, before: Object | None, after: Object | None) -> None:
        sign = "~" if before and after else "+" if after else "-"
        self.events.append(f"{sign}{key_of(after or before or {})}")
        self.pairs.append((before, after))

    def since(self) -> list[str]:
        """What was told since the last time that somebody asked."""
        found, self.events = self.events, []
        return found


def unreachable(api: Api, seconds: float = 5.0) -> ApiUnreachable:
    """What a request fails with that has no answer."""
    with pytest.raises(ApiUnreachable) as caught:
        api.ask("GET", "/version", seconds=seconds)
    return caught.value


def refused(api: Api, method: str, path: str, *body: Any) -> ApiRefused:
    """What a request fails with whose answer is no."""
    with pytest.raises(ApiRefused) as caught:
        api.ask(method, path, *body)
    return caught.value
