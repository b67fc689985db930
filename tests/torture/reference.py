"""A whole reference document on the patched moto: the account, and what others do in it.

What is true is asked of moto itself, past the layer: by a program that knows nothing of earlier ones, and by
counting. The document is made from the start; in one story of three the account is empty instead.
"""

import copy
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from random import Random

from botocore.exceptions import ClientError

from controller.aws.declaration.wire import overlay
from controller.core.model.kind import Catalog
from controller.core.model.stack import Stack
from controller.core.planning.step import Step
from tests.clock import Clock
from tests.direct import Answering
from tests.emulated import empty
from tests.slow.wire import Asked, Tree
from tests.stacks.drifting import drifting, other_value
from tests.stacks.variations import Place
from tests.stacks.world import CATALOG, NAMED
from tests.torture.account import account, past_the_layer
from tests.torture.census import ROWS
from tests.torture.documents import read, tree
from tests.torture.faults import Sort
from tests.torture.others import Others
from tests.torture.scene import ANOTHER, OWNER_NAME, OWNER_STACK, Fact, Facts, Ledger, Made, Undo

FROM_NOTHING = 1 / 3
"""How often a story begins with an empty account."""

BUCKET = {"Bucket": "static-edge-123456789012"}
DELETIONS: Mapping[str, list[tuple[str, str, Tree]]] = {
    "ha-web-tier": [
        ("ssm", "delete_parameter", {"Name": "/ha-web/db-endpoint"}),
        ("autoscaling", "delete_policy", {"AutoScalingGroupName": "ha-web-app", "PolicyName": "ha-web-cpu"}),
        ("iam", "delete_role_policy", {"RoleName": "ha-web-app", "PolicyName": "read-configuration"}),
        (
            "iam",
            "remove_role_from_instance_profile",
            {"RoleName": "ha-web-app", "InstanceProfileName": "ha-web-app"},
        ),
    ],
    "static-edge": [
        ("ssm", "delete_parameter", {"Name": "/static-edge/cdn-domain"}),
        ("s3", "delete_object", {**BUCKET, "Key": "index.html"}),
        ("s3", "delete_public_access_block", BUCKET),
        ("s3", "delete_bucket_policy", BUCKET),
    ],
}
"""What somebody may delete of a document's things, or of their parts."""


