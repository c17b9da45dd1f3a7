"""A small program that uses some of what it imports: each module but 'idle' is needed, most of them without a trace."""
