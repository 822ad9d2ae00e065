"""The template of a document, chosen before its fields are extracted; there may be none."""

from collections.abc import Iterable, Sequence

from clerkwork.documents.layout.labels import compact, match_title
from clerkwork.documents.tokens import PageWords, rows_of, text_of
from clerkwork.model.project.document_templates import Template


def template_of(pages: Sequence[PageWords], templates: Iterable[Template]) -> Template | None:
    """Return the template with the most matching phrases, or None when none has enough.

    A phrase that is a part of another matching one does not count. A general template is chosen
    only where no other matches. Of equal ones the title decides, then the longer phrases.
    """
    rows = [compact(text_of(row)) for page in pages for row in rows_of(page)]
    titles = {match_title(row) for row in rows}
    scored = []
    for template in templates:
        found = _whole([phrase for phrase in map(compact, template.match.any) if _in(phrase, rows)])
        barred = any(_in(compact(phrase), rows) for phrase in template.match.none)
        if len(found) >= template.match.at_least and not barred:
            telling = (len(found), template.kind in titles, sum(map(len, found)))
            score = (not template.general, *telling, template.name)
            scored.append((score, template))
    return max(scored, key=lambda each: each[0])[1] if scored else None


def _in(phrase: str, rows: Sequence[str]) -> bool:
    return any(phrase in row for row in rows)


def _whole(phrases: Sequence[str]) -> list[str]:
    """Return the phrases that are not a part of another one."""
    return [
        phrase
        for phrase in phrases
        if not any(phrase in other and phrase != other for other in phrases)
    ]