class ReferenceScene:
    """One account, with things of others in it from the start."""

    def __init__(self, name: str, clock: Clock, chance: Random, sorts: Collection[Sort]) -> None:
        self.name, self.account, self.ledger = name, account(), Ledger()
        self.answering: Answering = self.account.answering
        self.clients = dict(self.account.made)
        self.tree: Tree = tree(name)
        kinds = self.tree["spec"]["resources"]
        self.nodes = {kind: len(nodes) for kind, nodes in kinds.items() if kind in ROWS}
        self.catalog: Catalog = {
            kind: CATALOG[kind] for kind in sorted({*self.stack().by_kind, *self.stack().elsewhere, *NAMED})
        }
        self.standing = chance.random() >= FROM_NOTHING
        if not self.standing:
            empty()
        self.others = Others(self.account.client, self.tree["metadata"]["name"], alike=Sort.ALIKE in sorts)
        ours = self.account.theirs[name] if self.standing else {}
        there = self.account.count(self.nodes)
        self.before = {kind: ids - ours.get(kind, frozenset()) for kind, ids in there.items()}
        """The ids of what is not ours."""
        self.forgetful = Sort.FORGOTTEN in sorts
        self.changes = 0
        """How often something was written; with the document, what the truth depends on."""
        self._true: tuple[tuple[int, str], Facts] | None = None

    # --- the document ---

    def stack(self) -> Stack:
        """The document, read as any is."""
        return read(self.name, self.tree)

    def edit(self, chance: Random, everything: bool) -> str:
        """Somebody wants one field to be something else."""
        place = chance.choice(drifting(self.name))
        _set(self.tree, place)
        return place.words

    # --- the truth ---

    def facts(self) -> Facts:
        """All that is not as the document says; asked for anew only when something was written."""
        key = self.changes, json.dumps(self.tree)
        if self._true is None or self._true[0] != key:
            self._true = key, frozenset([*self._too_many(), *self._differing()])
        return self._true[1]

    def wanted(self) -> Facts:
        """Nothing is to differ."""
        return frozenset()

    def _differing(self) -> Iterator[Fact]:
        if self.tree["spec"]["resources"]:
            plan = self.account.look(self.stack())
            yield from (_fact(step) for step in plan.steps if not step.settled)

    def _too_many(self) -> Iterator[Fact]:
        for kind in self.nodes:
            if too_many := self.too_many(kind):
                yield Fact(kind, ANOTHER, too_many)

    def too_many(self, kind: str) -> str:
        """What there is more of a kind than there are nodes of it."""
        nodes = self.tree["spec"]["resources"].get(kind, {})
        ours = self.ours(kind) if kind in self.nodes else frozenset()
        return ", ".join(sorted(ours)) if len(ours) > len(nodes) else ""

    def ours(self, kind: str) -> frozenset[str]:
        """All there is of a kind that was not there before the stack, or without it."""
        return self.account.count([kind])[kind] - self.before[kind]

    def live(self, id: str) -> bool:
        """Whether a thing is there; by numbers alone it is not known."""
        return False

    def right(self, made: Made) -> bool:
        """Whether a thing can stay; by numbers alone it is not known."""
        return False

    def foreign(self) -> Mapping[str, str]:
        """What others have."""
        return self.others.seen()

    def foreign_in(self, asked: Asked) -> str:
        """What of others a request names."""
        return next((name for name in _texts(asked.parameters) if name in self.others.names), "")

    def strays(self) -> Collection[str]:
        """What there is too much of is told among the facts."""
        return ()

    # --- others ---

    def act(self, sort: Sort, chance: Random) -> Undo | None:
        """Somebody does something to what is ours."""
        acts = {Sort.DRIFTED: self._drifted, Sort.DELETED: self._deleted, Sort.STRIPPED: self._stripped}
        return acts[sort](chance) if sort in acts else None

    def _drifted(self, chance: Random) -> Undo:
        """One field is something else, as if another document had said so."""
        place = chance.choice(drifting(self.name))
        other = copy.deepcopy(self.tree)
        _set(other, place)
        stack = read(self.name, other)
        with past_the_layer():
            self.account.world(stack).turn(stack, fresh=True)
        self.changes += 1
        return Undo(f"sets {place.words} to something else")

    def _deleted(self, chance: Random) -> Undo | None:
        service, operation, parameters = chance.choice(DELETIONS[self.name])
        try:
            self.by_hand(service, operation, parameters)
        except ClientError:  # it was deleted a moment ago
            return None
        return Undo(f"asks for {operation} {parameters}")

    def _stripped(self, chance: Random) -> Undo | None:
        """One of ours, of EC2, loses its owner tags; who remembers nothing cannot know then whose it is."""
        ids = sorted(id for kind in self.nodes for id in self.ours(kind) if ROWS[kind].service == "ec2")
        if not ids or self.forgetful:
            return None
        id, ec2 = chance.choice(ids), self.account.client("ec2")
        found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [id]}])["Tags"]
        tags = [
            {"Key": each["Key"], "Value": each["Value"]} for each in found if each["Key"] in (OWNER_STACK, OWNER_NAME)
        ]
        given = {"Resources": [id], "Tags": tags}
        self.by_hand("ec2", "delete_tags", given)
        return Undo(f"strips {id} of its owner tags", lambda: self.by_hand("ec2", "create_tags", given))

    def by_hand(self, service: str, operation: str, parameters: Tree) -> None:
        """Somebody else asks for something."""
        getattr(self.account.client(service), operation)(**parameters)
        self.changes += 1

    def clear(self) -> None:
        """Nothing of others stands in the way."""


def _set(tree: Tree, place: Place) -> None:
    """The document has another value at this place; of a structure all else stays."""
    kind, _, node = place.address.partition("/")
    nodes, fields = tree["spec"]["resources"][kind], place.fields(other_value(place))
    nodes[node] = overlay(nodes[node], fields) if "." in place.path else {**nodes[node], **fields}


def _fact(step: Step) -> Fact:
    words = [step.state, step.action, *(change.path for change in step.changes), step.note]
    return Fact(str(step.address), " ".join(word for word in words if word), step.blocked.why if step.blocked else "")


def _texts(value: object) -> Iterable[str]:
    """Every text in the parameters of a request."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
