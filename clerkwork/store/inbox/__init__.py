"""What came in from outside: deliveries, mails left in a mailbox, batches not yet complete."""
