"""Fingerprints of the fields of each target: the accepted ones, and proposals for new ones.

Accepted fingerprints are in ``config/targets/<target>/fingerprints.yaml`` and are reviewed like any
configuration. When a field no longer matches its accepted fingerprint, its new one is proposed in
``var/heals/<target>.yaml`` until a person accepts or refuses it.
"""

import fcntl
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from clerkwork.errors import ConfigError, UsageError
from clerkwork.model.project.locators import Fingerprint
from clerkwork.model.strict import Strict

HEAD = "# The accepted fingerprint of each field; updated by `clerkwork heal accept`.\n"


class FingerprintProposal(Strict):
    """A new fingerprint for a field that does not match the accepted one, or has none."""

    was: Fingerprint | None = Field(None, description="The accepted fingerprint; None at first.")
    now: Fingerprint = Field(description="The current fingerprint.")
    score: float = Field(0.0, description="Total match score of the field.")
    times: int = Field(1, description="Number of times that this fingerprint was found.")

    @property
    def changes(self) -> list[str]:
        """Return the differences as ``- name: old`` and ``+ name: new`` lines."""
        before = {} if self.was is None else _facts(self.was)
        after = _facts(self.now)
        lines = []
        for name in dict.fromkeys([*before, *after]):
            if before.get(name) != after.get(name):
                lines += [f"- {name}: {before[name]}"] if name in before else []
                lines += [f"+ {name}: {after[name]}"] if name in after else []
        return lines


M = TypeVar("M", Fingerprint, FingerprintProposal)
_PRINTS = TypeAdapter(dict[str, Fingerprint])
_PROPOSALS = TypeAdapter(dict[str, FingerprintProposal])


class FingerprintStore:
    """The accepted and proposed fingerprints of a project's targets, kept in YAML files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._proposed: set[tuple[str, str, str]] = set()

    def accepted(self, target: str) -> dict[str, Fingerprint]:
        """Return the accepted fingerprints of *target* by field label.

        Raises:
            ConfigError: The file cannot be read, or has an invalid entry.
        """
        return _read(_PRINTS, self._accepted_file(target), self._root)

    def proposals(self) -> dict[tuple[str, str], FingerprintProposal]:
        """Return every proposal by its target and field label."""
        found: dict[tuple[str, str], FingerprintProposal] = {}
        for file in sorted((self._root / "var" / "heals").glob("*.yaml")):
            for words, proposal in _read(_PROPOSALS, file, self._root).items():
                found[file.stem, words] = proposal
        return found

    def propose(self, target: str, words: str, proposal: FingerprintProposal) -> None:
        """Save *proposal*; an equal one only raises its count, once for each process."""
        key = (target, words, proposal.now.model_dump_json())
        if key in self._proposed:
            return
        self._proposed.add(key)

        def add(known: dict[str, FingerprintProposal]) -> None:
            old = known.get(words)
            times = old.times + 1 if old is not None and old.now == proposal.now else 1
            known[words] = proposal.model_copy(update={"times": times})

        _change(_PROPOSALS, self._proposal_file(target), self._root, add)

    def accept(self, target: str, words: str) -> FingerprintProposal:
        """Accept the proposed fingerprint and remove the proposal.

        Raises:
            UsageError: There is no such proposal.
        """
        proposal = self._named(target, words)

        def put(known: dict[str, Fingerprint]) -> None:
            known[words] = proposal.now

        _change(_PRINTS, self._accepted_file(target), self._root, put)
        return self.refuse(target, words)

    def refuse(self, target: str, words: str) -> FingerprintProposal:
        """Remove the proposal; it is proposed again when the field is next found that way.

        Raises:
            UsageError: There is no such proposal.
        """
        proposal = self._named(target, words)

        def take(known: dict[str, FingerprintProposal]) -> None:
            known.pop(words, None)

        _change(_PROPOSALS, self._proposal_file(target), self._root, take)
        return proposal

    def slow(self, target: str) -> frozenset[str]:
        """Return the names of item values that *target* accepts only one field at a time."""
        try:
            return frozenset(self._slow_file(target).read_text(encoding="utf-8").split())
        except FileNotFoundError:
            return frozenset()

    def learn_slow(self, target: str, names: Sequence[str]) -> None:
        """Save the names of item values that *target* accepts only one field at a time."""
        file = self._slow_file(target)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text("\n".join(names) + "\n", encoding="utf-8")
        part.replace(file)

    def _slow_file(self, target: str) -> Path:
        return self._root / "var" / "slow_fields" / f"{target}.txt"

    def _named(self, target: str, words: str) -> FingerprintProposal:
        proposals = self.proposals()
        if (target, words) not in proposals:
            known = ", ".join(f"{one} {two!r}" for one, two in proposals) or "none"
            raise UsageError(f"no proposal for {words!r} of {target}; known proposals: {known}")
        return proposals[target, words]

    def _accepted_file(self, target: str) -> Path:
        return self._root / "config" / "targets" / target / "fingerprints.yaml"

    def _proposal_file(self, target: str) -> Path:
        return self._root / "var" / "heals" / f"{target}.yaml"


def _facts(seen: Fingerprint) -> dict[str, str]:
    """Return the fingerprint as flat texts, without the names of the other fields."""
    found: dict[str, str] = {}
    for name, value in seen.model_dump(exclude_defaults=True, exclude={"others"}).items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": str(text) for key, text in value.items()}
        else:
            found[name] = ", ".join(value) if isinstance(value, list) else str(value)
    return found


def _read(adapter: TypeAdapter[dict[str, M]], file: Path, root: Path) -> dict[str, M]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        return adapter.validate_python(data or {})
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(str(file.relative_to(root)), f"`{where}`: {first['msg']}") from None
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise ConfigError(str(file.relative_to(root)), f"cannot be read: {problem}") from None


def _change(
    adapter: TypeAdapter[dict[str, M]],
    file: Path,
    root: Path,
    change: Callable[[dict[str, M]], None],
) -> None:
    """Change *file* under a lock, and replace it in one step so that no reader sees half of it."""
    locks = root / "var" / "heals"
    locks.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(locks / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        known = _read(adapter, file, root)
        change(known)
        data = adapter.dump_python(known, mode="json", exclude_defaults=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100)
        part = file.with_suffix(".part")
        head = HEAD if file.parent != locks else ""
        part.write_text(head + text, encoding="utf-8")
        part.replace(file)
    finally:
        os.close(descriptor)
