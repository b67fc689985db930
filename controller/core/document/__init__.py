"""The document: reading it, checking it, and telling all that is wrong with it at once.

    yaml_source ──▶ included ──▶ schema ──▶ loader ──▶ checks, meetings
    positions       files        the models    names and    what nodes say
                    taken in     around specs  references   of each other

`source.py` is the interface to what keeps documents; `controller/sources/` implements it. `part.py` is what they are
read into, and `problem.py` what is wrong with them, which `mistakes.py` says in words for people, at the line and
column where it stands.

What comes in: a source of documents, or one as plain values, and the catalog of kinds. What goes out: stacks that are
right as far as can be told without AWS, or one `DocumentError` with every problem. It never reads a file, never asks
AWS, and never mends what it reads.
"""
