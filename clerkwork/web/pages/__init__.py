"""The console's pages: each module here is one page, with a template of the same name.

A module exports ``router`` (its addresses) and ``NAV`` (its entry in the navigation, or None).
"""
