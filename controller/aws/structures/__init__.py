"""Structures of specs that kinds of several services share, where AWS has the same thing under each.

What comes in: the words of a field. What goes out: specs, which a kind's spec takes as they are or adds fields to. A
structure that only kinds of one service share stands in the folder of that service. Nothing here makes a call, and
nothing knows a kind.
"""
