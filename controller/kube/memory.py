"""What the engine remembers of a Stack, kept beside it: in a StackMemory of its name, which goes with it.

It is a kind of our own, no ConfigMap: so the operator needs no right to what others keep in ConfigMaps; whoever
may edit those cannot tell it what to remember. It is memory, never truth: what is of another Stack, of another format
or cannot be read counts as nothing, and is written anew.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from controller.core.document.schema import API_VERSION, KIND
from controller.core.model.cloud import HoldfastError
from controller.core.model.store import scrubbed
from controller.kube.api import Api, ApiRefused, Object
from controller.kube.memory_crd import MEMORY_KIND, MEMORY_PLURAL
from controller.kube.reflector import key_of

FORMAT = 1
LONGEST_PLAIN = 10_000
"""Up to so many characters it stays readable; beyond that it is compressed."""
LONGEST = 1_000_000
"""So many characters are kept at most, of the 1.5 MiB that an object may have; some 30,000 nodes need as many."""
LONGEST_UNPACKED = 32 * LONGEST
"""What unpacks to more was not packed by us."""


class _Unusable(Exception):
    """What is found is not what we would have written; the message says why."""


@dataclass
class _Place:
    """Where the memory of one Stack is, and what is there."""

    path: str
    owner: Object
    version: str | None = None
    """The resource version of what is there; empty where there is nothing, None where that is not known."""
    text: str | None = None
    """The record that is there, as JSON."""
    trouble: str = ""
    """Why the last record is not there, as it was told."""


@dataclass
class Memories:
    """The store of the engine's memory on Kubernetes. Each Stack is opened before anything is asked of it.

    Only what differs from what is there is written, based on the version that was read: of two that write, such as a
    leader and one that does not know yet that it is none, the one that is behind is refused. Safe to use from many
    threads.
    """

    api: Api
    forbidden: Callable[[], str] = lambda: ""
    """Why nothing may be written now, or nothing."""
    scrub: Callable[[str], str] = str
    """A text without the secrets that the program knows of."""
    places: dict[str, _Place] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Which Stack, by its key, a name belongs to."""

    # --- which Stacks there are ---

    def open(self, stack: Object) -> None:
        """Read what is kept of a Stack, once. Raises `ApiUnreachable`, `ApiRefused` when that may be known later."""
        key, owner = key_of(stack), _owner(stack)
        place = self.places.get(key)
        if place and place.owner == owner:
            return
        place = _Place(_path(stack), owner)
        try:
            self._read(place)
        except ApiRefused as error:
            if not error.denied:
                raise
            _log().warning("memory may not be read", stack=key, reason=str(error))
        self.places[key] = place

    def claim(self, stack: str, key: str) -> None:
        """From now on this is the Stack that has the name."""
        self.keys[stack] = key

    def close(self, key: str) -> None:
        """A Stack is gone, and with it what was kept beside it."""
        self.places.pop(key, None)

    def restart(self) -> None:
        """Somebody else may write from now on: all is read anew."""
        self.places.clear()
        self.keys.clear()

    # --- as the engine has it ---

    def load(self, stack: str) -> Mapping[str, Any] | None:
        """What was kept of a stack, or None where that is nothing that could be used."""
        place = self._place(stack)
        return json.loads(place.text) if place and place.text is not None else None

    def save(self, stack: str, record: Mapping[str, Any]) -> bool:
        """Keep it; whether it is in the API server now. Why not is told once, and that it is again."""
        place = self._place(stack)
        if place is None:
            return False
        text = json.dumps(scrubbed(record, self.scrub), sort_keys=True, separators=(",", ":"))
        trouble = "" if text == place.text else self._kept(place, text)
        if trouble and trouble != place.trouble:
            follows = "continuing; after a restart only what was saved earlier is remembered"
            _log().warning("memory not kept", path=place.path, reason=trouble, follows=follows)
        elif place.trouble and not trouble:
            _log().warning("memory kept again", path=place.path, after=place.trouble)
        place.trouble = trouble
        return not trouble

    def forget(self, stack: str) -> None:
        """Nobody looks after this stack any more. What is kept goes with the Stack: the API server sees to that."""
        self.close(self.keys.pop(stack, ""))

    # --- inside ---

    def _place(self, stack: str) -> _Place | None:
        return self.places.get(self.keys.get(stack, ""))

    def _read(self, place: _Place) -> None:
        """Find out what is there, and in which version."""
        try:
            obj = self.api.ask("GET", place.path)
        except ApiRefused as error:
            if not error.gone:
                raise
            place.version, place.text = "", None
            return
        place.version = str(obj["metadata"]["resourceVersion"])
        try:
            place.text = unpacked(obj, str(place.owner["uid"]))
        except _Unusable as error:
            place.text = None
            _log().warning("memory not usable, it counts as none", path=place.path, reason=str(error))

    def _kept(self, place: _Place, text: str) -> str:
        """Put this record there. Why it is not there afterwards, or nothing."""
        try:
            content = packed(text)
            try:
                self._write(place, content)
            except ApiRefused as error:
                if not (error.conflict or error.gone):
                    raise
                self._write(place, content)  # somebody changed or deleted it; what is there now is read first
        except (HoldfastError, _Unusable) as error:
            return str(error)
        place.text = text
        return ""

    def _write(self, place: _Place, content: Object) -> None:
        forbidden = self.forbidden()  # asked before each try: whoever leads meanwhile is not written over
        if forbidden:
            raise _Unusable(forbidden)
        if place.version is None:
            self._read(place)
        version, place.version = place.version, None  # which it is after a failure, nobody knows
        metadata: Object = {"name": place.path.rpartition("/")[2], "ownerReferences": [place.owner]}
        body = {"apiVersion": API_VERSION, "kind": MEMORY_KIND, "stack": place.owner["uid"], **content}
        if version:
            answer = self.api.ask("PUT", place.path, {**body, "metadata": {**metadata, "resourceVersion": version}})
        else:
            answer = self.api.ask("POST", place.path.rpartition("/")[0], {**body, "metadata": metadata})
        place.version = str(answer["metadata"]["resourceVersion"])


