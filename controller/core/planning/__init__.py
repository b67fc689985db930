"""The planning: from a stack and what is live to a plan, which is a list of steps with their calls.

    inventory ──▶ matching ──▶ diff ──▶ plan, removal ──▶ guard ──▶ graph
    what is       which of     field     a step for       what may  the order
    live          it is ours   by field  each node        happen    of calls

- `claims.py` decides between things that carry the marks of one node, `sole.py` about elements that only one can
  hold, `ignored.py` keeps what the document ignores as it is.
- `plan_input.py` is all that a plan is made from, `step.py` what it is made of, `recorder.py` what is told while it
  is done.

What comes in: a stack, an inventory, and what earlier passes remember. What goes out: a plan, blocked where the
guard says so. It is pure: the dry run is the plan, and the same input gives the same plan. It never makes a call.
"""
