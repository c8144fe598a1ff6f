"""Mapping files: other CSV and JSON become entries by data alone; a mistake is refused before anything is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from conftest import BASE, REPOSITORY
from govgraph.catalogue import Audience, Catalogue
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.contract import Contract
from govgraph.errors import LoadError, MappingError
from govgraph.sheet import documents
from govgraph.sheet.mapping.applying import Found, load_mapped
from govgraph.sheet.mapping.reading import read
from govgraph.sheet.table import Unreadable
from govgraph.store import Term
from govgraph.store.embedded import MemoryStore

SOURCE = '[[source]]\nfile = "in.csv"\nkind = "Service"\nslug = "{id}"\n'


class Mapped:
    """Loads files through a mapping text into a store in memory."""

    def __init__(self, contract: Contract, directory: Path) -> None:
        self.contract = contract
        self.store = MemoryStore(BASE)
        self._directory = directory

    def __call__(self, mapping: str, **files: str) -> Loaded:
        path = self._directory / "mapping.toml"
        path.write_text(mapping, "utf-8")
        found = {}
        for name, text in files.items():
            file = name.replace("_", ".")
            (self._directory / file).write_text(text, "utf-8")
            found[file] = [Found(self._directory / file, file)]
        load = Load(self.store, self.contract)
        load_mapped(load, read(path, self.contract, "en"), found)
        return load.finish()

    def said(self, kind: str, slug: str) -> dict[str, set[str]]:
        view = Catalogue(self.store, self.contract).view(Audience.WORKING)
        entity = view.entity(view.names.entity(kind, slug))
        return {p.name: {short(v) for v in found} for p, found in entity.values.items()} if entity else {}

    def parts(self, slug: str, name: str) -> list[dict[str, set[str]]]:
        view = Catalogue(self.store, self.contract).view(Audience.WORKING)
        service = self.contract.kind("service")
        entity = view.entity(view.names.entity("service", slug))
        assert entity is not None
        found = [view.entity(iri) for iri in entity.values[service.by_name[name]] if isinstance(iri, NamedNode)]
        return sorted(
            ({p.name: {short(v) for v in of} for p, of in one.values.items()} for one in found if one), key=str
        )


def short(term: Term) -> str:
    if isinstance(term, Literal):
        return term.value + (f"@{term.language}" if term.language else "")
    assert isinstance(term, NamedNode)
    return term.value.removeprefix(BASE + "id/").rpartition("#")[2]


@pytest.fixture
def mapped(contract: Contract, tmp_path: Path) -> Mapped:
    return Mapped(contract, tmp_path)


def rules(properties: str, source: str = SOURCE) -> str:
    return f"{source}[source.properties]\n{properties}\n"


def test_a_property_takes_the_field_of_its_name_in_the_language_of_the_source(mapped: Mapped) -> None:
    loaded = mapped('language = "de"\n' + rules('title = "name"'), in_csv="id,name\n7,Reisepass\n")
    assert (loaded.loaded, loaded.rejected) == (1, ())
    assert mapped.said("service", "7") == {"title": {"Reisepass@de"}}


RULES: list[tuple[str, str, str, set[str]]] = [
    ('identifier = { template = "{id}/{name}" }', "identifier", "x", {"7/x"}),
    ('identifier = { template = "{id}/{other}" }', "identifier", "x", set()),
    ('identifier = { constant = "c" }', "identifier", "", {"c"}),
    ('identifier = { from = "name", default = "d" }', "identifier", "", {"d"}),
    ('keywords = { from = "name", split = [";", "+"], language = "fr" }', "keywords", "a; b+c;", {"a@fr", "b@fr", "c@fr"}),  # noqa: E501  # one case a line
    ("keywords = { from = \"name\", pattern = '[A-Z]+' }", "keywords", "AB cd EF", {"AB@en", "EF@en"}),
    ("keywords = { from = \"name\", pattern = '(\\d)x' }", "keywords", "1x 2y 3x", {"1@en", "3@en"}),
    ("keywords = { from = \"name\", replace = [['a', 'b'], ['^b', 'c']] }", "keywords", "aa", {"cb@en"}),
    ('keywords = { from = "name", split = ",", skip = ["-", "none"] }', "keywords", "-,x,none", {"x@en"}),
    ('level = { from = "name", lookup = "levels" }', "level", "hoch", {"Level4"}),
    ('level = { from = "name", lookup = ["codes", "levels"] }', "level", "9", {"Level4"}),
    ('level = { from = "name", lookup = "levels" }', "level", "egal", set()),
    ('level = { from = "name", lookup = "levels", otherwise = "skip" }', "level", "?", set()),
    ('level = { from = "name", lookup = "levels", otherwise = "keep" }', "level", "LEVEL_2", {"Level2"}),
    ('usersPerYear = { from = "name", number = { decimal = ",", thousands = "." } }', "usersPerYear", "1.200,0", {"1200"}),  # noqa: E501  # one case a line
    ('homepage = { from = "name", otherwise = "skip" }', "homepage", "www.x.example", set()),
    ('processingTime = { template = "P{name}D" }', "processingTime", "5", {"P5D"}),
]  # fmt: skip
TABLES = '[tables.levels]\nhoch = "LEVEL_4"\negal = ""\n[tables.codes]\n9 = "hoch"\n'


@pytest.mark.parametrize(("rule", "prop", "value", "found"), RULES)
def test_a_rule_makes_a_value_fit(mapped: Mapped, rule: str, prop: str, value: str, found: set[str]) -> None:
    loaded = mapped(TABLES + rules(rule), in_csv=f'id,name\n7,"{value}"\n')
    assert (loaded.loaded, loaded.rejected) == (1, ())
    assert mapped.said("service", "7").get(prop, set()) == found


UNFIT: list[tuple[str, str, str]] = [
    ('level = { from = "name", lookup = "levels" }', "?", "level: “?” is not in the table levels."),
    ('level = "name"', "deep", "level: “deep” is none of LEVEL_1"),
    ('usersPerYear = "name"', "few", "usersPerYear: “few” is no number"),
    ('authority = "name"', "nobody", "authority: “nobody” is no organisation known here"),
    ('requires = { from = "name", record = { source = "in.csv", key = "id" } }', "8", "“8” is the id of no records of in.csv"),  # noqa: E501  # one case a line
]  # fmt: skip


@pytest.mark.parametrize(("rule", "value", "told"), UNFIT)
def test_a_value_that_does_not_fit_rejects_its_record_alone(mapped: Mapped, rule: str, value: str, told: str) -> None:
    loaded = mapped(TABLES + rules(rule), in_csv=f"id,name\n7,{value}\n9,\n")
    assert loaded.loaded == 1
    [rejected] = loaded.rejected
    assert (rejected.file, rejected.line, rejected.record) == ("in.csv", 2, f"7,{value}")
    assert told in rejected.reason


def test_a_date_is_read_the_way_the_source_writes_it(mapped: Mapped) -> None:
    source = SOURCE.replace("Service", "Regulation")
    rule = 'inForceFrom = { from = "day", date = "%d.%m.%Y" }'
    loaded = mapped(rules(rule, source), in_csv="id,day\na,31.01.2027\nb,2027-01-31\n")
    assert mapped.said("regulation", "a")["inForceFrom"] == {"2027-01-31"}
    assert [r.reason for r in loaded.rejected] == ["inForceFrom: “2027-01-31” is no date like %d.%m.%Y."]


ENTITY = """
[source.properties.authority]
from = "office"
entity = { kind = "Organisation", slug = "{value}", properties = { title = { template = "{value} ({town})" } } }
"""


def test_an_entity_is_made_once_and_never_overwritten(mapped: Mapped) -> None:
    loaded = mapped(SOURCE + ENTITY, in_csv="id,office,town\n1,A,x\n2,A,y\n3,B,z\n")
    assert (loaded.loaded, loaded.entities) == (3, 5), "what is made on the way is no record"
    assert mapped.said("organisation", "a")["title"] == {"A (x)@en"}
    again = mapped(SOURCE + ENTITY, in_csv="id,office,town\n1,A,other\n")
    assert (again.merged, again.entities) == (1, 5)
    assert mapped.said("organisation", "a")["title"] == {"A (x)@en"}
    assert mapped.said("service", "1") == {"authority": {"organisation/a"}}


def test_an_entity_of_a_rejected_record_is_not_made(mapped: Mapped) -> None:
    loaded = mapped(
        SOURCE + ENTITY + '[source.properties.level]\nfrom = "level"\n',
        in_csv="id,office,town,level\n1,A,x,9\n2,B,y,\n",
    )
    assert (loaded.loaded, len(loaded.rejected)) == (1, 1)
    assert mapped.said("organisation", "a") == {}


TWO = """
[tables.kinds]
p = "LifeEvent"
b = "BusinessEvent"

