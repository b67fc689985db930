"""Reads that only inform: what comes of them goes into the notes of a plan, and nothing is decided by it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from controller.core.model.cloud import Cloud, HoldfastError

Question = tuple[str, str, str, str]
"""Region, service, operation and parameters."""


@dataclass(frozen=True)
class Inquiry:
    """A region that is asked each question once, whoever asks it; a question that fails has no answer."""

    cloud: Cloud
    known: dict[Question, Mapping[str, Any] | None] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The region that is asked."""
        return self.cloud.region

    def at(self, region: str) -> "Inquiry":
        """The same for another region; this one's for an empty name."""
        return replace(self, cloud=self.cloud.at(region))

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What AWS says; None where it says nothing."""
        question = (self.region, service, operation, json.dumps(parameters, sort_keys=True))
        if question not in self.known:
            try:
                self.known[question] = self.cloud.call(service, operation, parameters).body
            except HoldfastError:
                self.known[question] = None
        return self.known[question]
