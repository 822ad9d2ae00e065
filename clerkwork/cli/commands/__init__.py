"""The commands: each module is one, called like the module; a new file is a new command.

A module holds either ``command``, a function, or ``commands``, a ``typer.Typer`` with the parts of
a command of several words. A module's first docstring line is its entry in the help. Whatever is
slow to import is imported inside the functions, so that ``clerkwork --help`` stays quick.
"""
