"""One module per engine; ``documents.ocr.contract`` says what a module has to bring."""
