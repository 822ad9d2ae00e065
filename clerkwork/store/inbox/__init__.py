"""Input from outside: deliveries, mails left in a mailbox, and batches that are being staged."""
