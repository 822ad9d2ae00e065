"""A file and its pages: format, text layer, images."""
