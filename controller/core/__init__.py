"""The pure heart: document, graph, diff, plan and guard. No network, clock or thread; names no kind."""
