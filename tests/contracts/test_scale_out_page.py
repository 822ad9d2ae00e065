"""The files in ``scale-out.md`` are at least what they claim to be."""

import re
from pathlib import Path

import yaml

PAGE = Path(__file__).parent.parent.parent / "docs" / "scale-out.md"


def test_the_compose_file_is_yaml_whose_services_share_one_store():
    """Every worker has the same address, and more time to end than an item is given."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    services = yaml.safe_load(block)["services"]
    workers = [service for name, service in services.items() if name != "db"]
    assert len({service["environment"]["CLERKWORK_STORE__URL"] for service in workers}) == 1
    assert {service["stop_grace_period"] for service in workers} == {"150s"}
