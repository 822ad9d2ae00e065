"""The periodic work of every worker: heartbeat, takeover, due items, repairs."""
