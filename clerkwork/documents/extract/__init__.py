"""The fields of a document: orders, receipts, and other label-value pairs."""
