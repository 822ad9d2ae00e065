"""Finds extensions: a module in a folder is one, in the toolkit and in a project.

There is no registration: a new file in the folder is found. A project has bots
in ``bots/`` and other extensions in ``extensions/``.
"""

import importlib
import pkgutil
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from clerkwork.errors import ConfigError
from clerkwork.model.bots import Bot

PACKAGE = "bots"
EXTENSIONS = "extensions"
HOMES = ("clerkwork", PACKAGE, EXTENSIONS)
OWN = Path(__file__).parent


def modules_in(package: types.ModuleType) -> list[types.ModuleType]:
    """Return the modules of one of the toolkit's extension folders, by name.

    A module whose name begins with an underscore is no extension.
    """
    return [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith("_")
    ]


def load_bots(root: Path) -> dict[str, Bot]:
    """Return the bots of the project in *root* by name.

    Raises:
        ConfigError: The first problem found; names the file and its line.
    """
    bots, problems = find_bots(root)
    if problems:
        raise problems[0]
    return bots


def find_bots(root: Path) -> tuple[dict[str, Bot], list[ConfigError]]:
    """Return the bots that can be loaded, and the problems of the others."""
    root = root.resolve()
    _pin(root, PACKAGE)
    bots: dict[str, Bot] = {}
    problems: list[ConfigError] = []
    for name, file in _extensions(root / PACKAGE):
        try:
            found = _bots_of(name, file)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may raise anything
            problems.append(_import_problem(error, file, root, PACKAGE))
            continue
        problems += [_twice(bots[bot.name], bot, root) for bot in found if bot.name in bots]
        bots = {bot.name: bot for bot in found} | bots
    return bots, problems


def project_modules(root: Path, part: str) -> tuple[list[types.ModuleType], list[ConfigError]]:
    """Return the modules of ``extensions/<part>/`` in the project, and what is wrong with others.

    Args:
        root: The project's folder.
        part: The kind of extension, such as ``sources``.
    """
    root = root.resolve()
    if not (root / EXTENSIONS / part).is_dir():
        return [], []
    _pin(root, EXTENSIONS)
    modules: list[types.ModuleType] = []
    problems: list[ConfigError] = []
    for name, file in _extensions(root / EXTENSIONS / part):
        try:
            modules.append(importlib.import_module(f"{EXTENSIONS}.{part}.{name}"))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may raise anything
            problems.append(_import_problem(error, file, root, EXTENSIONS))
    return modules, problems


def load_model(dotted: str) -> type[BaseModel]:
    """Return the pydantic model with this dotted name, such as ``bots.invoices.Invoice``.

    Raises:
        ConfigError: There is none, or its module is neither loaded already nor part of the toolkit
            or a bot: a name from the store must not make us import foreign code.
    """
    found = _named(dotted)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise ConfigError(dotted, "is not a pydantic model; was it renamed or removed?")
    return found


def load_function(dotted: str) -> Callable[..., Any]:
    """Return the function with this dotted name, such as ``bots.invoices.pages.find``.

    Raises:
        ConfigError: As ``load_model``.
    """
    found = _named(dotted)
    if not callable(found):
        raise ConfigError(dotted, "is not a function; was it renamed or removed?")
    function: Callable[..., Any] = found
    return function


def dotted_name(named: type[BaseModel] | Callable[..., Any]) -> str:
    """Return the name by which ``load_model`` or ``load_function`` finds *named* again."""
    return f"{named.__module__}.{named.__qualname__}"


def _named(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    if module not in sys.modules and module.split(".")[0] not in HOMES:
        raise ConfigError(dotted, "belongs neither to the toolkit nor to bots/ or extensions/")
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise ConfigError(dotted, f"cannot be imported: {error}; is its bot still there?") from None


def catalog_files(root: Path) -> list[Path]:
    """Return the Chinese catalogues of the toolkit and of the extensions of the project *root*."""
    own = [*(root / PACKAGE).glob("*/zh.po"), *(root / EXTENSIONS).rglob("zh.po")]
    return [*sorted(OWN.rglob("zh.po")), *sorted(own)]


def _extensions(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(("_", ".")) or not path.stem.isidentifier():
            continue
        if path.is_file() and path.suffix == ".py":
            yield path.stem, path
        elif path.is_dir() and (path / "__init__.py").exists():
            yield path.name, path / "__init__.py"
        elif path.is_dir() and (path / "bot.py").exists():
            yield path.name, path / "bot.py"


def _bots_of(name: str, file: Path) -> list[Bot]:
    names = [f"{PACKAGE}.{name}"]
    if file.name in ("__init__.py", "bot.py") and (file.parent / "bot.py").exists():
        names.append(f"{PACKAGE}.{name}.bot")
    found: dict[int, Bot] = {}
    for module in names:
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, Bot) and _stands_in(value, names[0]):
                found[id(value)] = value
    return list(found.values())


def _stands_in(bot: Bot, module: str) -> bool:
    """Return whether *bot* is defined in *module* and not imported into it."""
    home = getattr(bot.function, "__module__", "")
    return home == module or home.startswith(module + ".")


def _pin(root: Path, package: str) -> None:
    """Make ``import bots`` mean the project's folder, even if a package *bots* is installed."""
    folder = str(root / package)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))  # child processes inherit this path and import the same bots
    present = sys.modules.get(package)
    if present is not None and list(getattr(present, "__path__", [])) == [folder]:
        importlib.invalidate_caches()
        return
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]
    module = types.ModuleType(package)
    module.__path__ = [folder]
    sys.modules[package] = module
    importlib.invalidate_caches()


def _import_problem(error: BaseException, file: Path, root: Path, package: str) -> ConfigError:
    line = None
    if isinstance(error, SyntaxError) and error.filename:
        file, line = Path(error.filename), error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).is_relative_to(root / package):
                file, line = Path(frame.filename), frame.lineno
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return ConfigError(_relative(file, root), f"cannot be imported, correct it: {said}", line)


def _twice(first: Bot, second: Bot, root: Path) -> ConfigError:
    files = []
    for bot in (first, second):
        code = getattr(bot.function, "__code__", None)
        files.append((getattr(code, "co_filename", "?"), getattr(code, "co_firstlineno", None)))
    there, here = files
    text = f"the bot `{second.name}` is already defined in {_relative(Path(there[0]), root)}; "
    return ConfigError(_relative(Path(here[0]), root), text + "rename one of them", here[1])


def _relative(file: Path, root: Path) -> str:
    return str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
