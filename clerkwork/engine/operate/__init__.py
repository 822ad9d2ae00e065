"""What operators do: cancel, edit, requeue, delete old records, go on after a restore."""
