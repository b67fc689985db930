"""A copy of all objects of one collection, kept fresh by listing once and watching from there.

What a reflector does not do is work: it only says which object is another now than before, in its own thread.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from controller.kube.api import Api, ApiRefused, ApiUnreachable, Object, Query

PAGE = 500
WATCH_SECONDS = 60.0
"""So long the server lets one watch last, unless said otherwise."""
GRACE_SECONDS = 5.0
"""A watch that says nothing, not even its own end, for so much longer is dead."""
SHORTEST_WATCH = 0.5
"""A watch that ends earlier than that, and said nothing, was none."""
FIRST_BACKOFF, LONGEST_BACKOFF = 0.25, 8.0

Changed = Callable[[Object | None, Object | None], None]
"""Told what was and what is: None before it was there, and after it is gone."""


def key_of(obj: Object) -> str:
    """`namespace/name` of an object."""
    metadata = obj["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


@dataclass
class Reflector:
    """The objects of one collection by their keys, for any thread to read; no object is changed in place."""

    api: Api
    path: str
    changed: Changed
    watch_seconds: float = WATCH_SECONDS
    objects: dict[str, Object] = field(default_factory=dict)
    version: str = ""
    """The resource version up to which the copy is true; empty when only a new list tells."""
    listed: threading.Event = field(default_factory=threading.Event)
    """Set once the first list is complete."""
    trouble: str = ""
    """Why the server could not be listened to when that was tried last."""
    clock: Callable[[], float] = time.monotonic

    def run(self, stop: threading.Event) -> None:
        """Keep the copy fresh until told to stop. Nothing that the server does or fails to do ends it."""
        log = structlog.get_logger("holdfast").bind(path=self.path)
        failures = 0
        while not stop.is_set():
            begun = self.clock()
            try:
                if not self.version:
                    self.list()
                self.watch()
                failures = 0
            except (ApiRefused, ApiUnreachable) as error:
                failures = 0 if self.clock() - begun > LONGEST_BACKOFF else failures  # it had gone well for long
                expired = isinstance(error, ApiRefused) and error.expired
                pause = 0.0 if expired and not failures else backoff(failures)
                failures += 1
                self.version = "" if expired else self.version
                self.trouble = str(error)
                log.warning("watch interrupted", reason=str(error), again_in=round(pause, 1))
                stop.wait(pause)

    def list(self) -> None:
        """Take all that there is, page by page, and tell what is another now, or gone."""
        with self._understood():
            objects, version = self._pages()
        for key in self.objects.keys() - objects.keys():
            self.take(key, None)
        for key, obj in objects.items():
            self.take(key, obj)
        self.version = version
        self.listed.set()

    def _pages(self) -> tuple[dict[str, Object], str]:
        page = self.api.ask("GET", self.path, query={"limit": PAGE})
        objects = {key_of(obj): obj for obj in page.get("items") or ()}
        while onward := page["metadata"].get("continue"):
            page = self.api.ask("GET", self.path, query={"limit": PAGE, "continue": onward})
            objects |= {key_of(obj): obj for obj in page.get("items") or ()}
        return objects, str(page["metadata"]["resourceVersion"])

    def watch(self) -> None:
        """Take what happens from here on, until the server ends the watch. Raises `ApiRefused`, `ApiUnreachable`."""
        query: Query = {
            "watch": True,
            "allowWatchBookmarks": True,
            "resourceVersion": self.version,
            "timeoutSeconds": max(int(self.watch_seconds), 1),
        }
        begun, told = self.clock(), False
        for event in self.api.lines(self.path, query, self.watch_seconds + GRACE_SECONDS):
            self._event(event)
            told = True
        if not told and self.clock() - begun < SHORTEST_WATCH:
            raise ApiUnreachable("WATCH", self.path, "the watch ended as soon as it started")

    def _event(self, event: Object) -> None:
        with self._understood():
            kind, obj = event.get("type"), event["object"]
            if kind == "ERROR":
                code = int(obj.get("code", 500))
                raise ApiRefused("WATCH", self.path, code, str(obj.get("reason")), str(obj.get("message")))
            key, version = "" if kind == "BOOKMARK" else key_of(obj), str(obj["metadata"]["resourceVersion"])
        if key:
            self.take(key, None if kind == "DELETED" else obj)
        self.version = version

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """What is none of the API server's answers, such as some proxy's, is no answer."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            reason = f"unexpected response: {error!r}"
            raise ApiUnreachable("WATCH", self.path, reason) from None

    def take(self, key: str, after: Object | None) -> None:
        """Put an object into the copy, or out of it, and tell of it where it is another than before."""
        before = self.objects.get(key)
        if after is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = after
        if _version(before) != _version(after):
            self.changed(before, after)


def _version(obj: Object | None) -> tuple[str, str]:
    metadata = obj["metadata"] if obj else {}
    return metadata.get("uid", ""), metadata.get("resourceVersion", "")


def backoff(failures: int) -> float:
    """Seconds until the next try: doubled each time, up to a limit, and never the same for all who wait."""
    full: float = min(FIRST_BACKOFF * 2 ** min(failures, 16), LONGEST_BACKOFF)
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing
