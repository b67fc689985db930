"""Changes that AWS refused after what they need was done for them: an instance was stopped for its new type.

Asked for again and again, such a change would interrupt its thing again and again, for nothing. So it is told as
refused, until the document says otherwise, the thing is another one, or somebody asks for another try.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

from controller.core.model.cloud import Meaning, Refused
from controller.core.model.kind import Catalog
from controller.core.model.live import Refusal
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.planning.match import Match
from controller.core.planning.step import Step

_FOR_GOOD = frozenset({Meaning.INVALID, Meaning.DENIED, Meaning.LIMIT})


class Rejection(NamedTuple):
    """What AWS refused for one thing: the fingerprints of the values that it was to have, by field, and why."""

    id: str
    values: Mapping[str, str]
    why: str


def rejections(
    catalog: Catalog, nodes: Mapping[Address, Node], refused: Iterable[tuple[Step, tuple[str, ...], Refused]]
) -> Iterator[tuple[Address, Rejection]]:
    """What is to be remembered of refused calls, each with its step and the fields that it was for."""
    for step, fields, error in refused:
        node, parts = nodes.get(step.address), catalog[step.address.kind].shape.fields
        costly = {name for name in fields if name in parts and (word := parts[name].interrupts) and word.beforehand}
        if node and costly and error.meaning in _FOR_GOOD and error.within is None:
            values = {name: _fingerprint(node.fields.get(name)) for name in costly}
            yield step.address, Rejection(step.id, values, str(error))


def remind(match: Match, nodes: Mapping[Address, Node], rejections: Mapping[Address, Rejection]) -> None:
    """Put what AWS has refused of what the document still says into the live things that it refused it for."""
    for address, rejected in rejections.items():
        live, node = match.live.get(address), nodes.get(address)
        if live is None or node is None or live.id != rejected.id:
            continue
        same = [name for name, value in rejected.values.items() if value == _fingerprint(node.fields.get(name))]
        why = f"{rejected.why}; change the document, or mend what is in the way and apply again"
        match.live[address] = replace(live, refused={**live.refused, **dict.fromkeys(same, Refusal(None, why))})


def _fingerprint(value: Any) -> str:
    return sha256(repr(value).encode()).hexdigest()[:16]
