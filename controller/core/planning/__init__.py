"""The planning: from a stack and what is live to a plan, which is a list of steps with their calls.

    inventory ──▶ matching ──▶ diff ──▶ plan, removal ──▶ guard ──▶ graph
    what is       which of     field     a step for       what may  the order
    live          it is ours   by field  each node        happen    of calls

- `candidates.py` sorts what is live by whose owner tags it carries; of what carries ours, `owned.py` says which node
  it is, by the witnesses of `claims.py`, and `unproven.py` where nothing remembers it; `evidence.py` is what our own
  things say of each other, `untagged.py` whose that is which takes no tags. `match.py` is what comes of it.
- `sole.py` decides about elements that only one can hold, `ignored.py` keeps what the document ignores as it is.
- `plan_input.py` is all that a plan is made from, `step.py` what it is made of, `recorder.py` what is told while it
  is done.

What comes in: a stack, an inventory, and what earlier passes remember. What goes out: a plan, blocked where the
guard says so. It is pure: the dry run is the plan, and the same input gives the same plan. It never makes a call.
"""
