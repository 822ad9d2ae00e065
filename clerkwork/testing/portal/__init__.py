"""A purchasing portal to enter orders into: the target of the tests and of the demo.

It is a small web application like those in offices: login, search, supplier list with type-ahead,
order form with a line grid, confirmation. It has its own database. A seeded schedule can make it
slow, fail, lose answers after saving an order, or end sessions.
"""

from clerkwork.testing.portal.faults import Fault, Faults, RequestKind
from clerkwork.testing.portal.process import Portal
from clerkwork.testing.portal.records import SUPPLIERS, EnteredOrder

__all__ = ["SUPPLIERS", "EnteredOrder", "Fault", "Faults", "Portal", "RequestKind"]