def packed(text: str) -> Object:
    """The content of the object. Raises `_Unusable` where an object cannot hold it."""
    encoding = "json"
    if len(text) > LONGEST_PLAIN:
        encoding, text = "gzip", base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()
    if len(text) > LONGEST:
        raise _Unusable(
            f"it has {len(text)} characters compressed, more than the {LONGEST} that can be stored; split the stack"
        )
    return {"format": FORMAT, "encoding": encoding, "content": text}


def unpacked(obj: Object, stack: str) -> str:
    """The record in an object, as JSON. Raises `_Unusable` where it is not ours, or not of this Stack (its uid)."""
    if obj.get("format") != FORMAT:
        raise _Unusable(f"it has format {obj.get('format')}, not {FORMAT}")
    if obj.get("stack") != stack:
        raise _Unusable("it belongs to an earlier Stack of the same name")
    try:
        text = str(obj.get("content"))
        text = _decompressed(text) if obj.get("encoding") == "gzip" else text
        record = json.loads(text)
    except (ValueError, EOFError, RecursionError, zlib.error) as error:
        raise _Unusable(f"it is corrupt: {error}") from None
    if not isinstance(record, dict):
        raise _Unusable("it is corrupt: not a mapping")
    return text


def _decompressed(content: str) -> str:
    unpacking = zlib.decompressobj(wbits=31)  # gzip's own header
    text = unpacking.decompress(base64.b64decode(content, validate=True), LONGEST_UNPACKED)
    if not unpacking.eof:
        raise ValueError("it is truncated or too long")
    return text.decode()


def _path(stack: Object) -> str:
    metadata = stack["metadata"]
    return f"/apis/{API_VERSION}/namespaces/{metadata['namespace']}/{MEMORY_PLURAL}/{metadata['name']}"


def _owner(stack: Object) -> Object:
    """Who it goes with, in Kubernetes' words."""
    metadata = stack["metadata"]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }


def _log() -> Any:
    return structlog.get_logger("holdfast")
