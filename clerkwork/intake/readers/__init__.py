"""How a file becomes rows: workbooks, their cells, and archives."""
