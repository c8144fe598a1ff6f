"""The command line as people and programs call it: what is printed, where, and with which exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat

from conftest import BASE, ORGANISATION, TURTLE_PREFIXES, Seed, service
from govgraph.cli import run
from govgraph.iris import SH

Call = Callable[..., "Told"]
FINDING = [
    *("code", "entity", "kind", "severity", "property", "rule", "path", "inverse"),
    *("shape", "component", "value", "points", "message"),
]
"""What is told of a finding, by every command."""


class Told:
    """What a command printed and how it ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command in this process; ``data`` is its data directory."""
    for name in list(os.environ):
        if name.startswith("GOVGRAPH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "140")

    def called(*arguments: object, data: Path | None = None) -> Told:
        at = ["--data", str(data)] if data is not None else []
        status = run([*map(str, arguments), *at])
        return Told(status, *capfd.readouterr())

    return called


@pytest.fixture
def stored(seed: Seed, tmp_path: Path) -> Path:
    """A data directory of its own with the seed in it."""
    return Path(shutil.copytree(seed.directory, tmp_path / "stored"))


def turtle(path: Path, text: str) -> Path:
    path.write_text(TURTLE_PREFIXES + text, "utf-8")
    return path


# help and refusals


def test_help_names_every_command_and_loads_no_engine() -> None:
    code = "import sys; from govgraph.cli import run; run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("load", "validate", "ask", "query", "export", "template", "schema", "serve", "contract"):
        assert f" {command} " in done.stdout
    heavy = ("pyoxigraph", "shacl", "rdflib", "strawberry", "starlette", "uvicorn", "jinja2")
    assert [name for name in heavy if f"'{name}'" in done.stderr] == []


def test_the_version_is_told(call: Call) -> None:
    from govgraph import __version__  # noqa: PLC0415

    assert call("--version").out.strip() == __version__


def test_a_wrong_option_is_the_callers_fault(call: Call) -> None:
    told = call("load", "--nope")
    assert (told.status, told.out) == (2, "")
    assert "No such option" in told.err


def test_a_refusal_is_a_sentence_and_a_hint_on_the_error_stream(call: Call, tmp_path: Path) -> None:
    told = call("ask", "late_items", data=tmp_path / "nothing")
    assert (told.status, told.out) == (2, "")
    assert told.err.splitlines()[:2] == [
        f"There is no catalogue in {tmp_path / 'nothing'}.",
        "Load one: govgraph load FILES, or --seed.",
    ]


REFUSALS: list[tuple[tuple[str, ...], str]] = [
    (("ask", "nope"), "There is no question 'nope'."),
    (("ask", "retiring_system"), "retiring_system needs the parameter system."),
    (("ask", "late_items", "-p", "date=soon"), "date is 'soon', which is no date."),
    (("ask", "late_items", "-p", "day=2027-01-01"), "late_items has no parameter 'day'."),
    (("ask", "late_items", "-p", "date"), "The parameter 'date' has no value."),
    (("ask", "--list", "--format", "csv"), "The list of questions is no CSV."),
    (("query", "SELECT * { ?s ?p }"), "The query cannot be read at line 1, column 1"),
    (("query", "SELECT * {\n ?s ?p ?o\n"), "The query cannot be read at line "),
    (("query", "SELECT * { SERVICE <http://x.example/> { ?s ?p ?o } }"), "SERVICE is not available here"),
    (("query", "SELECT * { ?s ?p ?o } LIMIT 1", "--format", "turtle"), "The query makes no graph."),
    (("query", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "--format", "csv"), "The query makes a graph, no rows."),
    (("query", "@no-such-file.rq"), "no-such-file.rq: No such file or directory."),
    (("load",), "There is nothing to load."),
    (("load", "x.csv", "--kind", "servize"), "There is no kind 'servize'."),
    (("load", "x.csv", "--map", "nowhere.toml"), "nowhere.toml cannot be read"),
    (("validate", "--contract", "nowhere"), "There is no contract directory nowhere."),
]


@pytest.mark.parametrize(
    ("arguments", "sentence"), REFUSALS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_what_cannot_be_done_is_told_with_status_2(
    call: Call, seed: Seed, arguments: tuple[str, ...], sentence: str
) -> None:
    told = call(*arguments, data=seed.directory)
    assert (told.status, told.out) == (2, "")
    assert sentence in told.err
    assert "Traceback" not in told.err


def test_an_unknown_kind_names_the_kinds(call: Call) -> None:
    told = call("template", "servize")
    assert told.status == 2
    assert "The kinds are: service, life-event," in told.err


def test_a_store_of_another_base_is_refused_with_the_way_to_move(call: Call, seed: Seed) -> None:
    told = call("ask", "late_items", "--base", "https://other.example/", data=seed.directory)
    assert told.status == 2
    assert f"was loaded under the base {BASE}, not https://other.example/." in told.err.replace("\n", " ")
    assert "N-Quads" in told.err


def test_a_newer_store_is_refused(call: Call, stored: Path) -> None:
    current = json.loads((stored / "current").read_text())
    (stored / "current").write_text(json.dumps({**current, "format": 99}))
    for command in (("ask", "late_items"), ("load", "--seed"), ("validate",)):
        told = call(*command, data=stored)
        assert told.status == 2
        assert "store format 99" in told.err


def test_the_base_of_a_store_needs_no_repeating(call: Call, tmp_path: Path) -> None:
    file, data = turtle(tmp_path / "a.ttl", ORGANISATION), tmp_path / "data"
    assert call("load", file, "--base", "https://data.example/cat", data=data).status == 0
    told = call("query", "SELECT ?o { ?o a cv:PublicOrganisation }", "--format", "csv", data=data)
    assert told.out.splitlines() == ["o", "https://data.example/cat/id/organisation/interior"]


def test_a_data_directory_that_cannot_be_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = call("load", "--seed", data=tmp_path / "file" / "data")
    assert told.status == 2
    assert "Traceback" not in told.err


# load


def test_the_seed_is_loaded_as_one_revision(call: Call, tmp_path: Path, seed: Seed) -> None:
    told = call("load", "--seed", "--format", "json", data=tmp_path)
    assert told.status == 0
    assert told.json == {"loaded": seed.loaded.loaded, "merged": 0, "rejected": [], "revision": 1}
    again = call("load", "--seed", "--format", "json", data=tmp_path).json
    assert again == {"loaded": 0, "merged": seed.loaded.loaded, "rejected": [], "revision": 2}


def test_every_file_of_a_directory_is_accounted_for(call: Call, tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "deep").mkdir(parents=True)
    turtle(files / "good.TTL", ORGANISATION)
    turtle(files / "deep" / "bad.ttl", "x")
    (files / "latin.nt").write_bytes(b'<http://x/a> <http://x/b> "x" .\n<http://x/a> <http://x/b> "caf\xe9" .\n')
    (files / "empty.ttl").write_text("")
    (files / "context.jsonld").write_text('{"@context": "https://x.example/context.jsonld", "@id": "a"}')
    (files / "services.csv").write_text("slug,title,authority\na,A,interior\nb,B,nobody\n")
    (files / "things.csv").write_text("slug\na\n")
    (files / "data.json").write_text("[]")
    (files / "README.md").write_text("no data")
    (files / ".hidden.ttl").write_text("x")
    told = call("load", files, "--format", "json", data=tmp_path / "data")
    assert told.status == 0
    assert (told.json["loaded"], told.json["merged"], told.json["revision"]) == (2, 0, 1)
    rejected = {r["file"]: r for r in told.json["rejected"]}
    assert sorted(rejected) == ["context.jsonld", "data.json", "deep/bad.ttl", "latin.nt", "services.csv", "things.csv"]
    assert all(set(r) == {"file", "line", "record", "reason"} for r in rejected.values())
    assert (rejected["latin.nt"]["line"], rejected["services.csv"]["line"]) == (2, 3)
    assert "UTF-8" in rejected["latin.nt"]["reason"]
    assert rejected["services.csv"]["record"] == "b,B,nobody"
    assert "--map" in rejected["data.json"]["reason"]
    assert (
        "“things” is no kind; name the file after one or give --kind. The kinds are: service,"
        in rejected["things.csv"]["reason"]
    )
    assert told.err == "Left out, since they are no data: README.md\n"


def test_a_file_given_by_name_is_never_left_out(call: Call, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("x")
    told = call("load", tmp_path / "notes.md", tmp_path / "missing.ttl", "--format", "json", data=tmp_path / "data")
    assert told.status == 1
    assert {r["file"]: r["reason"] for r in told.json["rejected"]} == {
        "missing.ttl": "There is no such file.",
        "notes.md": "Nothing here reads files that end in .md.",
    }


def test_nothing_usable_loads_nothing(call: Call, tmp_path: Path) -> None:
    bad = turtle(tmp_path / "bad.ttl", "x")
    told = call("load", bad, "--format", "json", data=tmp_path / "data")
    assert told.status == 1
    assert (told.json["loaded"], told.json["merged"], told.json["revision"]) == (0, 0, 0)
    assert call("load", bad, data=tmp_path / "data").status == 1
    (tmp_path / "empty.ttl").write_text("")
    told = call("load", tmp_path / "empty.ttl", data=tmp_path / "data")
    assert (told.status, told.err) == (1, "The files hold no records. Nothing was loaded.\n")


def test_strict_refuses_all_and_accounts_for_all(call: Call, stored: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "teams.csv"
    sheet.write_text("slug,title,size\na,A,1\nb,B,two\n")
    told = call("load", sheet, "--strict", "--format", "json", data=stored)
    assert told.status == 1
    assert (told.json["loaded"], told.json["merged"], told.json["revision"]) == (0, 0, 1)
    assert [(r["line"], r["reason"][:6]) for r in told.json["rejected"]] == [(2, "Not lo"), (3, "size: ")]
    assert call("load", sheet, "--format", "json", data=stored).json["revision"] == 2


def test_a_load_with_more_findings_than_can_be_kept_is_refused(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOVGRAPH_FINDINGS_MOST", "5")
    sheet = tmp_path / "services.csv"
    sheet.write_text("slug\n" + "".join(f"s{n}\n" for n in range(10)))
    told = call("load", sheet, "--format", "json", data=tmp_path / "data")
    assert told.status == 1
    assert "There are more than 5 findings" in told.json["rejected"][0]["reason"]
    assert len(told.json["rejected"]) == 10
    assert not (tmp_path / "data" / "current").exists()


def test_reference_data_are_loaded_as_such(call: Call, tmp_path: Path) -> None:
    block = turtle(tmp_path / "b.ttl", '<id/building-block/x> a gov:BuildingBlock ; dct:title "X"@en .')
    assert call("load", block, "--reference", data=tmp_path / "data").status == 0
    told = call("export", "--format", "nquads", data=tmp_path / "data")
    assert told.out.count(f"<{BASE}graph/reference>") == 2


def test_a_table_says_what_a_load_did(call: Call, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    turtle(
        files / "a.ttl", ORGANISATION + service("a") + service("b").replace("gov:digitalisationLevel code:Level2 ;", "")
    )
    turtle(files / "b.ttl", "x")
    told = call("load", files, data=tmp_path / "data")
    assert told.status == 0
    assert "3 loaded, 0 merged, 1 rejected · revision 1" in told.out
    assert "2 of 3 entries are published" in told.out
    assert f"{BASE}id/service/b" in told.out
    assert "score" in told.out
    assert "b.ttl" in told.out


def test_csv_with_a_kind_and_a_language(call: Call, tmp_path: Path) -> None:
    (tmp_path / "liste.csv").write_text("slug,title\na,Équipe\n")
    told = call(
        "load", tmp_path / "liste.csv", "--kind", "team", "--lang", "fr", "--format", "json", data=tmp_path / "d"
    )
    assert told.json["loaded"] == 1
    assert (
        "Équipe@fr"
        in call("query", "SELECT ?t { ?s skos:prefLabel ?t ; a gov:DigitalServiceTeam }", data=tmp_path / "d").out
    )


def test_a_mapping_finds_its_files_in_the_directory_given(call: Call, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "list-1.csv").write_text("id,name\n1,A\n")
    (tmp_path / "in" / "list-2.csv").write_text("id,name\n2,B\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[[source]]\nfile = "list-*.csv"\nkind = "Team"\nslug = "{id}"\nproperties = { title = "name" }\n'
    )
    told = call("load", tmp_path / "in", "--map", mapping, "--format", "json", data=tmp_path / "d")
    assert (told.status, told.json["loaded"]) == (0, 2)
    mapping.write_text(mapping.read_text().replace("list-*", "other"))
    told = call("load", tmp_path / "in" / "list-1.csv", "--map", mapping, "--format", "json", data=tmp_path / "d")
    assert told.status == 1
    assert sorted(r["file"] for r in told.json["rejected"]) == ["list-1.csv", "other.csv"]
    mapping.write_text(mapping.read_text().replace('file = "other.csv"\n', ""))
    told = call("load", tmp_path / "in" / "list-1.csv", "--map", mapping, "--format", "json", data=tmp_path / "d")
    assert (told.status, told.json["merged"]) == (0, 1)


# validate


def test_validating_the_stored_catalogue(call: Call, seed: Seed) -> None:
    told = call("validate", "--format", "json", data=seed.directory)
    report = seed.loaded.report
    assert told.status == 0
    assert list(told.json) == ["conforms", "accepted", "counts", "score", "findings"]
    assert told.json["counts"] == {s.value: n for s, n in report.counts.items()}
    assert (told.json["conforms"], told.json["accepted"]) == (False, True)
    assert told.json["score"] == seed.working.summary().total.score
    assert len(told.json["findings"]) == len(report.findings) > 20
    assert all(list(finding) == FINDING for finding in told.json["findings"])
    assert call("validate", "--fail-on", "warning", data=seed.directory).status == 1
    assert call("validate", "--fail-on", "info", "--format", "json", data=seed.directory).json["accepted"] is False


def test_both_engines_say_the_same(call: Call, tmp_path: Path) -> None:
    more = '; gov:transactionsPerYear "many"^^xsd:integer ; cv:hasChannel [ a cv:Channel ]'
    broken = turtle(tmp_path / "a.ttl", ORGANISATION + service("a", more=more))
    one, two = (call("validate", broken, "--format", "json", "--engine", engine) for engine in ("shacl", "pyshacl"))
    assert one.json == two.json
    assert one.status == two.status == 1


def test_a_report_in_turtle_is_a_standard_one(call: Call, tmp_path: Path, contract: object) -> None:
    broken = turtle(
        tmp_path / "a.ttl",
        ORGANISATION + service("a", more='; gov:transactionsPerYear "many"^^xsd:integer'),
    )
    told = call("validate", broken, "--format", "turtle", data=tmp_path / "none")
    assert told.status == 1
    quads = list(pyoxigraph.parse(told.out.encode(), RdfFormat.TURTLE))
    said = {(q.subject, q.predicate.value.removeprefix(SH), q.object) for q in quads}
    results = {o for _, p, o in said if p == "result"}
    assert results
    for result in results:
        predicates = {p for s, p, _ in said if s == result}
        assert {
            "focusNode",
            "resultSeverity",
            "sourceShape",
            "sourceConstraintComponent",
            "resultMessage",
        } <= predicates
    assert {o.value for _, p, o in said if p == "conforms"} == {"false"}


def test_an_inverse_path_in_a_report_is_a_path(call: Call, tmp_path: Path) -> None:
    shapes = tmp_path / "own"
    shapes.mkdir()
    turtle(
        shapes / "more.ttl",
        """gov:MoreOfOrganisations a sh:NodeShape ; sh:targetClass cv:PublicOrganisation ; sh:property [
        sh:path [ sh:inversePath cv:hasCompetentAuthority ] ; sh:minCount 2 ; sh:severity sh:Info ] .""",
    )
    file = turtle(tmp_path / "a.ttl", ORGANISATION + service("a"))
    told = call("validate", file, "--contract", shapes, "--format", "turtle", "--fail-on", "info")
    assert told.status == 1
    quads = list(pyoxigraph.parse(told.out.encode(), RdfFormat.TURTLE))
    inverse = NamedNode(f"{SH}inversePath")
    [path] = [q for q in quads if q.predicate == inverse]
    assert [q for q in quads if q.object == path.subject and q.predicate == NamedNode(f"{SH}resultPath")]


def test_files_stand_alone_or_with_the_catalogue(call: Call, seed: Seed, tmp_path: Path) -> None:
    file = turtle(
        tmp_path / "a.ttl",
        service("new").replace("id/organisation/interior", "id/organisation/ministry-of-the-interior"),
    )
    alone = call("validate", file, "--format", "json", data=seed.directory)
    assert alone.status == 1
    assert [(f["property"], f["severity"]) for f in alone.json["findings"] if f["severity"] == "violation"] == [
        ("authority", "violation")
    ]
    organisation = call(
        "query", "SELECT ?o { ?o a cv:PublicOrganisation } ORDER BY ?o LIMIT 1", "--format", "csv", data=seed.directory
    ).out.split()[1]
    file = turtle(tmp_path / "a.ttl", service("new").replace("<id/organisation/interior>", f"<{organisation}>"))
    together = call("validate", file, "--with-catalogue", "--format", "json", data=seed.directory)
    assert together.status == 0
    assert {f["entity"] for f in together.json["findings"]} == {f"{BASE}id/service/new"}
    assert call("query", f"ASK {{ <{BASE}id/service/new> ?p ?o }}", data=seed.directory).out == "no\n"


def test_a_record_that_cannot_be_read_is_a_failure_of_the_check(call: Call, tmp_path: Path) -> None:
    sheet = tmp_path / "teams.csv"
    sheet.write_text("slug,title,size\na,A,1\nb,B,two\n")
    told = call("validate", sheet, "--format", "json")
    assert told.status == 2
    assert {f["entity"] for f in told.json["findings"]} == {f"{BASE}id/team/a"}
    assert "size: “two” is no number" in told.err
    assert call("validate", turtle(tmp_path / "bad.ttl", "x")).status == 2


def test_many_findings_are_told_by_sort(call: Call, tmp_path: Path) -> None:
    sheet = tmp_path / "services.csv"
    sheet.write_text("slug,title\n" + "".join(f"s{n},S\n" for n in range(60)))
    told = call("validate", sheet, "--lang", "fr")
    assert "    60 │ warning" in told.out
    assert "Indiquez l’organisation compétente" in told.out
    assert "more; --format json lists all" in told.out


# ask, query, export


def test_a_question_is_answered_as_json_and_csv_alike(call: Call, seed: Seed) -> None:
    told = call("ask", "blocked_services", "--format", "json", data=seed.directory).json
    assert list(told) == ["question", "columns", "rows", "revision"]
    assert told["question"] == "blocked_services"
    assert all(list(row) == told["columns"] for row in told["rows"])
    rows = list(csv.reader(io.StringIO(call("ask", "blocked-services", "--format", "csv", data=seed.directory).out)))
    assert rows[0] == told["columns"]
    assert len(rows) - 1 == len(told["rows"]) > 10


def test_strangers_and_keepers_get_different_answers(call: Call, seed: Seed) -> None:
    working, public = (
        len(call("ask", "services_per_level", "--audience", audience, "--format", "json", data=seed.directory).out)
        for audience in ("working", "public")
    )
    assert working != public
    drafts = "SELECT ?s { ?s gov:publicationStatus code:Draft }"
    assert call("query", drafts, "--audience", "public", "--format", "csv", data=seed.directory).out == "s\r\n"


def test_an_answer_in_a_table_has_labels_and_chains(call: Call, seed: Seed) -> None:
    told = call("ask", "blocked_services", data=seed.directory)
    assert "Which services are blocked by a missing building block?" in told.out
    assert " → " in told.out
    assert "http://" not in told.out
    french = call("ask", "blocked_services", "--lang", "fr", data=seed.directory)
    assert "Signature électronique" in french.out


def test_the_list_of_questions(call: Call, seed: Seed) -> None:
    told = call("ask", "--list", "--format", "json", data=seed.directory).json
    assert [q["name"] for q in told] == list(seed.questions)
    assert all(list(q) == ["name", "title", "params", "columns"] for q in told)
    assert all(list(p) == ["name", "type", "required"] for q in told for p in q["params"])
    table = call("ask", "--list", data=seed.directory).out
    assert all(name in table for name in seed.questions)


def test_sparql_comes_in_every_format(call: Call, seed: Seed, tmp_path: Path) -> None:
    rows = "SELECT ?s ?t { ?s a gov:Roadmap ; dct:title ?t } ORDER BY ?t"
    for format_, mark in {
        "json": '"bindings"',
        "xml": "<sparql",
        "csv": "s,t",
        "tsv": "?s\t?t",
        "table": " ┃ ",
    }.items():
        assert mark in call("query", rows, "--format", format_, data=seed.directory).out
    graph = "CONSTRUCT WHERE { ?s a gov:Roadmap }"
    for format_, mark in {"turtle": "a gov:Roadmap", "jsonld": "@id"}.items():
        assert mark in call("query", graph, "--format", format_, data=seed.directory).out
    (tmp_path / "q.rq").write_text("ASK { ?s a gov:Roadmap }")
    assert call("query", f"@{tmp_path / 'q.rq'}", data=seed.directory).out == "yes\n"
    assert call("query", "ASK { ?s a gov:Roadmap }", "--format", "json", data=seed.directory).json["boolean"] is True


def test_a_query_may_come_from_the_standard_input(call: Call, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ASK { ?s a gov:Nothing }"))
    assert call("query", "-", data=seed.directory).out == "no\n"


@pytest.mark.parametrize("format_", ["turtle", "ntriples", "nquads", "trig", "jsonld", "rdf"])
def test_an_export_says_what_the_catalogue_says(call: Call, seed: Seed, tmp_path: Path, format_: str) -> None:
    file = tmp_path / "all"
    told = call("export", "--audience", "working", "--format", format_, "--output", file, data=seed.directory)
    assert (told.status, told.out, [path.name for path in tmp_path.iterdir()]) == (0, "", ["all"])
    endings = {"turtle": "ttl", "ntriples": "nt", "nquads": "nq"}
    syntax = RdfFormat.from_extension(endings.get(format_, format_))
    assert syntax is not None
    quads = set(pyoxigraph.parse(file.read_bytes(), syntax))
    with_graphs = format_ in ("nquads", "trig")
    graphs = (seed.working.names.working, seed.working.names.reference)
    expected = {
        Quad(q.subject, q.predicate, q.object, graph) if with_graphs else q
        for graph in graphs
        for q in pyoxigraph.parse(seed.working.reader.dump(graph), RdfFormat.N_TRIPLES)
    }
    assert quads == expected
    assert len(quads) > 10_000


def test_an_export_with_graphs_goes_back_to_where_it_was(call: Call, seed: Seed, tmp_path: Path) -> None:
    call("export", "--audience", "working", "--format", "nquads", "-o", tmp_path / "all.nq", data=seed.directory)
    told = call("load", tmp_path / "all.nq", "--format", "json", data=tmp_path / "data")
    assert (told.json["loaded"], told.json["rejected"]) == (seed.loaded.loaded, [])
    graphs = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
    again, before = (call("query", graphs, "--format", "csv", data=d).out for d in (tmp_path / "data", seed.directory))
    assert again == before


def test_an_export_for_strangers_has_no_draft(call: Call, seed: Seed) -> None:
    told = call("export", "--format", "ntriples", data=seed.directory)
    assert told.status == 0
    assert "code#Draft" not in told.out
    assert "code#Published" in told.out


def test_a_broken_pipe_is_no_drama(seed: Seed) -> None:
    command = f"{sys.executable} -m govgraph export --format ntriples --data {seed.directory} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr


# template, schema, contract


def test_a_template_is_printed_under_both_names_of_a_kind(call: Call) -> None:
    for name in ("roadmap-item", "RoadmapItem"):
        told = call("template", name)
        assert told.status == 0
        assert told.out.startswith("slug,title@en,title@fr,")
        assert told.out.count("\r\n") == 2


def test_the_schema_is_printed(call: Call) -> None:
    told = call("schema")
    assert told.status == 0
    assert "type Service implements" in told.out


def test_the_contract_is_shown(call: Call, seed: Seed) -> None:
    told = call("contract", "show", "--format", "json").json
    assert told["hash"] == seed.contract.hash
    assert len(told["kinds"]) == len(seed.contract.kinds)
    assert {rule["severity"] for rule in told["rules"]} == {"violation", "warning", "info"}
    table = call("contract").out
    assert all(text in table for text in ("roadmapItem", "DigitalisationLevel", "checked, but in no face"))
    one = call("contract", "show", "team", "--lang", "fr").out
    assert "unitOf*" in one
    assert "Équipe" in one


def test_a_contract_is_checked_against_the_stored_catalogue(call: Call, seed: Seed, tmp_path: Path) -> None:
    turtle(
        tmp_path / "more.ttl",
        """gov:MoreOfServices a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property [ sh:path gov:floor ;
        gov:apiName "floor" ; sh:name "floor"@en, "étage"@fr ; sh:datatype xsd:integer ] ,
        [ sh:path gov:floor ; sh:minCount 1 ; sh:severity sh:Info ] .""",
    )
    told = call("contract", "check", tmp_path, "--format", "json", data=seed.directory)
    assert told.status == 0
    what = "is new, recommended"
    assert told.json["changes"] == [{"of": "property", "name": "Service.floor", "what": what}]
    assert told.json["breaks"] == []
    services = len(seed.working.members(seed.contract.kind("service")))
    found = told.json["views"]["working"]["introduced"]
    assert [(f["severity"], f["count"]) for f in found] == [("info", services)]
    assert "Service.floor" in call("contract", "check", tmp_path, data=seed.directory).out
    turtle(tmp_path / "bad.ttl", "gov:S a sh:NodeShape ; sh:targetClass gov:Nothing .")
    told = call("contract", "check", tmp_path, data=seed.directory)
    assert told.status == 2
    assert "bad.ttl" in told.err
