"""The plan of the house, held by reading the syntax trees: imports run downwards, each library has one door."""

from __future__ import annotations

import ast
from pathlib import Path

from conftest import REPOSITORY

SOURCE = REPOSITORY / "src" / "govgraph"
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "files", "iris", "languages", "settings", "media", "shipped"}),
    frozenset({"store", "contract"}),
    frozenset({"validation", "catalogue"}),
    frozenset({"access", "history", "search"}),
    frozenset({"change"}),
    frozenset({"gate"}),
    frozenset({"question", "publication", "sheet"}),
    frozenset({"graphql"}),
    frozenset({"web"}),
    frozenset({"cli", "__main__"}),
)
DOORS = {
    "strawberry": {"graphql"},
    "starlette": {"web"},
    "uvicorn": {"cli"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jinja2": {"web"},
    "shacl": {"validation"},
    "pyshacl": {"validation"},
    "jwt": {"access"},
    "icu": {"catalogue"},
    "pyroaring": {"catalogue"},
    "tantivy": {"search"},
}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


MODULES = sorted(
    path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py" and "_shipped" not in path.parts
)


def test_every_room_is_on_a_floor() -> None:
    assert len(MODULES) >= 40
    assert {room(path) for path in MODULES} <= frozenset().union(*FLOORS)


def test_imports_run_downwards() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in MODULES
        for name in imports(path)
        if name.startswith("govgraph.")
        and (above := name.split(".")[1]) != room(path)
        and above != "__version__"
        and floor(above) > floor(room(path))
    ]
    assert not wrong


def test_each_library_has_one_door() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in MODULES
        for name in imports(path)
        if name.split(".")[0] in DOORS and room(path) not in DOORS[name.split(".")[0]]
    ]
    assert not wrong


def test_only_the_store_opens_an_engine() -> None:
    wrong = [
        str(path.relative_to(SOURCE))
        for path in MODULES
        if room(path) != "store"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr == "Store" and getattr(node.value, "id", "") == "pyoxigraph")
    ]
    assert not wrong
    assert not [p for p in MODULES if room(p) != "store" and "pyoxigraph.Store" in imports(p)]


def test_no_module_outgrows_its_room() -> None:
    long = {str(path.relative_to(SOURCE)): n for path in MODULES if (n := len(path.read_text().splitlines())) > 400}
    assert not long


def test_nothing_is_named_after_what_it_is_not() -> None:
    banned = ("manager", "helper", "utils", "common", "services")
    assert not [p for p in MODULES for word in banned if word in p.stem]


def made(path: Path) -> set[str]:
    """The names a module gives something to."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    defined = {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    return defined | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_what_edits_and_states_are_is_imported_from_where_it_is() -> None:
    imported = [
        (path, node.module, alias.name)
        for path in (*MODULES, *(REPOSITORY / "tests").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("govgraph.change.")
        for alias in node.names
    ]
    assert len(imported) > 100
    wrong = [
        f"{path.name} has {name} from {module}"
        for path, module, name in imported
        if name not in made(SOURCE / "change" / f"{str(module).rpartition('.')[2]}.py")
    ]
    assert not wrong
