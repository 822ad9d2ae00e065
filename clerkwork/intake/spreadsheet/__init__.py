"""Workbooks of orders: from the bytes of an xlsx file to orders and the problems of their cells."""
