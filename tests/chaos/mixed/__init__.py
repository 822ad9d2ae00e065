"""The mixed part of the campaign: many workflows, senders and people at work while faults come."""
