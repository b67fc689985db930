"""The commands, one module for each sort of them: what a command line that was read makes happen."""
