"""The one place where candidates and proofs become fields with a confidence and a decision.

No value passes on an engine's confidence. An amount passes when the sums agree, words of a
text layer when a label or a column names them, words of a scan when independent readings agree.
Everything else goes to a person.
"""

from clerkwork.documents.confidence import master_data, template_rules
from clerkwork.documents.confidence.rule_input import Rule, RuleInput
from clerkwork.documents.confidence.weigh import weigh
from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.documents.proofs import FieldProof
from clerkwork.model.documents.decision import decided
from clerkwork.model.documents.extraction import FieldEvidence
from clerkwork.model.documents.master_data import Master

RULES: tuple[Rule, ...] = (  # a rule sees the fields as the rules before it leave them
    master_data.supplier_proofs,
    master_data.address_proofs,
    master_data.order_proofs,
    master_data.product_proofs,
    template_rules.field_proofs,
    template_rules.cell_proofs,
    template_rules.check_proofs,
    template_rules.line_count_proofs,
)


def decide(
    extracted: Extracted, document: ReadDocument, master: Master, least: float
) -> list[FieldEvidence]:
    """Return the fields of a document in the order of the form, each decided once.

    Args:
        extracted: The candidates of the document's kind.
        document: The document with its template.
        master: What the business knows.
        least: The probability from which on a field passes.
    """
    ratios = [page.ratio for page in document.pages]
    proofs: list[FieldProof] = []
    for rule in RULES:
        proofs += rule(
            RuleInput(
                fields=weigh(extracted.candidates, proofs, ratios=ratios, least=least),
                document=document,
                least=least,
                master=master,
                supplier_rows=extracted.supplier_rows,
            )
        )
    fields = weigh(extracted.candidates, proofs, ratios=ratios, least=least)
    return [decided(field, least) for field in fields.values()]
