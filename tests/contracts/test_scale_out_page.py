"""The files in ``scale-out.md`` are at least what they claim to be."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from clerkwork.cli.stopping import BEYOND_DRAIN_S
from clerkwork.config.settings import WorkerSettings

PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "scale-out.md"


def test_the_compose_file_is_yaml_whose_services_share_one_store():
    """Every worker has the same address, and more time to end than an item is given."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    services = yaml.safe_load(block)["services"]
    workers = [service for name, service in services.items() if name != "db"]
    assert len({service["environment"]["CLERKWORK_STORE__URL"] for service in workers}) == 1
    assert {service["stop_grace_period"] for service in workers} == {"150s"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_units_are_accepted_by_systemd(tmp_path):
    """Each restarts for ever; only the program is not where it is on the host."""
    units = re.findall(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for name, unit in zip(("clerkwork-work@erp", "clerkwork-console"), units, strict=True):
        program = "/srv/clerkwork/.venv/bin/clerkwork"
        (tmp_path / f"{name}.service").write_text(unit.replace(program, "/bin/true"), "utf-8")
    files = sorted(map(str, tmp_path.iterdir()))
    said = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False
    )
    ours = [line for line in said.stderr.splitlines() if "clerkwork" in line]
    assert (ours, ["Restart=always" in unit for unit in units]) == ([], [True, True])


def test_service_managers_wait_longer_than_a_worker_takes_to_end():
    """Both systemd's timeout and that of Compose are above ``drain_s`` and the end after it."""
    page = PAGE.read_text("utf-8")
    limits = re.findall(r"clerkwork work .*?TimeoutStopSec=(\d+)", page, re.DOTALL)
    limits += re.findall(r"stop_grace_period: (\d+)", page)
    longest_s = WorkerSettings().drain_s + BEYOND_DRAIN_S
    assert (len(limits) > 1, min(map(int, limits)) > longest_s) == (True, True)
