"""Installs Tryton and seeds its database; parts that exist already are kept."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clerkwork.errors import UsageError
from clerkwork.testing.portal.records import CURRENCIES, SUPPLIERS

SERVER = ("trytond==8.0.*", "trytond-purchase==8.0.*", "proteus==8.0.*")
CLIENT = "tryton-sao@8.0.11"
DATABASE = "po"
USER = "clerk"
PASSWORD = "purchase-demo-2026"  # noqa: S105 - of a system that listens on loopback only
PRODUCTS = {
    "TON-05": "Toner cartridge, black",
    "PAP-A3": "Copy paper A3, 80 g/m2",
    "PAP-A4": "Copy paper A4, 80 g/m2",
    "LBL-99": "Labels 99 x 38 mm",
    "BOX-7": "Carton 300 x 200 x 150",
    "VLV-2": "Ball valve 2 in",
    "GSK-2": "Gasket 2 in",
    "PEN-05": "Gel pen 0.5 mm, blue",
    "STP-26": "Staples 26/6",
    "ZX-001": "A4 打印纸 80g",
    "ZX-014": "中性笔 0.5mm 黑色",
    "ZX-120": "文件柜（四门）",
}
_CONFIGURATION = """\
[database]
uri = sqlite://
path = {databases}
[web]
listen = 127.0.0.1:{port}
root = {client}
[attachment]
path = {databases}
[session]
authentications = password
timeout = {session_s}
"""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one Tryton is installed.

    Attributes:
        folder: Holds everything of it; removing it is uninstalling.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Return the interpreter that has Tryton's packages."""
        return self.folder / "venv" / "bin" / "python"

    @property
    def client(self) -> Path:
        """Return the folder of the web client, served by the server."""
        return self.folder / "package"

    @property
    def seeded(self) -> Path:
        """Return the seeded database; a copy of it is a reset."""
        return self.folder / "seeded.sqlite"

    def configure(self, file: Path, databases: Path, *, port: int, session_s: int = 3600) -> None:
        """Write a configuration for a server on *port* whose database is in *databases*."""
        text = _CONFIGURATION.format(
            databases=databases, port=port, client=self.client, session_s=session_s
        )
        file.write_text(text, encoding="utf-8")


def install(place: Place, say: Say) -> None:
    """Install and seed the missing parts in *place*; announce each part before it starts.

    Raises:
        UsageError: npm is missing, or a part could not be installed; the message has the remedy.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    if not (place.folder / "server-installed").exists():
        say("installing the server from PyPI: " + ", ".join(SERVER))
        _run([sys.executable, "-m", "venv", str(place.folder / "venv")], place.folder)
        pip = [str(place.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, *SERVER], place.folder)
        (place.folder / "server-installed").touch()
    if not (place.folder / "client-installed").exists():
        say(f"installing the web client from npm: {CLIENT} (a minute or two)")
        _install_client(place)
        (place.folder / "client-installed").touch()
    if not place.seeded.exists():
        say("creating the database and activating purchase (a minute or two)")
        _seed(place, say)


def _install_client(place: Place) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError(
            "npm is missing; Tryton's web client comes from there. Install it"
            " (apt-get install npm) and run `make tryton` again"
        )
    shutil.rmtree(place.client, ignore_errors=True)
    _run([npm, "pack", "--silent", CLIENT], place.folder)
    (archive,) = place.folder.glob("tryton-sao-*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(place.folder, filter="data")
    archive.unlink()
    _forget_tools(place.client / "package.json")
    options = ("--omit=dev", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund")
    _run([npm, "install", *options, "--loglevel=error"], place.client)


def _forget_tools(file: Path) -> None:
    """Remove the development dependencies from *file*, because npm would resolve them as well."""
    said = json.loads(file.read_text(encoding="utf-8"))
    said.pop("devDependencies", None)
    file.write_text(json.dumps(said, indent=2), encoding="utf-8")


def _seed(place: Place, say: Say) -> None:
    making = place.folder / "making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    database = making / f"{DATABASE}.sqlite"
    database.touch()  # Tryton accepts only a database whose file exists
    configuration = making / "trytond.conf"
    place.configure(configuration, making, port=0)
    secret = making / "admin"
    secret.write_text(PASSWORD, encoding="utf-8")
    admin = [str(place.python.with_name("trytond-admin")), "-c", str(configuration)]
    options = (
        "-d",
        DATABASE,
        "-u",
        "purchase",
        "--activate-dependencies",
        "--email",
        "admin@example.org",
    )
    _run([*admin, *options], making, {"TRYTONPASSFILE": str(secret)})
    say("seeding: company, accounts, suppliers, products, user")
    wanted = {
        "user": USER,
        "password": PASSWORD,
        "suppliers": SUPPLIERS,
        "currencies": CURRENCIES,
        "products": PRODUCTS,
    }
    script = Path(__file__).with_name("seed.py")
    _run([str(place.python), str(script), str(configuration)], making, said=json.dumps(wanted))
    database.replace(place.seeded)
    shutil.rmtree(making)


def _run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, said: str = ""
) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        shown = " ".join(command[:4])
        raise UsageError(
            f"`{shown} ...` failed: {last}. Is the package index reachable? Then run"
            " `make tryton` again; what is installed already stays"
        )
