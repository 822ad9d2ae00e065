"""A typed secret is in nothing that is kept: log, fields, text, pictures, traces."""

import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clerkwork import enter_record
from clerkwork.browser.process.host import BrowserHost
from clerkwork.browser.process.login_state import LoginStates
from clerkwork.config.files.targets import load_targets
from clerkwork.config.settings import BrowserSettings
from clerkwork.model.project.targets import Target
from clerkwork.model.secrets import shapes
from clerkwork.testing.portal import Fault, Faults, Portal, RequestKind
from tests import visits
from tests.fixtures_portal import HOME, Visitor, make_order

PASSWORD = "canary/pass word+41"
DESCRIPTION = "canary text 42"


def with_secret_field(portal: Portal) -> Target:
    variables = {"CLERKWORK_PORTAL_URL": portal.url, "CLERKWORK_PORTAL_PASSWORD": PASSWORD}
    target = load_targets(HOME, variables)["portal"]
    described = target.form.model_dump()
    described["lines"]["fields"]["description"]["secret"] = True
    form = type(target.form).model_validate(described)
    return target.model_copy(update={"form": form, "call_timeout_s": 60})


def kept_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return the content of all files in *folder*, packed files unpacked."""
    for file in folder.rglob("*"):
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as packed:
                yield from ((entry, packed.read(entry)) for entry in packed.namelist())
        elif file.is_file():
            yield file.name, file.read_bytes()


@pytest.mark.parametrize("traced", [100, 0])
def test_no_secret_is_in_what_is_kept(tmp_path, traced):
    """Of one order that is entered and one whose answer is lost, everything is searched."""
    first = make_order("PO-1")
    lines = [line.model_copy(update={"description": DESCRIPTION}) for line in first.lines]
    first = first.model_copy(update={"lines": lines})
    settings = BrowserSettings(trace_percent=traced)
    sessions = LoginStates(tmp_path / "sessions", "the key of the test")
    kept = tmp_path / "evidence"
    kept.mkdir()
    with (
        Portal(tmp_path / "portal.db", password=PASSWORD) as portal,
        closing(BrowserHost(settings, kept, root=tmp_path, logins=sessions)) as host,
    ):
        visitor = Visitor(host, with_secret_field(portal), kept)
        visitor(enter_record, first)
        portal.set_faults(Faults(next={RequestKind.SUBMIT: [Fault.LOST_ANSWER]}))
        visitor.fails(enter_record, first.model_copy(update={"number": "PO-2"}))
        stored = [line.description for line in portal.orders()[0].order.lines]
    (tmp_path / "portal.db").unlink()
    state = sessions.get(f"portal: clerk@{portal.url}") or {"cookies": []}
    tokens = [one["value"] for one in state["cookies"] if one["name"] == "portal_session"]
    canaries = {shape for one in (PASSWORD, DESCRIPTION, *tokens) for shape in shapes(one)}
    everything = [*kept_in(tmp_path), ("messages", repr(visitor.messages).encode())]
    found = [(name, one) for name, data in everything for one in canaries if one.encode() in data]
    names = {"fields", "before_submit", "form", "confirmation", "trace", "failure"}
    met = {data["name"] for kind, data in visitor.messages if kind == "evidence"}
    assert (found, names - met, len(tokens)) == ([], set(), 1)
    assert stored == [DESCRIPTION] * len(stored)


@pytest.mark.parametrize(("hidden", "same"), [(True, True), (False, False)])
def test_picture_shows_nothing_of_a_secret(visitor, hidden, same):
    """Pages that differ in nothing but the secret have the same picture, unless it is none."""
    for secret in ("canary-1111", "canary-2222"):
        visitor(visits.picture_of_secret, secret, hidden)
    first, second = (data["sha256"] for kind, data in visitor.messages if kind == "evidence")
    assert (first == second) is same
