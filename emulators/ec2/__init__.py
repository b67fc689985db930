"""A strict stand-in for EC2: what it holds (`store`, `networks`, `groups`, `world`), how it answers (`server`), every
other service as an empty account (`elsewhere`), and networks that are in sync with a document (`scenery`)."""
