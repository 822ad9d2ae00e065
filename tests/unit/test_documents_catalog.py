"""The Chinese catalogues of documents and of the form extraction bot."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent.parent
CATALOGS = {
    "clerkwork/documents/zh.po": [
        "clerkwork/documents/confidence/master_data.py",
        "clerkwork/documents/confidence/template_rules.py",
        "clerkwork/documents/extract/agreement.py",
        "clerkwork/documents/extract/arithmetic.py",
        "clerkwork/documents/extract/receipt_total.py",
        "clerkwork/documents/kinds/purchase_order.py",
        "clerkwork/documents/kinds/receipt.py",
        "clerkwork/documents/proofs.py",
        "clerkwork/documents/ocr/recognize.py",
    ],
    "bots/form_extraction/zh.po": ["bots/form_extraction/bot.py"],
}


def sentences(file: Path) -> set[str]:
    """Return the sentences in a module that are no docstrings."""
    tree = ast.parse(file.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, documented)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    words = {text for text in texts if isinstance(text, str) and text not in docs}
    return {text for text in words if re.fullmatch(r"[A-Z{][^\n]* [^\n]*\.", text)}


@pytest.mark.parametrize("catalog", CATALOGS)
def test_every_sentence_has_its_translation_with_the_same_facts(catalog: str) -> None:
    """What a person reads in the console exists in both languages."""
    with (ROOT / catalog).open("rb") as stream:
        translated = {str(entry.id): str(entry.string) for entry in read_po(stream) if entry.id}
    wanted = set().union(*(sentences(ROOT / file) for file in CATALOGS[catalog]))
    assert wanted - set(translated) == set()
    facts = re.compile(r"\{\w+\}")
    odd = [
        key
        for key, text in translated.items()
        if set(facts.findall(key)) != set(facts.findall(text))
    ]
    assert odd == []
