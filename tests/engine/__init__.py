"""Tests of the working part: observe, apply, reconcile, and the loop around them."""
