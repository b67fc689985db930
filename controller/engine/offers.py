"""What AWS does not offer of what a plan is to make or to change, said before it is carried out.

Only a plan that is shown is asked about: a write is refused at once, and tells the same. Nothing is held back for it.
"""

from dataclasses import replace

from controller.core.model.cloud import Cloud, HoldfastError, blaming
from controller.core.model.inquiry import Inquiry
from controller.core.model.kind import Catalog
from controller.core.model.stack import Stack
from controller.core.planning.step import Action, Plan, Step


def asked_about(plan: Plan, stack: Stack, catalog: Catalog, cloud: Cloud) -> Plan:
    """The plan, with what AWS does not offer in the notes of its steps; a plan that does nothing asks nothing."""
    inquiry = Inquiry(cloud)

    def noted(step: Step) -> Step:
        node = stack.nodes.get(step.address)
        if node is None or not step.acts:
            return step
        made = step.action in (Action.CREATE, Action.REPLACE)
        changed = node.fields.keys() if made else {change.path for change in step.changes if change.op != "remove"}
        try:
            with blaming("asking what is offered for", step.address):
                there = inquiry.at(stack.where(step.address))
                told = [*catalog[step.address.kind].unoffered(there, node.fields, changed)]
        except HoldfastError as error:
            told = [str(error)]
        return replace(step, note="; ".join(filter(None, [step.note, *told]))) if told else step

    return replace(plan, steps=tuple(map(noted, plan.steps)))
