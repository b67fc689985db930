"""Reference documents as whole stacks, from an empty account to nothing left; at once, and in the time AWS takes."""
