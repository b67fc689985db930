"""Where documents are kept, each an implementation of `core/document/source.py`.

- `files.py` reads files and folders of this machine, and standard input.

What comes in: addresses that a command was given. What goes out: contents as bytes, and whether they may have changed
since. It never looks into what it reads; the core does.
"""
