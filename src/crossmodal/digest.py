"""Digests of source code: an edit reruns exactly what it can affect.

Snakemake compares rule parameters between runs. Each rule carries the digest of the definitions
(functions, classes, constants) that its command can reach, followed by name from module to module,
and of the data files beside a module that such a definition names ("words.yaml").
Comments, docstrings, layout and type hints of functions do not count, nor do modules that compute
nothing (`WITHOUT_EFFECT`).
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crossmodal.files import atomic_path, sha256_of

SOURCE = Path(__file__).resolve().parents[1]
PACKAGES = ("crossmodal", "crossmodal_standins")
WITHOUT_EFFECT = frozenset(
    f"crossmodal.{name}" for name in ("errors", "gpu_lock", "progress", "signals")
)
"""They report, wait and stop; no number passes through them."""

CACHE = Path(".snakemake/crossmodal-source.json")
"""What was found in source files, by the digest of their bytes: it can be deleted, never wrong."""

DATA_FILE = re.compile(r"[\w-]+\.(csv|txt|yaml)")

_new: set[str] = set()
"""Of these files, what this process read itself."""

ALWAYS = ""
"""Name of what runs when a module is imported: statements that define nothing."""


@dataclass
class Definition:
    """A part of a module.

    Attributes:
        uses: Names it looks up, or `name.attribute`.
        imports: Name -> `module` or `module:name` of imports inside it.
        files: Names of files that it may read beside its module.
    """

    digest: str = ""
    uses: list[str] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


@dataclass
class Module:
    """What a source file defines and imports."""

    definitions: dict[str, Definition]
    imports: dict[str, str]


@functools.cache
def source_digest(*entries: str) -> str:
    """Digest some entries and everything of this project that they can reach.

    Args:
        entries: Modules ("crossmodal.papers.hashing.figures"), or definitions of one
            ("crossmodal.papers.hashing.train:train").

    Returns:
        16 hexadecimal digits.

    Raises:
        ValueError: An entry names no module or definition of the project.
    """
    for entry in entries:
        module, _, name = entry.partition(":")
        if _path(module) is None or (name and name not in _module(module).definitions):
            raise ValueError(f"{entry} is no module or definition of the project")
    waiting, reached = list(entries), set[str]()
    while waiting:
        entry = waiting.pop()
        if entry not in reached:
            reached.add(entry)
            waiting += _reachable(entry)
    parts = [f"{entry} {_digest(entry)}" for entry in sorted(reached)]
    _save()
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _digest(entry: str) -> str:
    module, _, name = entry.partition(":")
    found = _module(module).definitions.get(name, Definition())
    path = _path(module)
    beside = [path.with_name(file) for file in found.files] if path else []
    return found.digest + "".join(sha256_of(file) for file in beside if file.is_file())


def _reachable(entry: str) -> Iterator[str]:
    """Yield the entries that one looks up."""
    module, colon, name = entry.partition(":")
    found = _module(module)
    if not colon:
        yield from (f"{module}:{name}" for name in found.definitions)
        return
    yield f"{module}:{ALWAYS}"
    if name in found.imports and name not in found.definitions:  # handed on by an import
        yield from _target(found.imports[name], "")
    definition = found.definitions.get(name, Definition())
    imports = found.imports | definition.imports
    yield from (entry for target in definition.imports.values() for entry in _target(target, None))
    for used in definition.uses:
        base, _, attribute = used.partition(".")
        if base in found.definitions and base not in definition.imports:
            yield f"{module}:{base}"
        elif base in imports:
            yield from _target(imports[base], attribute)


def _target(target: str, attribute: str | None) -> Iterator[str]:
    """Yield what an imported name stands for; with no attribute of a module: all of it."""
    module, colon, name = target.partition(":")
    if colon and _path(f"{module}.{name}") is not None:
        module, colon = f"{module}.{name}", ""
    if _path(module) is None or module in WITHOUT_EFFECT:
        return
    if attribute is None:
        yield f"{module}:{ALWAYS}"
    elif colon:
        yield f"{module}:{name}"
    else:
        known = _module(module)
        named = attribute and (attribute in known.definitions or attribute in known.imports)
        yield module if not named else f"{module}:{attribute}"


@functools.cache
def _path(module: str) -> Path | None:
    """Return the file of a module of this project, or None."""
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return None
    base = SOURCE.joinpath(*parts)
    found = (path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file())
    return next(found, None)


@functools.cache
def _module(name: str) -> Module:
    path = _path(name)
    if path is None:
        raise ValueError(f"{name} is no module of the project")
    source = path.read_bytes()
    key = hashlib.sha256(source).hexdigest()
    if key not in _known():
        _known()[key] = asdict(_parse(source))
        _new.add(key)
    kept = _known()[key]
    definitions = {name: Definition(**found) for name, found in kept["definitions"].items()}
    return Module(definitions, kept["imports"])


@functools.cache
def _known() -> dict[str, Any]:
    with suppress(OSError, ValueError):
        kept = json.loads(CACHE.read_text(encoding="utf-8"))
        if isinstance(kept, dict) and kept.pop("format", None) == _format():
            return kept
    return {}


def _format() -> str:
    """Return what decides how files are read here."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _save() -> None:
    if _new and CACHE.parent.is_dir():
        with suppress(OSError), atomic_path(CACHE) as temporary:
            temporary.write_text(json.dumps({"format": _format(), **_known()}), encoding="utf-8")
    _new.clear()


