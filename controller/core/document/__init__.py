"""The document: reading it, checking it, and telling all that is wrong with it at once.

    yaml_source ──▶ included ──▶ schema ──▶ loader ──▶ checks, meetings
    positions       files        the models    names and    what nodes say
                    taken in     around specs  references   of each other

`mistakes.py` says what is wrong in words for people, at the line and column where it stands.

What comes in: paths of files or their texts, and the catalog of kinds. What goes out: stacks that are right as far as
can be told without AWS, or one `DocumentError` with every problem. It never asks AWS, and never mends what it reads.
"""
