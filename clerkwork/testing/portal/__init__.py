"""A purchasing portal to enter orders into: the target of the tests and of the demo.

A small web application of the kind that offices use: login, search, supplier list with type-ahead,
order form with a line grid, confirmation. It keeps its own database and breaks on demand, by a
seeded schedule: slow, failing, losing answers after it stored the order, ending sessions.
"""

from clerkwork.testing.portal.faults import Fault, Faults, RequestKind
from clerkwork.testing.portal.process import Portal
from clerkwork.testing.portal.records import SUPPLIERS, EnteredOrder

__all__ = ["SUPPLIERS", "EnteredOrder", "Fault", "Faults", "Portal", "RequestKind"]
