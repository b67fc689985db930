"""The queue's order: the unit is the call, and edges are read off the calls themselves.

A call *must* wait for the earlier calls of its node, for the making of what its placeholders name, and for all
calls of a node that gives an attribute it takes another value. Those earlier calls that are separable must only be
*over*, however they ended. By *preference* it also waits until those nodes are complete, and until what gives to them
is; a preference that would close a circle is dropped, found in one linear walk over strongly connected components.
So is a removal's wait for the new thing and for those that move to it, where the new one itself needs the old one's
place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from controller.core.model.call import Call
from controller.core.model.components import components
from controller.core.model.kind import Catalog
from controller.core.model.live import Live, Thing
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder, placeholders_in
from controller.core.model.stack import Stack
from controller.core.planning.inventory import given, pointing
from controller.core.planning.step import Plan, Step

Users = dict[Thing, list[tuple[Address | None, Live]]]
"""Who refers to a live thing; without an address, what is leaving."""


@dataclass(eq=False)
class Task:
    """One call in the queue.

    `after` are the tasks that must have succeeded, `over` those that must have ended, well or not, and `rather` those
    that should have ended.

    `gone` are live things that AWS must no longer list before the call is made.
    """

    step: Step
    call: Call
    after: set["Task"] = field(default_factory=set)
    over: set["Task"] = field(default_factory=set)
    rather: set["Task"] = field(default_factory=set)
    gone: set[Thing] = field(default_factory=set)
    moves: set["Task"] = field(default_factory=set)
    """Those that must have succeeded before a removal, unless they in turn wait for it."""
    removes: bool = False
    """It belongs to the removal of what the step's `live` is, not to the making of the node."""

    @property
    def address(self) -> Address:
        """The node it is for."""
        return self.step.address

    @property
    def earlier(self) -> list["Task"]:
        """All that it waits for."""
        return [*self.after, *self.over, *self.rather]

    def forget(self, task: "Task") -> None:
        """Wait for a task no more: it has succeeded already."""
        for waiting in (self.after, self.over, self.rather):
            waiting.discard(task)


def tasks_of(plan: Plan, stack: Stack, catalog: Catalog, leaving: Iterable[Live] = ()) -> list[Task]:
    """Every call of the plan's acting steps with what it waits for. `leaving` still holds what it holds."""
    return _Graph(plan, stack, catalog, tuple(leaving)).build()


