"""Filling in a call: the values behind its placeholders, at the moment it is made."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from controller.core.model.call import Call
from controller.core.model.cloud import Cloud, HoldfastError, blaming
from controller.core.model.kind import Catalog
from controller.core.model.live import Live
from controller.core.model.reference import (
    Address,
    Encoded,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    Secret,
    Text,
    Token,
    expressions_in,
    replace_expressions,
)
from controller.core.model.secret_store import SecretStore
from controller.core.model.stack import Stack
from controller.core.planning.diff import Known
from controller.core.planning.inventory import Inventory, attribute_of, find
from controller.engine.secrets import local_secrets


@dataclass
class NotYet(HoldfastError):
    """A value is not known, or its node not usable, in this pass. `reason` says which."""

    reason: str
    person: bool = False
    """Whether it stays so until a person does something."""

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Filling:
    """What is known while a plan is applied. `live` grows with every node that is made."""

    cloud: Cloud
    stack: Stack
    catalog: Catalog
    inventory: Inventory
    live: dict[Address, Live]
    conceal: Callable[[str], None]
    """Told of every secret value before it is used, so that no output can show it."""
    secrets: Mapping[str, SecretStore] = field(default_factory=local_secrets)
    """Where secrets are kept, by the name that a document has for it."""
    predecessors: dict[Address, str] = field(default_factory=dict)
    """The ids that nodes had before, where another is to be made: it has a token of its own."""

    def filled(self, address: Address, call: Call) -> dict[str, Any]:
        """The parameters of a node's call, with its token. Raises `NotYet`, `Refused`, `Unreachable`."""
        parameters = self.parameters(call.parameters)
        if not any(isinstance(left, Token) for left in expressions_in(parameters)):
            return parameters
        secret = any(isinstance(part, Secret) for part in expressions_in(call.parameters))
        said = replace_expressions(call.parameters, self.told) if secret else parameters
        token = self.token(address, call, said)
        with_token: dict[str, Any] = replace_expressions(parameters, lambda _: token)
        return with_token

    def token(self, address: Address, call: Call, said: Mapping[str, Any]) -> str:
        """The same for every try, also after a restart, and another for another thing: in 32 digits."""
        before = self.predecessors.get(address, "")
        region = self.stack.where(address) or self.stack.region
        place = [self.inventory.account, region, self.stack.name, str(address), before]
        facts = [*place, call.service, call.operation, said]
        return sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]

    def told(self, expression: Expression) -> Any:
        """What a token is made of: the value of an expression, but of a secret only where it is kept."""
        match expression:
            case Secret():
                return [expression.store, expression.name, expression.key]
            case Text():
                return expression.fill(self.told)
            case Encoded():
                return expression.write(replace_expressions(expression.document, self.told))
            case _:
                return self.value(expression)

    def parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters with every expression but a token replaced. Raises `NotYet`, `Refused`, `Unreachable`."""
        filled: dict[str, Any] = replace_expressions(parameters, self.value)
        return filled

    def value(self, expression: Expression) -> Any:
        """The value of one expression."""
        match expression:
            case Placeholder():
                return self.attribute(expression)
            case Text():
                return expression.fill(self.value)
            case Encoded():
                return expression.write(replace_expressions(expression.document, self.value))
            case Secret():
                return self.secret(expression)
            case Foreign() | Lookup():
                return self.elsewhere(expression)
            case Token():
                return expression

    def attribute(self, placeholder: Placeholder) -> Any:
        """An attribute of a node that others may refer to now; read where no listing shows it."""
        live = self.live.get(placeholder.address)
        node = self.stack.nodes.get(placeholder.address)
        if live is None and node and node.alias and placeholder.attribute == "id":
            return self.attribute(node.alias)
        if live is None or not (live.usable or placeholder.attribute in self.catalog[live.kind].early):
            awaits = live.awaits if live else ""
            raise NotYet(f"waiting for {placeholder.address}{f': {awaits}' if awaits else ''}", person=bool(awaits))
        value = attribute_of(live, placeholder.attribute)
        if value is None:
            with blaming(f"reading {placeholder.attribute} of", f"the {live.kind} {live.id}"):
                cloud = self.cloud.at(live.region)
                value = self.catalog[live.kind].attribute(cloud, live, placeholder.attribute)
        if value is None:
            raise NotYet(f"waiting for {placeholder}")
        return value

    def elsewhere(self, expression: Foreign | Lookup) -> Any:
        """What another stack owns, or what was looked up."""
        resolved = find(self.inventory, expression)
        if isinstance(resolved, Known):
            return resolved.value
        raise NotYet(resolved.why)

    def secret(self, secret: Secret) -> str:
        """The secret itself, which from then on nothing may print."""
        value = self.secrets[secret.store].read(self.stack, secret)
        self.conceal(value)
        return value