[[source]]
name = "events"
file = "events.csv"
kind = { from = "type", lookup = "kinds" }
slug = "{name}"

[source.properties]
title = "name"
partOf = { from = "above", record = { source = "events", key = "id" } }

[[source]]
file = "in.csv"
kind = "Service"
slug = { template = "{name}", replace = [['Ü', 'Ue']] }

[source.properties]
events = { from = "event", record = { source = "events", key = "id" }, otherwise = "skip" }
"""


def test_records_of_all_files_point_to_each_other_whatever_their_kind(mapped: Mapped) -> None:
    loaded = mapped(
        TWO,
        events_csv="id,name,type,above\n1,Birth,p,\n2,Firm,b,1\n3,Odd,x,\n",
        in_csv="name,event\nÜber,2\nUber,1\nLost,7\n",
    )
    assert (loaded.loaded, [r.reason for r in loaded.rejected]) == (5, ["kind: “x” is not in the table kinds."])
    assert mapped.said("business-event", "firm") == {
        "title": {"Firm@en"},
        "partOf": {"life-event/birth"},
        "services": {"service/ueber"},
    }
    assert mapped.said("service", "uber") == {"events": {"life-event/birth"}}
    assert mapped.said("service", "lost") == {}


JSON = """
[[source]]
file = "in.json"
items = "data.letters"
kind = "Service"
slug = "{meta.id}"

