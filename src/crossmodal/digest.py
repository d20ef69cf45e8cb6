"""Digests of source code: an edit reruns exactly what it affects, and nothing more.

Snakemake compares rule parameters between runs. Each rule carries the digest of the modules that
its command executes, so that editing a module reruns the rules that (transitively) import it.
Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from pathlib import Path

PACKAGE = "crossmodal"
SOURCE = Path(__file__).resolve().parent


@functools.cache
def source_digest(*entries: str) -> str:
    """Digest the syntax trees of modules and of all modules of the package they import.

    Args:
        entries: Module names ("crossmodal.papers.hashing.train"), or one function of a module
            ("crossmodal.cli:download"): then only that function and what it imports count.

    Returns:
        16 hexadecimal digits.

    Raises:
        ValueError: An entry names no module or function of the package.
    """
    own = [_entry_tree(entry) for entry in entries]
    waiting = [
        name
        for entry, tree in zip(entries, own, strict=True)
        for name in (_imports(tree) if ":" in entry else _module_imports(entry))
    ]
    modules = {entry for entry in entries if ":" not in entry}
    while waiting:
        name = waiting.pop()
        if name not in modules:
            modules.add(name)
            waiting += _module_imports(name)
    parts = [ast.dump(tree) for tree in own]
    parts += [f"{name} {_module_dump(name)}" for name in sorted(modules)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _entry_tree(entry: str) -> ast.AST:
    module, _, function = entry.partition(":")
    tree = _module_tree(module)
    if not function:
        return tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return node
    raise ValueError(f"{module} has no function {function}")


def _path(module: str) -> Path | None:
    """Return the file of a module of this package, or None."""
    base = SOURCE.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@functools.cache
def _module_tree(module: str) -> ast.Module:
    path = _path(module)
    if path is None:
        raise ValueError(f"{module} is no module of {PACKAGE}")
    return _without_docstrings(ast.parse(path.read_bytes()))


@functools.cache
def _module_imports(module: str) -> list[str]:
    return _imports(_module_tree(module))


@functools.cache
def _module_dump(module: str) -> str:
    return ast.dump(_module_tree(module))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]
    return tree


def _imports(tree: ast.AST) -> list[str]:
    """Return the modules of this package that a syntax tree imports, packages' parents aside."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from package import name`: name may be a module or something inside the package.
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            inside = [name for name in submodules if _is_module(name)]
            names += inside if len(inside) == len(submodules) else [node.module, *inside]
    return [name for name in names if _is_module(name)]


def _is_module(name: str) -> bool:
    return name.split(".")[0] == PACKAGE and _path(name) is not None
