"""List document templates; draft one, or test them on documents with known values."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import UsageError

if TYPE_CHECKING:
    from clerkwork.documents.template_draft import FieldScore

commands = listing_group(__doc__)
panel = Panel.SET_UP
SUFFIXES = {".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}
COLUMNS = ("name", "kind", "asks_for", "fields", "shipped")
SCORES = ("template", "field", "known", "found", "right", "passed", "passed_right")


@commands.command("ls")
def list_templates(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the templates of the project and the ones shipped with Clerkwork."""
    from clerkwork.config.files.templates import FOLDER, load_templates

    root = project.find_root(context)
    rows = [
        {
            "name": name,
            "kind": template.kind,
            "asks_for": f"{template.match.at_least} of {len(template.match.any)} phrases",
            "fields": ", ".join(template.fields),
            "shipped": "no" if (root / FOLDER / f"{name}.yaml").exists() else "yes",
        }
        for name, template in sorted(load_templates(root).items())
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="There are no templates.")


@commands.command("new")
def new(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A document to draft from.", exists=True)],
    name: Annotated[
        str, typer.Option(help="The template's name. Default: the name of the file.")
    ] = "",
) -> None:
    """Draft a template in config/templates/ from a document, for you to complete."""
    import re

    from clerkwork.config.files.templates import FOLDER
    from clerkwork.documents.template_draft import drafted, written

    with project.opened_app(context) as app:
        reader = app.reader()
        try:
            read = reader.read(file, file.name)
        finally:
            reader.close()
        stem = re.sub(r"[^a-z0-9]+", "_", (name or file.stem).lower()).strip("_")
        stem = stem if stem[:1].isalpha() else f"template_{stem}"
        target = app.root / FOLDER / f"{stem[:40]}.yaml"
        if target.exists():
            raise UsageError(f"{target} already exists; remove it or choose another --name")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(written(drafted(read, target.stem)), "utf-8")
        typer.echo(
            f"Wrote {target.relative_to(app.root)}. Complete it, then run `clerkwork template test`"
        )


@commands.command("test")
def try_out(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Documents, each with a JSON file of its values next to it.")
    ],
    as_json: output.JsonOption = False,
) -> None:
    """Read the documents of a folder; count the found, correct and passing values per field."""
    from clerkwork.documents.template_draft import scores

    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in SUFFIXES)
    labelled = [(file, file.with_suffix(".json")) for file in files]
    labelled = [(file, answers) for file, answers in labelled if answers.is_file()]
    if not labelled:
        raise UsageError(
            f"{folder} contains no document with a JSON file of its values; write order.json next "
            'to order.pdf, such as {"number": "PO-1", "total": "9.50"}'
        )
    with project.opened_app(context) as app:
        reader = app.reader()
        try:
            found = scores(reader, labelled)
        finally:
            reader.close()
    rows = [_row(score) for score in found]
    output.print_rows(rows, SCORES, as_json=as_json, empty="No field has a known value.")


def _row(score: "FieldScore") -> dict[str, Any]:
    return {name: getattr(score, name) for name in SCORES}
