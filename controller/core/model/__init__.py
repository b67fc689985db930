"""The model: the nouns that everything else is said in.

- `kind.py` is what the core asks of a kind: `facts.py` what it is, `reader.py` how it is read, `writer.py` how it is
  written.
- `node.py` is what a document wants of one resource, `live.py` what AWS shows of it, `ownership.py` whose it is, and
  `call.py` a difference between the two and the write that takes it away: plain data.
- `spec.py` has the words that a kind's pydantic model says about its fields, `shape.py` what they come to, read
  once; `equality.py` when two values of a field are the same, `paths.py` how a path names a field or an element.
- `reference.py` has the values that are not yet values: references, look-ups, texts with holes, secrets.
- `stack.py` is one document as a graph; `naming.py` makes the names that a document leaves open; `components.py`
  finds the circles of a graph.
- `cloud.py` is the one way out and the ways in which it can refuse; `store.py` is what keeps memory.

What comes in: declarations, and plain values. What goes out: values that never change. It never reads a file, asks
AWS, or decides what is to be done.
"""
