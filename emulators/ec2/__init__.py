"""A strict stand-in for EC2.

What it holds (`store`, `networks`, `routes`, `groups`, `world`), how it is asked and answers (`protocol`, `server`),
when it refuses (`buckets`), every other service as an empty account (`elsewhere`), and networks that are in sync with
a document (`scenery`).
"""
