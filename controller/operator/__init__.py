"""The operator: what keeps many Stack objects of a cluster as their documents say.

- `operator.py` is what runs: reflectors that watch, an elector that competes for the lease, a queue, and workers.
- `stack_reconciler.py` reconciles one Stack object: it reads the document, makes a pass of the engine over it, and
  writes status and events; paused, deleted and unreadable Stacks included.
- `conditions.py` says why a Stack is not as it should be, in the words of its conditions and events.

What comes in: the API server (`controller/kube`), the engine's `Controller`, and a recorder of what happens. What
goes out: status, events, metrics, and the engine's writes while this is the leader. It parses no command line, knows
no kind and makes no call to AWS by itself.
"""