[source.properties]
keywords = { from = ["steps.words", "tag"] }
evidence = { from = "steps.papers", parts = { title = "value", description = { template = "for {meta.id}" } } }
costs = { from = "steps.costs", parts = { value = "amount", description = { template = "{name} of {record.meta.id}" }}}
contactPoints = { parts = { email = "mail" } }
"""
LETTER = {
    "meta": {"id": 7},
    "tag": "t",
    "mail": "a@b.example",
    "steps": [
        {"words": ["w", "v"], "papers": ["passport"], "costs": [{"name": "fee", "amount": 1.50}, {"name": "stamp"}]},
        {"words": [], "papers": ["passport", "photo"], "costs": []},
    ],
}


def test_json_is_walked_through_lists_and_objects(mapped: Mapped) -> None:
    loaded = mapped(JSON, in_json=json.dumps({"note": [1, {"a": "}"}], "data": {"letters": [LETTER]}}))
    assert (loaded.loaded, loaded.rejected) == (1, ())
    assert mapped.said("service", "7")["keywords"] == {"w@en", "v@en", "t@en"}
    assert mapped.parts("7", "evidence") == [
        {"title": {"passport@en"}, "description": {"for 7@en"}},
        {"title": {"photo@en"}, "description": {"for 7@en"}},
    ]
    assert mapped.parts("7", "costs") == [
        {"description": {"stamp of 7@en"}},
        {"description": {"fee of 7@en"}, "value": {"1.5"}},
    ]
    assert mapped.parts("7", "contactPoints") == [{"email": {"a@b.example"}}]


def test_a_field_an_object_lacks_is_not_taken_from_the_record_around_it(mapped: Mapped) -> None:
    mapping = JSON.replace('"{name} of {record.meta.id}"', '"{name} {tag}"')
    mapped(mapping, in_json=json.dumps({"data": {"letters": [LETTER]}}))
    assert [part for part in mapped.parts("7", "costs") if "description" in part] == []


def test_records_of_json_know_their_line() -> None:
    text = b'\xef\xbb\xbf{"x": "[", "items":\n [ {"a": 1},\n\n  {"a":\n 2}, 3 ]}'
    assert list(documents.records(text, "items")) == [(2, {"a": "1"}), (4, {"a": "2"}), (5, "3")]
    assert list(documents.records(b'{"a": 1.50}', "")) == [(1, {"a": "1.50"})]
    assert list(documents.records(b"[]", "")) == []


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"[{},\n{]", 2),
        (b'{"items": [1', 1),
        (b'{"other": []}', 1),
        (b"[1 2]", 1),
        (b'\n\n"\xe9"', 3),
        (b"", 1),
        (b"[" * 100_000, 1),
    ],
)
def test_what_is_no_json_is_told_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(Unreadable) as refused:
        list(documents.records(data, "items" if data.startswith(b"{") else ""))
    assert refused.value.line == line


def test_good_records_before_a_fault_in_the_file_are_kept(mapped: Mapped) -> None:
    loaded = mapped(
        rules('title = "name"').replace("in.csv", "in.json"), in_json='[{"id": "a"},\n{"id": "b"},\n{"id" "c"}]'
    )
    assert loaded.loaded == 2
    assert [(r.file, r.line) for r in loaded.rejected] == [("in.json", 3)]


def test_a_record_that_does_not_fill_its_address_is_rejected(mapped: Mapped) -> None:
    loaded = mapped(rules('title = "name"'), in_csv="id,name\n,nameless\na,A\n")
    assert (loaded.loaded, [r.reason for r in loaded.rejected]) == (1, ["slug: the record does not fill {id}."])


def test_a_table_may_be_read_from_a_file(mapped: Mapped) -> None:
    table = '[tables.laws]\nfile = "laws.csv"\nkey = "short"\nvalue = "long"\npattern = \'^[^\\[]*[^\\[\\s]\'\n'
    mapped(
        table + rules('title = { from = "law", lookup = "laws", otherwise = "keep" }'),
        in_csv="id,law\n1,A\n2,B\n",
        laws_csv="short,long\nA,Act of A [page]\nA,Another\n",
    )
    assert [mapped.said("service", slug)["title"] for slug in "12"] == [{"Act of A@en"}, {"B@en"}]


def test_a_table_that_finds_nothing_stops_the_load(mapped: Mapped) -> None:
    table = '[tables.laws]\nfile = "laws.csv"\nkey = "short"\nvalue = "long"\n'
    with pytest.raises(LoadError, match="The table laws finds nothing in laws"):
        mapped(table + rules('title = { from = "law", lookup = "laws" }'), in_csv="id,law\n1,A\n")


MISTAKES: list[tuple[str, str]] = [
    ("x", "mapping.toml is no TOML"),
    ("", "mapping.toml: source: there is no [[source]]"),
    ('titel = "x"\n' + SOURCE, "mapping.toml: 'titel' is no key here"),
    (SOURCE.replace("slug", "slog"), "mapping.toml: source 1: 'slog' is no key here"),
    (SOURCE.replace('slug = "{id}"\n', ""), "mapping.toml: source 1: slug is missing"),
    (SOURCE.replace("Service", "Servis"), "mapping.toml: source 1, kind: There is no kind 'Servis'"),
    (SOURCE.replace("Service", "Channel"), "source 1, kind: Channel is part of another kind"),
    (SOURCE + 'format = "xml"\n', "source 1: the format is 'xml'"),
    (SOURCE + 'language = "x y"\n', "source 1: 'x y' is no language tag"),
    (SOURCE.replace('file = "in.csv"\n', "") + SOURCE, "source 1: file is missing"),
    (rules('titel = "name"'), "source 1, properties: Service has no property 'titel'"),
    (rules('roadmapItems = "name"'), "source 1, properties: Service has no property 'roadmapItems'"),
    (rules('title = { frm = "name" }'), "source 1, properties.title: 'frm' is no key here"),
    (rules('title = { split = "," }'), "source 1, properties.title: it takes its value from nowhere"),
    (rules("title = { from = \"a\", pattern = '(' }"), "source 1, properties.title: '(' is no regular expression"),
    (rules('title = { from = "a", replace = ["b"] }'), "source 1, properties.title: replace is no list of pairs"),
    (rules('title = { from = "a", lookup = "t" }'), "source 1, properties.title: there is no table 't'"),
    (rules('title = { from = "a", otherwise = "stop" }'), "source 1, properties.title: otherwise is 'stop'"),
    (rules('title = { from = "a", entity = { kind = "Role", slug = "{value}" } }'), "properties.title: entity is for another"),  # noqa: E501  # one case a line
    (rules('requires = { from = "a", record = { source = "s", key = "k" } }'), "properties.requires.record: there is no source 's'"),  # noqa: E501  # one case a line
    (rules('requires = { from = "a", entity = { kind = "Role", slug = "{a}" } }'), "requires.entity: requires points to no Role"),  # noqa: E501  # one case a line
    (rules('requires = { from = "a", entity = { kind = "Service" } }'), "requires.entity: slug is missing"),
    (rules('channels = "a"'), "properties.channels: the property holds parts"),
    (rules('channels = { from = "a", parts = {} }'), "properties.channels.parts: it says nothing"),
    (rules('channels = { from = "a", parts = { colour = "a" } }'), "channels.parts: Channel has no property 'colour'"),
    (rules("title = 5"), "properties.title: 5 is no table"),
    (rules("title = { from = { a = 1 } }"), "properties.title, from: {'a': 1} is no text"),
    ("tables = 1\n" + SOURCE, "mapping.toml: tables: 1 is no table"),
    ('[tables.t]\nfile = "x.csv"\n' + SOURCE, "mapping.toml: tables.t: key is missing"),
    (SOURCE.replace('"Service"', '{ from = "a" }'), "source 1, kind: the kinds it can give are not known"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_a_mistake_is_refused_naming_the_file_and_the_key(mapped: Mapped, text: str, told: str) -> None:
    with pytest.raises(MappingError) as refused:
        mapped(text, in_csv="id,name\n1,a\n")
    assert told in refused.value.sentence
    assert refused.value.hint


def test_a_missing_mapping_file_is_refused(contract: Contract, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"nowhere\.toml cannot be read"):
        read(tmp_path / "nowhere.toml", contract, "en")


def test_the_shipped_mappings_are_read(contract: Contract) -> None:
    files = sorted((REPOSITORY / "seed_data" / "mappings").glob("*.toml"))
    counts = {path.stem: len(read(path, contract, "en").sources) for path in files}
    assert counts == {"brazil": 1, "ozg": 4}


def test_the_manual_names_every_key(contract: Contract, tmp_path: Path) -> None:
    """What ``reading`` accepts is what docs/loading.md describes."""
    from govgraph.sheet.mapping import reading  # noqa: PLC0415  # its lists of keys are its own affair elsewhere

    manual = (REPOSITORY / "docs" / "loading.md").read_text("utf-8")
    keys = {*reading._TOP, *reading._SOURCE, *reading._RULE, *reading._TABLE} - {"title", "tables", "source"}
    assert len(keys) >= 25
    assert [
        key
        for key in sorted(keys)
        if f"`{key}`" not in manual and f"`{key} = " not in manual and f"\n{key} = " not in manual
    ] == []


def test_progress_counts_records(contract: Contract, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    (tmp_path / "m.toml").write_text(rules('title = "name"'))
    (tmp_path / "in.csv").write_text("id,name\n" + "".join(f"{n},x\n" for n in range(300)))
    tell: Callable[[str, int, int], None] = lambda *step: told.append(step)  # noqa: E731  # a function of three lines for one
    load = Load(MemoryStore(BASE), contract, progress=tell)
    load_mapped(load, read(tmp_path / "m.toml", contract, "en"), {"in.csv": [Found(tmp_path / "in.csv", "in.csv")]})
    assert [step for step in told if step[0] == "records"] == [("records", 0, 300), ("records", 200, 300)]