def _parse(source: bytes) -> Module:
    definitions: dict[str, Definition] = {}
    imports: dict[str, str] = {}
    loose: list[ast.stmt] = []
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports |= _imported(statement)
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            for inner in statement.body:
                imports |= _imported(inner)
        elif names := _defined(statement):
            found = _definition([statement])
            for name in names:
                again = name in definitions
                definitions[name] = _joined(definitions[name], found) if again else found
        elif not _is_text(statement):
            loose.append(statement)
    if loose:
        definitions[ALWAYS] = _definition(loose)
    return Module(definitions, imports)


def _joined(first: Definition, second: Definition) -> Definition:
    """Return one definition for a name that is given twice."""
    uses, files = sorted({*first.uses, *second.uses}), sorted({*first.files, *second.files})
    return Definition(first.digest + second.digest, uses, first.imports | second.imports, files)


def _defined(statement: ast.stmt) -> list[str]:
    """Return the names that a statement gives a meaning to."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    leaves = [leaf for target in targets for leaf in getattr(target, "elts", [target])]
    return [leaf.id for leaf in leaves if isinstance(leaf, ast.Name)]


def _imported(statement: ast.stmt) -> dict[str, str]:
    """Return name -> what an import binds it to."""
    if isinstance(statement, ast.ImportFrom) and statement.module and statement.level == 0:
        named = statement.names
        return {alias.asname or alias.name: f"{statement.module}:{alias.name}" for alias in named}
    if isinstance(statement, ast.Import):
        return {alias.asname or alias.name.split(".")[0]: alias.name for alias in statement.names}
    return {}


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _definition(statements: list[ast.stmt]) -> Definition:
    found = _Reader()
    trees = [ast.dump(found.visit(statement)) for statement in statements]
    digest = hashlib.sha256("\n".join(trees).encode()).hexdigest()[:16]
    return Definition(digest, sorted(found.uses), found.imports, sorted(found.files))


class _Reader(ast.NodeTransformer):
    """Takes out docstrings and hints of functions, and notes what names are looked up."""

    def __init__(self) -> None:
        self.uses: set[str] = set()
        self.imports: dict[str, str] = {}
        self.files: set[str] = set()
        self.functions = 0

    def visit_FunctionDef(self, node: Any) -> Any:
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        self.functions += 1
        found = self.visit_ClassDef(node)
        self.functions -= 1
        return found

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: Any) -> Any:
        node.body = [inner for inner in node.body if not _is_text(inner)] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if self.functions:  # of a class it may decide, as in a settings model
            node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Import(self, node: Any) -> Any:
        self.imports |= _imported(node)
        return node

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, str) and DATA_FILE.fullmatch(node.value):
            self.files.add(node.value)
        return node

    def visit_Name(self, node: ast.Name) -> Any:
        self.uses.add(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name):
            self.uses.add(f"{node.value.id}.{node.attr}")
            return node
        return self.generic_visit(node)
