"""Where things are on a page: columns, tables, labels and their values."""
