"""Where work comes from: a folder, a mailbox, a webhook."""
