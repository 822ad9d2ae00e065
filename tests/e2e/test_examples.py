"""The projects in ``examples/`` work as their READMEs say."""

import shutil
from pathlib import Path

from tests.fixtures_cli import Shell
from tests.fixtures_project import until

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_the_small_order_is_approved_and_the_large_one_waits_for_a_person(tmp_path):
    """The workbook's first order is done by the bot; the second one is in review."""
    shell = Shell(Path(shutil.copytree(EXAMPLES / "order_approval", tmp_path / "project")))
    shell("submit", "order_approval", shell.root / "orders.xlsx")
    wanted = {"PO-1": "done", "PO-2": "in_review"}

    def at_rest() -> bool:
        rows = shell("items", "--json").data
        return {row["reference"]: row["state"] for row in rows} == wanted

    with shell.started("work"):
        assert until(at_rest, f"items are {wanted}")
