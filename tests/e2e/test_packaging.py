"""The wheel, built and installed elsewhere: what a user gets is what the tests have seen."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def command(*arguments: object, folder: Path, **environment: str) -> str:
    """Run a program away from this checkout and return what it printed."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release is, but from what is installed: no network."""
    pytest.importorskip("hatchling", reason="needs the dev extra: pip install -e '.[dev]'")
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out]
    command(*build, ROOT, folder=out)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel; its dependencies are those of this one, by path."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    command(sys.executable, "-m", "venv", "--without-pip", home, folder=wheel.parent)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    command(*pip, "--quiet", wheel, folder=wheel.parent)
    paths = {"base": str(home), "platbase": str(home)}
    here, there = sysconfig.get_path("purelib"), Path(sysconfig.get_path("purelib", vars=paths))
    (there / "dependencies.pth").write_text(here + "\n")
    return home / "bin"


def test_the_wheel_holds_all_its_data(wheel: Path):
    """Templates, styles, catalogues, migrations and the scaffold are in the wheel with the code."""
    package = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "clerkwork").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert package - set(zipfile.ZipFile(wheel).namelist()) == set()
    kinds = {Path(name).suffix for name in package}
    assert {".py", ".html", ".css", ".js", ".po", ".mako", ".yaml", ".json"} - kinds == set()


def test_the_wheel_holds_nothing_else(wheel: Path):
    """Tests, bots, samples and caches of this checkout stay out of it."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0].partition("-")[0] for name in names}
    caches = [name for name in names if "__pycache__" in name or name.endswith(".db")]
    assert (tops, caches) == ({"clerkwork"}, [])


def test_the_installed_package_is_the_wheel_s(elsewhere: Path, tmp_path):
    """What runs below is the wheel and not this checkout."""
    where = command(
        elsewhere / "python", "-c", "import clerkwork; print(clerkwork.__file__)", folder=tmp_path
    )
    assert where.startswith(str(elsewhere.parent))


def test_the_help_lists_the_commands(elsewhere: Path, tmp_path):
    """The program is there and knows its commands."""
    said = command(elsewhere / "clerkwork", "--help", folder=tmp_path)
    assert [name for name in ("dev", "new", "queue") if f" {name} " not in said] == []


def test_a_new_project_works_without_changes(elsewhere: Path, tmp_path):
    """Its tests pass, `check` finds nothing, its bot does an item, and the console starts."""
    program = elsewhere / "clerkwork"
    command(program, "new", "demo", folder=tmp_path)
    demo = tmp_path / "demo"
    tested = command(elsewhere / "python", "-m", "pytest", "-q", folder=demo)
    checked = command(program, "check", folder=demo)
    payload = '{"number": "E-1", "purpose": "Train", "amount": 42.5}'
    done = command(program, "run", "expenses", payload, "--json", folder=demo)
    assert ("3 passed" in tested, checked, '"outcome": "by_bot"' in done) == (
        True,
        "No problems found.\n",
        True,
    )
