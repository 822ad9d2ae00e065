"""What every worker does each moment: heartbeat, takeover, due items, repairs."""
