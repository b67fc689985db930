"""The declaration: what a kind of AWS says about itself as data, and what follows from it.

- `words.py` and `tags.py` have the words: listings, details, setters, collections, and the ways to tag.
- `facts.py` is what follows without a call; `reading.py` the reads, `writing.py` the writes (`elements.py`
  those of collections), `kind.py` all of them together as `AwsKind`, which every kind is one of.
- `offerings.py` says what AWS offers in a region, for the notes of a plan.
- `items.py` reads one item of an answer as a live thing, `wire.py` goes between a spec's tree and AWS's own form,
  `forms.py` and `kms.py` have the forms in which AWS keeps what a document writes plainly.

What comes in: a class full of data. What goes out: live things, and calls as data. It never makes a write itself, and
has no branch for any kind: where one needs something of its own, it overrides the one method, or a word is missing.
"""