class _Graph:
    def __init__(self, plan: Plan, stack: Stack, catalog: Catalog, leaving: tuple[Live, ...]) -> None:
        self.plan, self.stack, self.catalog, self.leaving = plan, stack, catalog, leaving
        self.held = {live.thing for live in leaving}
        self.making: dict[Address, list[Task]] = {}
        self.removing: dict[Thing, list[Task]] = {}
        """The tasks that remove a live thing."""
        self.givers: dict[Address, set[Address]] = defaultdict(set)

    def build(self) -> list[Task]:
        for step in self.plan.acting():
            if step.calls:
                self.making[step.address] = _chain(step, step.calls)
            if step.live and step.removal:
                self.removing[step.live.thing] = _chain(step, step.removal, removes=True)
        self.find_givers()
        for tasks in self.making.values():
            for task in tasks:
                self.wait_for_targets(task)
                self.wait_for_renewals(task)
        self.order_removals()
        everything = [task for chain in (*self.making.values(), *self.removing.values()) for task in chain]
        _settle_moves(everything)
        _drop_circles(everything)
        return everything

    def find_givers(self) -> None:
        for address in self.making:
            node = self.stack.nodes.get(address)
            if node:
                for value in given(self.catalog[address.kind].shape, node.fields):
                    for placeholder in placeholders_in(value):
                        self.givers[placeholder.address].add(address)

    def wait_for_targets(self, task: Task) -> None:
        for address in self.targets(task.call):
            if address == task.address:
                continue
            tasks = self.making.get(address, [])
            task.after.update(other for other in tasks if other.call.makes)
            task.rather.update(tasks[-1:])
            for giver in self.givers[address] - {task.address}:
                task.rather.update(self.making[giver][-1:])

    def wait_for_renewals(self, task: Task) -> None:
        """What another node's calls give another value is taken only when all of them have succeeded."""
        for placeholder in placeholders_in(task.call.parameters):
            tasks = self.making.get(placeholder.address, []) if placeholder.address != task.address else []
            if any(placeholder.attribute in other.call.renews for other in tasks):
                task.after.add(tasks[-1])

    def targets(self, call: Call) -> set[Address]:
        """The nodes that a call names, those behind an alias included."""
        targets = {placeholder.address for placeholder in placeholders_in(call.parameters)}
        aliases = (self.stack.nodes[a].alias for a in targets if a in self.stack.nodes)
        return targets | {alias.address for alias in aliases if alias}

    # --- what goes, in the order of what is observed ---

    def order_removals(self) -> None:
        users = self.users() if self.removing else {}
        for live in self.leaving:
            renewing = self.making.get(Address(live.kind, live.owner.name if live.owner else ""))
            if renewing and renewing[0].step.deletes_first:
                renewing[0].gone.add(live.thing)
        for thing, tasks in self.removing.items():
            step = tasks[0].step
            making = self.making.get(step.address, [])
            if making and step.deletes_first:
                making[0].after.add(tasks[-1])
                making[0].gone.add(thing)
            elif making and step.calls:
                tasks[0].moves.add(making[-1])
            self.wait_for_users(tasks, users.get(thing, []))
            self.undo_after_users(tasks[0], users)

    def users(self) -> Users:
        """Who refers to what: the live things of this plan's steps, and what is leaving."""
        users: Users = defaultdict(list)
        lives: dict[Thing, tuple[Address | None, Live]] = {live.thing: (None, live) for live in self.leaving}
        steps = [step for step in self.plan.steps if not step.goes_along]
        lives.update({step.live.thing: (step.address, step.live) for step in steps if step.live})
        self.targets_of = pointing(self.catalog, [live for _, live in lives.values()])
        for address, live in lives.values():
            for thing in self.targets_of(live):
                users[thing].append((address, live))
        return users

    def wait_for_users(self, removal: list[Task], users: list[tuple[Address | None, Live]]) -> None:
        """A thing is emptied after its users have moved, and deleted when they have let go of it or are gone.

        So is what AWS does at length before the deletion: the last snapshot has what its users wrote last.
        """
        first, deletion = removal[0], next((task for task in removal if task.call.occupies), removal[-1])
        for address, user in users:
            letting_go = self.removing.get(user.thing)
            moving = self.making.get(address) if address else None
            if letting_go:
                deletion.after.add(letting_go[-2] if self.lets_go_early(user, deletion) else letting_go[-1])
            elif moving and not deletion.step.deletes_first:
                first.moves.add(moving[-1])
            elif not moving:
                first.gone.add(user.thing)
            if self.lingers(user):
                deletion.gone.add(user.thing)

    def lingers(self, user: Live) -> bool:
        """Whether it goes on holding what it holds after its deletion was asked for."""
        return user.thing in self.held or (user.thing in self.removing and self.catalog[user.kind].lingers)

    def lets_go_early(self, user: Live, deletion: Task) -> bool:
        """Whether the user's reference is a binding member, emptied before the user itself is deleted."""
        live = deletion.step.live
        emptied = {name for task in self.removing[user.thing][:-1] for name in task.call.fields}
        if not emptied or live is None:
            return False
        held = {name: value for name, value in user.fields.items() if name not in emptied}
        return live.thing not in self.targets_of(replace(user, fields=held))

    def undo_after_users(self, undoing: Task, users: Users) -> None:
        """What gives is undone after those that use what it gives to."""
        giver = undoing.step.live
        if giver is None:
            return
        for thing in self.given_to(giver):
            for _, user in users.get(thing, []):
                if user.thing == giver.thing:
                    continue
                if user.thing in self.removing:
                    undoing.rather.add(self.removing[user.thing][-1])
                if self.lingers(user):
                    undoing.gone.add(user.thing)

    def given_to(self, giver: Live) -> set[Thing]:
        """What a live thing gives itself to."""
        shape = self.catalog[giver.kind].shape
        giving = {path[0] for path, part in shape.references if part.to and part.to.gives}
        return self.targets_of(replace(giver, fields={n: v for n, v in giver.fields.items() if n in giving}))


def _chain(step: Step, calls: Iterable[Call], removes: bool = False) -> list[Task]:
    """The calls of one node, each after those before it; a separable one need only be over, except for a deletion."""
    tasks = [Task(step, call, removes=removes) for call in calls]
    needed: set[Task] = set()
    for number, task in enumerate(tasks):
        task.after.update(tasks[:number] if task.call.deletes else needed)
        task.over.update({*tasks[:number][-1:]} - task.after)
        if not task.call.separable:
            needed = {task}
    return tasks


def _settle_moves(tasks: list[Task]) -> None:
    """Wait for a move only where it does not wait in turn: there the old one cannot but go first."""
    component = components(tasks, lambda task: (*task.after, *task.over, *task.moves))
    for task in tasks:
        task.after |= {other for other in task.moves if component[other] != component[task]}


def _drop_circles(tasks: list[Task]) -> None:
    """Keep a preference only where both ends are in different components of all edges together."""
    component = components(tasks, lambda task: task.earlier)
    for task in tasks:
        task.rather = {other for other in task.rather - task.after if component[other] != component[task]}


def edges_of(nodes: Mapping[Address, Node]) -> list[tuple[Address, Address]]:
    """Every reference of a document as an edge from who refers to what is referred to."""
    edges = {(a, p.address) for a, node in nodes.items() for p in _mentions(node) if p.address in nodes}
    return sorted(edge for edge in edges if edge[0] != edge[1])


def _mentions(node: Node) -> Iterable[Placeholder]:
    return placeholders_in(node.fields)
