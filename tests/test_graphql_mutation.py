"""Mutations derived from the contract: what they take, which edits they become, and what their payload says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type
from pyoxigraph import Literal, NamedNode, Triple

from conftest import BASE, TURTLE_PREFIXES
from govgraph.access import Author, Role
from govgraph.catalogue import View
from govgraph.change import Change, Committed, Scored
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Entry, Values
from govgraph.change.lifecycle import Publish
from govgraph.change.uniting import Merge
from govgraph.contract import Contract, Form
from govgraph.contract.reading import read as read_contract
from govgraph.errors import (
    ChangeError,
    ContractChanged,
    Forbidden,
    GovgraphError,
    KeyReused,
    NotFound,
    Refused,
    RevisionAway,
    Stale,
)
from govgraph.graphql import Asked, Desk, Limits, Schema, Told, build_schema
from govgraph.history.record import Entry as LogEntry
from govgraph.iris import CODE, DCT, GOV, PREFIXES, RDF_TYPE, XSD, name
from govgraph.settings import read
from govgraph.store import Query
from govgraph.validation import Points, Report

STEWARD = Author("s1", Role.STEWARD)
PASSPORT = NamedNode(f"{BASE}id/service/passport")
BIRTH = NamedNode(f"{BASE}id/service/birth")
VISA = NamedNode(f"{BASE}id/service/visa")
TITLE = name(DCT, "title")
CPSV, CV = PREFIXES["cpsv"], PREFIXES["cv"]
ALL = """entity { iri } iri committed dryRun revision score { before after }
    problems { code message input entity { iri } revision severity shape path property points }
    introduced { property } mended { property } catalogueScore { before after }"""
NOTHING = Scored(None, None)


@dataclass
class Recorder:
    """A writer that remembers what it is given, and does or raises what it is told."""

    answer: GovgraphError | None = None
    changes: list[Change] = field(default_factory=list)
    revision: int = 7

    def submit(self, change: Change) -> Committed:
        self.changes.append(change)
        if self.answer is not None:
            raise self.answer
        scores = {edit.node: Scored(None, Points(3, 4)) for edit in change.edits if isinstance(edit, Entry)}
        return Committed(self.revision, change.dry_run, 0, 1, (), (), scores, Scored(Points(1, 2), Points(3, 4)))

    def snapshot(self) -> int:
        return self.revision

    def adopt(self, beside: Path, record: LogEntry, after: int) -> int:
        raise AssertionError(f"mutations build no stores: {beside}, {record}, {after}")

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Mutating:
    """Runs mutations against a recorder; ``changes`` are what it was given."""

    schema: Schema
    view: View
    writer: Recorder

    def tell(self, query: str, **variables: object) -> Told:
        desk = Desk(self.writer, STEWARD, lambda _: self.view)
        return self.schema.execute(Asked(query, variables=variables), self.view, desk=desk)

    def run(self, field_: str, selection: str = ALL) -> Any:
        told = self.tell(f"mutation {{ {field_} {{ {selection} }} }}")
        assert not told.errors, told.errors
        return next(iter(told.data.values()))

    def edits(self, field_: str, selection: str = "committed problems { code message input }") -> tuple[Any, ...]:
        """The edits a field becomes."""
        payload = self.run(field_, selection)
        assert payload["committed"], payload["problems"]
        return self.writer.changes[-1].edits

    def problems(self, field_: str) -> list[tuple[str, list[str]]]:
        """Code and place of every problem, of a change that never reached the writer."""
        before = len(self.writer.changes)
        payload = self.run(field_)
        assert len(self.writer.changes) == before
        assert payload["committed"] is False
        assert all(problem["message"] for problem in payload["problems"])
        return [(problem["code"], problem["input"]) for problem in payload["problems"]]


@pytest.fixture
def mutating(schema: Schema, view: View) -> Mutating:
    return Mutating(schema, view, Recorder())


def english(text: str) -> Literal:
    return Literal(text, language="en")


def test_every_kind_has_its_six_mutations_and_no_part_has_one(schema: Schema, contract: Contract) -> None:
    root = schema.core.mutation_type
    assert root is not None
    verbs = ("create", "update", "delete", "publish", "withdraw", "merge")
    expected = {f"{verb}{kind.name}" for kind in contract.entities for verb in verbs}
    assert set(root.fields) == expected | {"change"}
    assert len(expected) == 6 * len(contract.entities) > 150
    for name_, field_ in root.fields.items():
        assert {"reason", "dryRun", "idempotencyKey"} <= set(field_.args)
        assert ("expectedRevision" in field_.args) == (not name_.startswith(("create", "change")))
        payload = get_named_type(field_.type)
        assert isinstance(payload, GraphQLObjectType)
        assert {"committed", "dryRun", "revision", "problems", "introduced", "mended"} <= set(payload.fields)


def test_every_stored_property_can_be_given_and_patched(schema: Schema, contract: Contract) -> None:
    checked = 0
    for kind in contract.kinds:
        made, patch = f"{kind.name}Input" if kind.part else f"Create{kind.name}Input", f"{kind.name}Patch"
        stored = {prop.name for prop in kind.properties if prop.stored}
        for input_, own in ((made, set() if kind.part else {"slug"}), (patch, {"clear", *(["iri"] * kind.part)})):
            type_ = schema.core.type_map[input_]
            assert isinstance(type_, GraphQLInputObjectType)
            assert set(type_.fields) == stored | own
            checked += len(stored)
    assert checked > 600


def test_an_edit_of_a_change_is_one_of_all_that_can_be_done(schema: Schema, contract: Contract) -> None:
    edit = schema.core.type_map["EditInput"]
    assert isinstance(edit, GraphQLInputObjectType)
    assert edit.is_one_of
    each = {f"{verb}{kind.name}" for kind in contract.entities for verb in ("create", "update")}
    assert set(edit.fields) == each | {"delete", "publish", "withdraw", "merge"}


def test_a_new_entry_has_a_value_of_every_form(mutating: Mutating) -> None:
    (entry,) = mutating.edits("""createService(input: { slug: "passport"
      title: [{ value: "Passport", lang: "en" }, { value: "Passeport", lang: "fr" }]
      keywords: { value: "travel", lang: "en" } level: LEVEL_2 challenges: [REGULATIONS, DIGITAL_SKILLS]
      transactionsPerYear: 9007199254740993 requestsPerMonth: "12.50" crossBorder: true processingTime: "P5D"
      homepage: "https://example.org/passport" authority: "http://127.0.0.1:8000/id/organisation/interior" })""")
    assert (entry.node, entry.new, entry.added, entry.removed) == (PASSPORT, True, (), ())
    assert {values.predicate.value: values.terms for values in entry.values} == {
        RDF_TYPE.value: (name(CPSV, "PublicService"),),
        TITLE.value: (english("Passport"), Literal("Passeport", language="fr")),
        PREFIXES["dcat"] + "keyword": (english("travel"),),
        GOV + "digitalisationLevel": (name(CODE, "Level2"),),
        GOV + "challenge": (name(CODE, "Regulations"), name(CODE, "DigitalSkills")),
        GOV + "transactionsPerYear": (Literal("9007199254740993", datatype=name(XSD, "integer")),),
        GOV + "requestsPerMonth": (Literal("12.50", datatype=name(XSD, "decimal")),),
        GOV + "crossBorder": (Literal("true", datatype=name(XSD, "boolean")),),
        CV + "processingTime": (Literal("P5D", datatype=name(XSD, "duration")),),
        PREFIXES["foaf"] + "homepage": (NamedNode("https://example.org/passport"),),
        CV + "hasCompetentAuthority": (NamedNode(f"{BASE}id/organisation/interior"),),
    }


def test_without_a_slug_the_iri_comes_from_the_title(mutating: Mutating) -> None:
    given = '[{ value: "Né à l’étranger", lang: "fr" }, { value: "Born Abroad!", lang: "en" }]'
    (entry,) = mutating.edits(f"createLifeEvent(input: {{ title: {given} }})")
    assert entry.node == NamedNode(f"{BASE}id/life-event/born-abroad")
    assert mutating.problems("createLifeEvent(input: {})") == [("INVALID_INPUT", ["input", "slug"])]
    for slug in ("a/b", "a:b", "../x", "", "a b", "x" * 121):
        assert mutating.problems(f"createLifeEvent(input: {{ slug: {json.dumps(slug)} }})") == [
            ("INVALID_INPUT", ["input", "slug"])
        ]


def test_parts_are_entries_of_their_own_whose_iris_follow_from_owner_and_content(mutating: Mutating) -> None:
    given = 'channels: [{ type: ONLINE homepage: "https://example.org" }, { type: OFFICE }, { type: OFFICE }]'
    owner, online, office = mutating.edits(f'createService(input: {{ slug: "passport" {given} }})')
    again = mutating.edits(f'createService(input: {{ slug: "passport" {given} }})')
    assert again == (owner, online, office)
    pointed = next(values.terms for values in owner.values if values.predicate == name(CV, "hasChannel"))
    assert set(pointed) == {online.node, office.node}
    assert online.node.value.startswith(f"{BASE}id/channel/passport-")
    assert (online.new, office.new) == (True, True)
    assert Values(RDF_TYPE, (name(CV, "Channel"),)) in office.values
    assert Values(name(DCT, "type"), (name(CODE, "Online"),)) in online.values


def test_a_patch_says_only_what_changes(mutating: Mutating) -> None:
    (entry,) = mutating.edits(f"""updateService(iri: "{BIRTH.value}", patch: {{
      title: [{{ value: "Naissance", lang: "FR" }}, {{ value: null, lang: "de" }}] description: null
      transactionsPerYear: 5 level: null clear: [CROSS_BORDER]
      needsBlocks: {{ add: ["https://example.org/b"], remove: ["https://example.org/c"] }}
      legalBasis: {{ set: [] }} keywords: {{ set: [{{ value: "baby", lang: "en" }}] }} }})""")
    assert (entry.node, entry.new) == (BIRTH, False)
    needs = name(GOV, "needsBlock")
    assert set(entry.values) == {
        Values(TITLE, (Literal("Naissance", language="fr"),), "fr"),
        Values(TITLE, (), "de"),
        Values(name(DCT, "description"), ()),
        Values(name(GOV, "transactionsPerYear"), (Literal("5", datatype=name(XSD, "integer")),)),
        Values(name(GOV, "digitalisationLevel"), ()),
        Values(name(GOV, "crossBorder"), ()),
        Values(name(CV, "hasLegalResource"), ()),
        Values(name(PREFIXES["dcat"], "keyword"), (english("baby"),)),
    }
    assert entry.added == (Triple(BIRTH, needs, NamedNode("https://example.org/b")),)
    assert entry.removed == (Triple(BIRTH, needs, NamedNode("https://example.org/c")),)


def test_a_patch_of_parts_adds_updates_and_removes_them(mutating: Mutating) -> None:
    part, gone = f"{BASE}id/channel/x", f"{BASE}id/channel/y"
    owner, new, old = mutating.edits(f"""updateService(iri: "{BIRTH.value}", patch: {{ channels: {{
      add: {{ type: PHONE }} remove: "{gone}"
      update: {{ iri: "{part}" type: EMAIL description: {{ lang: "en", value: "Write." }} }} }} }})""")
    path = name(CV, "hasChannel")
    assert owner == Entry(BIRTH, (), (Triple(BIRTH, path, new.node),), (Triple(BIRTH, path, NamedNode(gone)),))
    assert new.new
    assert Values(name(DCT, "type"), (name(CODE, "Phone"),)) in new.values
    type_ = Values(name(DCT, "type"), (name(CODE, "Email"),))
    assert old == Entry(NamedNode(part), (type_, Values(name(DCT, "description"), (english("Write."),), "en")))
    owner, new = mutating.edits(
        f'updateService(iri: "{BIRTH.value}", patch: {{ channels: {{ set: {{ type: PHONE }} }} }})'
    )
    assert owner == Entry(BIRTH, (Values(path, (new.node,)),))


def test_a_part_like_one_that_is_there_is_that_one_and_one_whose_address_is_taken_gets_another(
    schema: Schema, small: Callable[..., Any]
) -> None:
    def patched(turtle: str) -> tuple[Any, ...]:
        view = small(f"<id/service/birth> a cpsv:PublicService {turtle}").working
        return Mutating(schema, view, Recorder()).edits(f"""updateService(iri: "{BIRTH.value}",
          patch: {{ channels: {{ add: {{ type: PHONE }} }} }})""")

    _, new = patched(".")
    there = f"; cv:hasChannel <{new.node.value}> . <{new.node.value}> a cv:Channel ; dct:type code:"
    (owner,) = patched(there + "Phone .")
    assert [triple.object for triple in owner.added] == [new.node]
    owner, other = patched(there + "Office .")
    assert other.node.value == f"{new.node.value}-2"
    assert [triple.object for triple in owner.added] == [other.node]


@pytest.mark.parametrize(
    ("field_", "edit"),
    [
        (f'deleteService(iri: "{BIRTH.value}", replacedBy: "{VISA.value}")', Delete(BIRTH, VISA)),
        (f'deleteService(iri: "{BIRTH.value}")', Delete(BIRTH)),
        (f'publishService(iri: "{BIRTH.value}")', Publish(BIRTH)),
        (f'withdrawService(iri: "{BIRTH.value}", replacedBy: "{VISA.value}")', Withdraw(BIRTH, VISA)),
        (f'mergeService(duplicate: "{BIRTH.value}", into: "{VISA.value}")', Merge(BIRTH, VISA)),
    ],
)
def test_the_other_verbs_are_edits_of_the_lifecycle(mutating: Mutating, field_: str, edit: object) -> None:
    assert mutating.edits(field_) == (edit,)


def test_several_edits_are_one_change_in_their_order(mutating: Mutating) -> None:
    change = f"""change(reason: "tidy", idempotencyKey: "k1", dryRun: false, edits: [
      {{ createLifeEvent: {{ slug: "move", title: {{ value: "Move", lang: "en" }} }} }}
      {{ updateService: {{ iri: "{BIRTH.value}", patch: {{ crossBorder: false }}, expectedRevision: 3 }} }}
      {{ merge: {{ duplicate: "{VISA.value}", into: "{BIRTH.value}", expectedRevision: 4 }} }}
      {{ publish: {{ iri: "{BIRTH.value}" }} }} ])"""
    payload = mutating.run(change, "committed revision results { iri entity { slug } score { before after } }")
    (made,) = mutating.writer.changes
    assert [type(edit) for edit in made.edits] == [Entry, Entry, Merge, Publish]
    assert (made.reason, made.key, made.dry_run, made.door, made.author) == ("tidy", "k1", False, "graphql", STEWARD)
    assert made.expected == {BIRTH: frozenset({3}), VISA: frozenset({4})}
    move = f"{BASE}id/life-event/move"
    assert [result["iri"] for result in payload["results"]] == [move, *[BIRTH.value] * 3]
    assert payload["results"][0] == {"iri": move, "entity": None, "score": {"before": None, "after": 75.0}}
    assert payload["results"][1]["entity"] == {"slug": "birth"}


def test_the_payload_tells_what_was_done_and_a_dry_run_that_it_was_not(mutating: Mutating) -> None:
    field_ = f'updateService(iri: "{BIRTH.value}", patch: {{}}, expectedRevision: 2, dryRun: %s)'
    done, dry = mutating.run(field_ % "false"), mutating.run(field_ % "true")
    assert done == {
        "iri": BIRTH.value,
        "entity": {"iri": BIRTH.value},
        "committed": True,
        "dryRun": False,
        "revision": 7,
        "score": {"before": None, "after": 75.0},
        "problems": [],
        "introduced": [],
        "mended": [],
        "catalogueScore": {"before": 50.0, "after": 75.0},
    }
    assert (dry["committed"], dry["dryRun"], dry["problems"]) == (False, True, [])
    assert [change.dry_run for change in mutating.writer.changes] == [False, True]
    assert mutating.writer.changes[0].expected == {BIRTH: frozenset({2})}


def test_ids_are_taken_where_iris_are(mutating: Mutating) -> None:
    told = mutating.schema.execute('{ service(slug: "birth") { id revision } }', mutating.view)
    assert told.data["service"]["revision"] == 1
    assert mutating.edits(f'publishService(iri: "{told.data["service"]["id"]}")') == (Publish(BIRTH),)


def test_what_cannot_be_used_is_said_for_every_place_and_nothing_is_written(mutating: Mutating) -> None:
    found = mutating.problems("""createService(input: { slug: "x" authority: ["nobody", "https://example.org/"]
      title: [{ value: "a", lang: "no tag!" }, { value: "b", lang: "en" }, { value: "c", lang: "EN" }]
      contactPoints: [{ openingHours: { value: "9-5", lang: "?" } }] })""")
    assert sorted(found) == [
        ("INVALID_INPUT", ["input", "authority", "0"]),
        ("INVALID_INPUT", ["input", "contactPoints", "0", "openingHours", "0", "lang"]),
        ("INVALID_INPUT", ["input", "title", "0", "lang"]),
        ("INVALID_INPUT", ["input", "title", "2"]),
    ]
    system = f"{BASE}id/organisation/interior"
    assert mutating.problems(f'publishService(iri: "{system}")') == [("NOT_FOUND", ["iri"])]
    both = f'updateService(iri: "{BIRTH.value}", patch: {{ needsBlocks: {{ set: [], add: [] }} }})'
    assert mutating.problems(both) == [("INVALID_INPUT", ["patch", "needsBlocks"])]
    several = 'change(edits: [{{ publish: {{ iri: "{0}" }} }}, {{ delete: {{ iri: "?" }} }}])'
    payload = mutating.run(several.format(BIRTH.value), "committed problems { input }")
    assert payload == {"committed": False, "problems": [{"input": ["edits", "1", "delete", "iri"]}]}


def test_texts_keys_and_changes_have_a_largest_size(mutating: Mutating) -> None:
    long = "x" * 20_001
    assert mutating.problems(
        f'createLifeEvent(input: {{ slug: "x" title: {{ value: "{long}", lang: "en" }} }}, reason: "{long}")'
    ) == [("INVALID_INPUT", ["input", "title", "0"]), ("INVALID_INPUT", ["reason"])]
    assert mutating.problems(f'publishService(iri: "{BIRTH.value}", idempotencyKey: "{long}")') == [
        ("INVALID_INPUT", ["idempotencyKey"])
    ]
    query = "mutation($edits: [EditInput!]!) { change(edits: $edits) { committed } }"
    for edits in ([], [{"publish": {"iri": BIRTH.value}}] * 101):
        told = mutating.tell(query, edits=edits)
        assert told.data == {"change": None}
        assert told.errors[0]["extensions"]["code"] == "BAD_REQUEST"
    assert mutating.tell(query, edits=edits[:100]).data == {"change": {"committed": True}}


def test_a_request_makes_no_more_changes_than_it_may(schema: Schema, view: View) -> None:
    few = Schema(view.contract, {}, replace(Limits.of(read({})), edits=2))
    field_ = f'publishService(iri: "{BIRTH.value}") {{ committed }}'
    told = Mutating(few, view, Recorder()).tell("mutation { " + " ".join(f"a{n}: {field_}" for n in range(3)) + " }")
    assert (told.ran, told.errors[0]["extensions"]["code"]) == (False, "TOO_MANY_CHANGES")


def refusals(view: View) -> list[tuple[GovgraphError, list[tuple[str, Any]]]]:
    finding = next(finding for finding in view.all_findings() if finding.severity == "violation")
    return [
        (Refused("No.", report=Report((finding,))), [("FINDING", finding.entity.value)]),
        (Stale("Stale.", revisions={BIRTH.value: 6}), [("STALE", BIRTH.value)]),
        (NotFound("Nothing there."), [("NOT_FOUND", None)]),
        (KeyReused("Another change."), [("KEY_REUSED", None)]),
        (ChangeError("There is something already."), [("NOT_POSSIBLE", None)]),
    ]


def test_what_stands_against_a_change_is_in_the_payload_in_the_language_asked_for(mutating: Mutating) -> None:
    cases = refusals(mutating.view)
    assert len(cases) == 5
    field_ = f'updateService(iri: "{BIRTH.value}", patch: {{}}, expectedRevision: 2)'
    for error, expected in cases:
        mutating.writer.answer = error
        english_, french = (
            mutating.run(field_, ALL.replace("message", f'message(lang: ["{lang}"])')) for lang in ("en", "fr")
        )
        found = [(one["code"], one["entity"] and one["entity"]["iri"]) for one in english_["problems"]]
        assert found == expected
        assert (english_["committed"], english_["revision"]) == (False, mutating.view.revision)
        assert english_["problems"][0]["message"] != french["problems"][0]["message"]
        if isinstance(error, Stale):
            assert english_["problems"][0]["revision"] == 6
            assert "6" in french["problems"][0]["message"]
        if isinstance(error, Refused):
            assert english_["problems"][0]["severity"] == "VIOLATION"
            assert english_["problems"][0]["path"]
            assert english_["problems"][0]["shape"]


def test_what_is_no_matter_of_the_change_is_an_error_and_hides_no_other_field(mutating: Mutating) -> None:
    for error, code in ((Forbidden("Not yours."), "FORBIDDEN"), (ContractChanged("Other."), "CONTRACT_CHANGED")):
        mutating.writer.answer = error
        told = mutating.tell(f"""mutation {{ a: publishService(iri: "{BIRTH.value}") {{ committed }}
          b: createLifeEvent(input: {{}}) {{ committed }} }}""")
        assert told.data == {"a": None, "b": {"committed": False}}
        assert [(e["path"], e["extensions"]["code"]) for e in told.errors] == [(["a"], code)]


def test_without_a_desk_no_mutation_runs(schema: Schema, view: View) -> None:
    told = schema.execute(f'mutation {{ publishService(iri: "{BIRTH.value}") {{ committed }} }}', view)
    assert (told.ran, told.data) == (False, None)
    assert told.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_what_is_committed_but_not_readable_yet_is_said_to_be_committed(schema: Schema, view: View) -> None:
    asked: list[int] = []

    def working(minimum: int) -> View:
        asked.append(minimum)
        if minimum > view.revision:
            raise RevisionAway("Not here.")
        return view

    desk = Desk(Recorder(), STEWARD, working)
    field_ = f'mutation {{ publishService(iri: "{BIRTH.value}") {{ committed revision %s problems {{ code }} }} }}'
    told = schema.execute(field_ % "entity { iri }", view, desk=desk)
    late = {"committed": True, "revision": 7, "entity": None, "problems": [{"code": "NOT_READABLE_YET"}]}
    assert told.data == {"publishService": late}
    assert told.written == 7
    assert asked == [0, 7, 0]
    told = schema.execute(field_ % "", view, desk=desk)
    assert told.data == {"publishService": {"committed": True, "revision": 7, "problems": []}}
    assert asked[3:] == [0], "who reads no entity does not wait for one"


def test_values_arrive_as_they_are_and_in_no_query(mutating: Mutating, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = 'x"@en } ; DROP ALL # \\ \n <http://a> ${x} \u202e'
    queries: list[str] = []
    asked: Any = type(mutating.view.reader).query

    def query(self: object, one: Query) -> object:
        queries.append(one.text)
        return asked(self, one)

    monkeypatch.setattr(type(mutating.view.reader), "query", query)
    told = mutating.tell(
        'mutation($v: String!) { createLifeEvent(input: { slug: "x" title: { value: $v, lang: "en" } identifier: $v },'
        " reason: $v) { committed } }",
        v=evil,
    )
    assert told.data == {"createLifeEvent": {"committed": True}}
    (change,) = mutating.writer.changes
    assert change.reason == evil
    (entry,) = change.edits
    assert isinstance(entry, Entry)
    said = {values.predicate: values.terms for values in entry.values}
    assert said[TITLE] == (english(evil),)
    assert said[name(DCT, "identifier")] == (Literal(evil),)
    assert not [query for query in queries if "DROP" in query]


def test_a_property_added_in_one_file_can_be_written_under_its_former_name_too(tmp_path: Path, view: View) -> None:
    shape = """gov:More a sh:NodeShape ; sh:targetClass cpsv:PublicService ; sh:property
      [ sh:path gov:hotline ; gov:apiName "hotline" ; gov:formerName "helpline" ; sh:name "hotline"@en ;
        sh:datatype xsd:string ; sh:maxCount 1 ] ."""
    folder = tmp_path / "contract"
    folder.mkdir()
    (folder / "more.ttl").write_text(TURTLE_PREFIXES + shape, "utf-8")
    extended = read_contract(extension=folder)
    mutating = Mutating(build_schema(extended, {}), View(view.reader, extended, view.names, view.audience), Recorder())
    expected = Values(name(GOV, "hotline"), (Literal("+352"),))
    for name_ in ("hotline", "helpline"):
        (entry,) = mutating.edits(f'updateService(iri: "{BIRTH.value}", patch: {{ {name_}: "+352" }})')
        assert entry.values == (expected,)
    (entry,) = mutating.edits('createService(input: { slug: "x" hotline: "+352" })')
    assert expected in entry.values
    both = f'updateService(iri: "{BIRTH.value}", patch: {{ hotline: "1", helpline: "2" }})'
    assert mutating.problems(both) == [("INVALID_INPUT", ["patch", "helpline"])]


def test_every_form_of_property_is_written_by_some_test(contract: Contract) -> None:
    assert {prop.form for kind in contract.kinds for prop in kind.properties if prop.stored} == set(Form)
