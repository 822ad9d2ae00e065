"""The commands: each module is one command with the name of the module.

A module contains either ``command``, a function, or ``commands``, a ``typer.Typer`` with
subcommands; ``panel``, its group in the help; and ``aliases``, the old names of a renamed command,
if there are any. The first line of its docstring is the entry in the help. Slow imports are inside
the functions, so that ``clerkwork --help`` stays fast.
"""
