"""The pure heart: what a document says, what is live, and what is to be done about the difference.

    model      what a kind, a field, a reference and a stack are            sees neither of the others
    document   reading documents and checking them: files in, stacks out    sees the model
    planning   from a stack and what is live to a guarded plan of calls     sees the model

No network, no clock, no thread, and no kind by its name: what is true of one kind only is said by its declaration.
"""
