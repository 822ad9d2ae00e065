"""A real ERP to enter orders into: Tryton 8.0 with its web client, in a separate folder.

Nothing of it is imported by the toolkit: it has its own virtual environment and runs as a process.
"""

from clerkwork.testing.tryton.install import Place
from clerkwork.testing.tryton.process import Tryton

__all__ = ["Place", "Tryton"]
