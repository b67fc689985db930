"""AWS: the client, its limits and errors, the words of a declaration, and the kinds by service."""
