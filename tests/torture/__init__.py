"""The standing test bed: the program, faults between it and AWS, others at work beside it, and an auditor.

A seed decides everything: what goes wrong when, what others do, when the program is killed. `story` tells one seed,
`layer` stands where the network would be, `audit` knows what is true and judges. Time is a clock that requests and
waits move on; nothing sleeps.
"""
