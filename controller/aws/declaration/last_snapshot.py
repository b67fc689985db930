"""The last snapshot of what holds data: it is taken before that is deleted, unless somebody says otherwise."""

from controller.core.model.live import Live

SKIP_FINAL_SNAPSHOT = "holdfast.dev/skip-final-snapshot"
"""A tag that says `true` where something is deleted without a last snapshot. It stands on the live thing, so that it
is known when the document does not name that any more."""


def skips_final_snapshot(live: Live) -> bool:
    """Whether somebody has said that what it holds may go with it."""
    return live.tags.get(SKIP_FINAL_SNAPSHOT) == "true"
