"""``benchmarks/run``: runs the figures and prints them as one table; measures nothing itself."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from catalogues import Catalogues
from changes import CHANGES
from figures import FIGURES, quiet_rdflib
from govgraph.contract.reading import read
from habits import Shape
from lists import lists
from measuring import Row, Sizes
from partners import PARTNERS
from searching import search
from serving import graphql_requests

_ALL = (*FIGURES, lists, search, *CHANGES, *PARTNERS, graphql_requests)
_QUICK = Sizes(large=210, validation=40, question=40, scaling=(40, 210), rounds=1, often=1, times=1)
_LIBRARIES = ("pyoxigraph", "shacl", "pyshacl", "rdflib", "graphql-core")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure govgraph against the plainest other way, as ratios.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of: {', '.join(f.__name__ for f in _ALL)}")
    parser.add_argument("--quick", action="store_true", help="tiny catalogues: shows that it runs, measures nothing")
    parser.add_argument("--large", action="store_true", help="scaling up to 100,000 services as well")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds, help="rounds of each comparison")
    parser.add_argument("--services", type=int, default=Sizes.large, help="size of the catalogue of most figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    for name in ("seed", "gaps", "links", "skew", "missing"):
        default = getattr(Shape, name)
        parser.add_argument(f"--{name}", type=type(default), default=default, help="shape of the generated catalogue")
    given = parser.parse_args()
    wanted = [figure for figure in _ALL if not given.figures or figure.__name__ in given.figures]
    if len(wanted) < len(given.figures):
        parser.error(f"there are: {', '.join(figure.__name__ for figure in _ALL)}")
    sizes = _QUICK if given.quick else _sizes(given.services, given.rounds, large=given.large)
    shape = Shape(0, given.seed, given.gaps, given.links, given.skew, given.missing)
    quiet_rdflib()
    console = Console()
    rows: list[Row] = []
    with TemporaryDirectory() as directory, console.status("") as status:
        catalogues = Catalogues(Path(directory), read(), shape)
        for figure in wanted:
            status.update(f"{figure.__name__} …")
            rows += figure(catalogues, sizes)
        catalogues.close()
    console.print(_table(rows, shape, quick=given.quick))
    if given.json:
        given.json.write_text(json.dumps({"about": _about(shape), "rows": [_plain(row) for row in rows]}, indent=2))


def _sizes(services: int, rounds: int, *, large: bool) -> Sizes:
    scaling = (*Sizes.scaling, 100_000) if large else Sizes.scaling
    return Sizes(large=services, validation=services, question=services, scaling=scaling, rounds=rounds)


def _table(rows: list[Row], shape: Shape, *, quick: bool) -> Table:
    about = _about(shape)
    libraries = ", ".join(f"{library} {about[library]}" for library in _LIBRARIES)
    made = ", ".join(f"{k} {v:g}" for k, v in asdict(shape).items() if k != "services")
    table = Table(
        title="govgraph benchmark" + (" (quick: the numbers mean nothing)" if quick else ""),
        caption=f"{about['cores']} cores, load {about['load']:.1f} at the end; Python {about['python']}, {libraries}; "
        f"catalogue: {made}. Times are medians, for orientation only.",
        show_lines=True,
    )
    for heading in ("figure", "compared", "ratio", "measured", "target", ""):
        table.add_column(heading, justify="right" if heading == "ratio" else "left")
    for row in rows:
        style = {"ok": "green", "missed": "red", "": ""}[row.verdict]
        measured = "\n".join((row.measured, *row.notes))
        verdict = f"[{style}]{row.verdict}[/]" if style else ""
        table.add_row(row.figure, row.compared, f"{row.ratio:.3g}", measured, row.target, verdict)
    return table


def _about(shape: Shape) -> dict[str, object]:
    return {
        "cores": os.cpu_count() or 1,
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "shape": {key: value for key, value in asdict(shape).items() if key != "services"},
        **{library: version(library) for library in _LIBRARIES},
    }


def _plain(row: Row) -> dict[str, object]:
    return asdict(row) | {"verdict": row.verdict}


if __name__ == "__main__":
    main()
