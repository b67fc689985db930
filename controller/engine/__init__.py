"""The working part: observe, apply, reconcile, and the loop around them. Sees AWS only through a `Cloud`."""
