"""Time as AWS has it, in front of an emulator that makes everything final at once.

`server` stands between the clients and the emulator; `wire` reads requests and writes answers; `rules` says, in
the words of `words`, what takes how long; `things`, `filters` and `lateness` rewrite answers by these rules;
`groups` and `refreshes` are Auto Scaling, which acts by itself while time passes.
"""
