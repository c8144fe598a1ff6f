"""Sheets: the template comes from the contract, cells are read as people write them, a bad row never stops the rest."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from conftest import BASE
from govgraph.catalogue import Audience, Catalogue
from govgraph.change import Loaded
from govgraph.change.loading import Load
from govgraph.contract import Contract, Form
from govgraph.iris import CODE, XSD
from govgraph.sheet import Unfit, plain, values
from govgraph.sheet.rows import Sheet, load_sheets
from govgraph.sheet.table import Unreadable, read
from govgraph.sheet.template import columns, template
from govgraph.store import Term
from govgraph.store.embedded import MemoryStore

ORGANISATIONS = """slug;title@en;title@fr;spatial
interior;Ministry of the Interior;Ministère de l'Intérieur;http://publications.europa.eu/resource/authority/country/LUX
trade;Ministry of Trade, Industry and Energy;;
"""


class Sheets:
    """Loads CSV texts, named after their kinds, into a store in memory; one command each time it is called."""

    def __init__(self, contract: Contract, directory: Path) -> None:
        self.contract = contract
        self.store = MemoryStore(BASE)
        self._directory = directory

    def __call__(self, language: str = "en", **texts: str | bytes) -> Loaded:
        load = Load(self.store, self.contract)
        sheets = []
        for kind, text in texts.items():
            path = self._directory / f"{kind}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            sheets.append(Sheet(path, path.name, self.contract.kind(kind)))
        load_sheets(load, sheets, language)
        return load.finish()

    def said(self, kind: str, slug: str) -> dict[str, set[str]]:
        """The values of an entity, by property: a literal's text, the end of an IRI."""
        view = Catalogue(self.store, self.contract).view(Audience.WORKING)
        entity = view.entity(view.names.entity(kind, slug))
        return {p.name: {short(v) for v in found} for p, found in entity.values.items()} if entity else {}

    def parts(self, kind: str, slug: str, name: str) -> list[dict[str, set[str]]]:
        """The parts below a property, each as ``said`` gives an entity; those with the least text first."""
        view = Catalogue(self.store, self.contract).view(Audience.WORKING)
        entity = view.entity(view.names.entity(kind, slug))
        assert entity is not None
        prop = self.contract.kind(kind).by_name[name]
        found = [view.entity(iri) for iri in entity.values[prop] if isinstance(iri, NamedNode)]
        said = [{p.name: {short(v) for v in of} for p, of in part.values.items()} for part in found if part]
        return sorted(said, key=str)


def short(term: Term) -> str:
    if isinstance(term, Literal):
        return term.value + (f"@{term.language}" if term.language else "")
    assert isinstance(term, NamedNode)
    return term.value.rpartition("/")[2].rpartition("#")[2]


@pytest.fixture
def sheets(contract: Contract, tmp_path: Path) -> Sheets:
    return Sheets(contract, tmp_path)


def test_every_stored_property_of_every_kind_has_its_columns(contract: Contract) -> None:
    counted = 0
    for kind in contract.entities:
        header, help_row = csv.reader(io.StringIO(template(contract, kind, "en")))
        assert header[0] == "slug"
        assert help_row[0].startswith("# ")
        assert len(header) == len(set(header)) == len(help_row)
        assert all(help_row)
        named = {name.partition("@")[0].partition(".")[0] for name in header[1:]}
        assert named == {p.name for p in kind.properties if p.stored}
        counted += 1
    assert counted == len(contract.entities) >= 26


def test_a_text_has_a_column_per_language_and_a_part_one_per_property(contract: Contract) -> None:
    names = [column.name for column in columns(contract, contract.kind("service"))]
    assert {"title@en", "title@fr", "level", "channels.type", "channels.description@fr", "costs.value"} <= set(names)
    assert "roadmapItems" not in names, "a property read backwards is stored with the other entity"


def test_help_is_in_the_language_asked_for(contract: Contract) -> None:
    assert "Au choix : LEVEL_1" in template(contract, contract.kind("service"), "fr")


def test_a_filled_template_loads_and_its_help_row_does_not(sheets: Sheets, contract: Contract) -> None:
    rows = list(csv.reader(io.StringIO(template(contract, contract.kind("team"), "en"))))
    rows.append(["health", "Digital team", *[""] * (len(rows[0]) - 2)])
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    loaded = sheets(team=target.getvalue())
    assert (loaded.loaded, loaded.rejected) == (1, ())
    assert sheets.said("team", "health") == {"title": {"Digital team@en"}}


def test_cells_are_read_as_the_govstack_template_writes_them(sheets: Sheets) -> None:
    loaded = sheets(
        organisation=ORGANISATIONS,
        service=(
            "slug,title,title@fr,identifier,authority,level,transactionsPerYear,requestsPerMonth,challenges,audience,"
            "keywords,crossBorder,yearsInOperation,languages,usersPerYear\n"
            'birth,Register a birth,Déclarer une naissance,CIV-1, ministère  DE l’interieur ,4,"1,102,000",1.3,'
            '"Regulations, Digital skills","Individual, Business","birth, certificate",Oui,>10,http://x/ENG http://x/FRA,\n'
        ),
    )
    assert (loaded.loaded, loaded.rejected) == (3, ())
    assert sheets.said("service", "birth") == {
        "title": {"Register a birth@en", "Déclarer une naissance@fr"},
        "identifier": {"CIV-1"},
        "authority": {"interior"},
        "level": {"Level4"},
        "transactionsPerYear": {"1102000"},
        "requestsPerMonth": {"1.3"},
        "challenges": {"Regulations", "DigitalSkills"},
        "audience": {"Individual", "Business"},
        "keywords": {"birth@en", "certificate@en"},
        "crossBorder": {"true"},
        "yearsInOperation": {"MoreThanTenYears"},
        "languages": {"ENG", "FRA"},
    }


def test_a_title_with_commas_is_one_reference_and_a_list_of_titles_several(sheets: Sheets) -> None:
    sheets(
        organisation=ORGANISATIONS,
        service='slug,authority\na,"Ministry of Trade, Industry and Energy"\nb,"interior, Trade"\nc,trade|interior\n',
    )
    assert [sheets.said("service", slug)["authority"] for slug in "abc"] == [
        {"trade"},
        {"interior", "trade"},
        {"interior", "trade"},
    ]


def test_values_of_parts_belong_together_by_their_place(sheets: Sheets) -> None:
    sheets(
        service=(
            "slug,channels.type,channels.homepage,channels.description@en\n"
            "a,Online|Office,https://a.example/|,|Main; hall\n"
        )
    )
    assert sheets.parts("service", "a", "channels") == [
        {"description": {"Main; hall@en"}, "type": {"Office"}},
        {"homepage": {""}, "type": {"Online"}},
    ]


def test_columns_of_parts_with_different_numbers_of_values_reject_the_row(sheets: Sheets) -> None:
    loaded = sheets(service="slug,channels.type,channels.homepage\na,Online|Office,https://a.example/\nb,Online,\n")
    assert (loaded.loaded, [r.line for r in loaded.rejected]) == (1, [2])
    assert "channels.type has 2, channels.homepage has 1" in loaded.rejected[0].reason


def test_a_misspelt_ministry_is_rejected_with_what_it_may_have_meant(sheets: Sheets) -> None:
    loaded = sheets(organisation=ORGANISATIONS, service="slug,authority\na,Ministry of the Interiour\n")
    assert loaded.loaded == 2
    [rejected] = loaded.rejected
    assert (rejected.file, rejected.line, rejected.record) == ("service.csv", 2, "a,Ministry of the Interiour")
    assert rejected.reason.startswith("authority: “Ministry of the Interiour” is no organisation known here")
    assert "did you mean “Ministry of the Interior”" in rejected.reason


def test_a_title_two_entities_share_has_to_be_told_apart(sheets: Sheets) -> None:
    sheets(organisation="slug,title\na,Office\nb,Office\n")
    loaded = sheets(service="slug,authority,title\ns,office,S\nt,,T\n")
    assert "id/organisation/a or " in loaded.rejected[0].reason
    assert loaded.loaded == 1


def test_a_row_without_slug_is_named_by_identifier_or_title(sheets: Sheets) -> None:
    loaded = sheets(service="identifier,title\nCIV 7,Marry\n,Get a passport\n,\n")
    assert loaded.loaded == 2
    assert sheets.said("service", "civ-7")
    assert sheets.said("service", "get-a-passport")


def test_every_reason_is_told_at_once_and_nothing_of_the_row_is_written(sheets: Sheets) -> None:
    loaded = sheets(service="slug,title,level,crossBorder\na,A,9,perhaps\nb,B,2,no\n")
    [rejected] = loaded.rejected
    assert "level: “9” is none of LEVEL_1, LEVEL_2" in rejected.reason
    assert "crossBorder: “perhaps” is neither yes nor no" in rejected.reason
    assert sheets.said("service", "a") == {}
    assert sheets.said("service", "b")["level"] == {"Level2"}


def test_lines_are_those_of_the_file_however_long_the_rows_before(sheets: Sheets) -> None:
    loaded = sheets(service='slug,title,level\n# a note\n\na,"two\nlines",1\nb,B,nine\n')
    assert [(r.line, r.record) for r in loaded.rejected] == [(6, "b,B,nine")]
    assert sheets.said("service", "a")["title"] == {"two\nlines@en"}


def test_a_row_that_is_not_utf8_is_rejected_and_the_others_load(sheets: Sheets) -> None:
    loaded = sheets(team="slug,title\na,Minist\xe8re\nb,Fine\n".encode("latin-1"))
    assert loaded.loaded == 1
    [rejected] = loaded.rejected
    assert rejected.line == 2
    assert rejected.reason == "The text is not UTF-8 (byte 0xe8); save the file as UTF-8."


def test_a_row_with_too_many_cells_is_rejected(sheets: Sheets) -> None:
    loaded = sheets(team="slug,title\na,Health, digital team\nb,Fine,,\n")
    assert loaded.loaded == 1
    assert "3 cells, the header 2" in loaded.rejected[0].reason


def test_a_quote_that_is_never_closed_is_told_where_it_opens(sheets: Sheets) -> None:
    loaded = sheets(team='slug,title\na,Fine\nb,"open\nc,C\n')
    assert loaded.loaded == 1
    assert [(r.line, r.reason) for r in loaded.rejected] == [(3, "A quote opened here is never closed.")]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("slug,tittle", "Team has no column “tittle”; did you mean “title@en”?"),
        ("slug,titel@en", "Team has no column “titel@en”; did you mean “title@en”?"),
        ("slug,roof", "Team has no column “roof”"),
        ("slug,title,title@en", "The column “title@en” stands twice."),
    ],
)
def test_a_wrong_column_rejects_the_file_and_names_the_nearest_right_one(
    sheets: Sheets, header: str, told: str
) -> None:
    loaded = sheets(organisation=ORGANISATIONS, team=f"{header}\na,b,c\n")
    [rejected] = loaded.rejected
    assert (rejected.file, rejected.line) == ("team.csv", 1)
    assert rejected.reason.startswith(told)
    assert loaded.loaded == 2


def test_a_newer_row_replaces_what_it_fills_and_keeps_what_it_leaves_blank(sheets: Sheets) -> None:
    header = "slug,title,level,keywords,channels.type,visits\n"
    sheets(service=header + "a,A,1,x|y,Online|Office,3\n")
    loaded = sheets(service=header + "a,,2,z,Phone,\n")
    assert (loaded.loaded, loaded.merged) == (0, 1)
    said = sheets.said("service", "a")
    assert (said["title"], said["level"], said["keywords"], said["visits"]) == ({"A@en"}, {"Level2"}, {"z@en"}, {"3"})
    assert sheets.parts("service", "a", "channels") == [{"type": {"Phone"}}]
    dump = sheets.store.reader().dump(NamedNode(f"{BASE}graph/working"))
    assert b"code#Office" not in dump, "a part nobody points to any more is gone"


def test_two_rows_for_one_entity_fill_its_lists_together(sheets: Sheets) -> None:
    loaded = sheets(service="slug,title,keywords\na,Old,x\na,New,y\n")
    assert (loaded.loaded, loaded.merged) == (1, 1)
    assert sheets.said("service", "a") == {"title": {"New@en"}, "keywords": {"x@en", "y@en"}}


def test_loading_a_sheet_again_changes_nothing(sheets: Sheets) -> None:
    texts = {"organisation": ORGANISATIONS, "service": "slug,title,costs.value,costs.currency\na,A,10|0,http://x/K|\n"}
    sheets(**texts)
    before = set(sheets.store.reader().dump(NamedNode(f"{BASE}graph/working")).splitlines())
    loaded = sheets(**texts)
    assert (loaded.loaded, loaded.merged) == (0, 3)
    assert set(sheets.store.reader().dump(NamedNode(f"{BASE}graph/working")).splitlines()) == before


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_forms_spreadsheets_write_are_all_read(separator: str, mark: bytes, end: str) -> None:
    data = mark + end.join((separator.join(("slug", "title")), separator.join(("a", '"x, y; z"')), "")).encode()
    table = read(data, "x.csv")
    assert table.header == ("slug", "title")
    assert [row.cells for row in table.rows] == [("a", "x, y; z")]


@pytest.mark.parametrize("data", ["slug,title\n".encode("utf-16"), b"", b"\n\n", b"# only a note\n", b"a,\xe9\n"])
def test_a_file_without_readable_header_is_no_table(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(data, "x.csv")


NUMBERS = {
    "1,102,000": "1102000",
    "1 102 000": "1102000",
    "1\u202f102\u202f000": "1102000",
    "1’102’000": "1102000",
    "1.102.000": "1102000",
    "1.102.000,5": "1102000.5",
    "1,102,000.5": "1102000.5",
    "1.3": "1.3",
    "1,3": "1.3",
    ".5": "0.5",
    "-4": "-4",
    "+4": "4",
}


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert str(values.number(text)) == number


@pytest.mark.parametrize(
    "text", ["many", "1/2", "1,2,3", "12,34,567", "--1", "1e999999999", "Infinity", "nan", "1.2.3", "٣x"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        values.number(text)


LITERALS: list[tuple[str, str, str | None]] = [
    ("integer", "12", "12"),
    ("integer", "12.0", "12"),
    ("integer", "1.3", None),
    ("integer", "1.102", None),
    ("decimal", "1.102", "1.102"),
    ("decimal", "1,102", None),
    ("decimal", "1.102,5", "1102.5"),
    ("integer", "1,102", "1102"),
    ("boolean", "Non", "false"),
    ("boolean", "VRAI", "true"),
    ("boolean", "2", None),
    ("date", "2027-01-31", "2027-01-31"),
    ("date", "2027-01-31 00:00:00", "2027-01-31"),
    ("date", "31/01/2027", None),
    ("date", "2027-02-30", None),
    ("dateTime", "2027-01-31T12:00:00Z", "2027-01-31T12:00:00+00:00"),
    ("duration", "P5D", "P5D"),
    ("duration", "5 days", None),
    ("duration", "P", None),
    ("double", "10", "10.0"),
    ("anyURI", "https://x.example/", "https://x.example/"),
    ("string", " as it is ", " as it is "),
]


@pytest.mark.parametrize(("datatype", "text", "written"), LITERALS)
def test_a_literal_is_written_as_its_datatype_wants_or_refused(
    contract: Contract, datatype: str, text: str, written: str | None
) -> None:
    prop = replace(contract.kind("service").by_name["visits"], datatype=NamedNode(XSD + datatype))
    assert prop.form is Form.LITERAL
    if written is None:
        with pytest.raises(Unfit):
            values.value(contract, prop, text, "en")
    else:
        assert values.value(contract, prop, text, "en") == Literal(written, datatype=NamedNode(XSD + datatype))


@pytest.mark.parametrize("text", ["LEVEL_3", "level 3", "3", "Level3", f"{CODE}Level3"])
def test_a_code_has_many_names(contract: Contract, text: str) -> None:
    assert values.code(contract.lists_by_name["DigitalisationLevel"], text) == NamedNode(f"{CODE}Level3")


def test_every_label_of_every_code_means_that_code(contract: Contract) -> None:
    found = [
        (code.iri, values.code(codes, label))
        for codes in contract.code_lists
        for code in codes.codes
        for label in (code.name, *code.labels.values())
    ]
    assert len(found) >= 300
    assert [one for one, other in found if one != other] == []


@pytest.mark.parametrize("text", ["www.example.org/page", "example.gov", "no address", "http://a b"])
def test_what_is_no_full_address_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        values.iri(text)


@given(st.integers(), st.sampled_from([",", " ", "’", "\u202f"]))
def test_a_grouped_whole_number_is_the_number(number: int, separator: str) -> None:
    assert values.number(f"{number:,}".replace(",", separator)) == number


@given(st.text())
def test_no_text_makes_a_value_fail_otherwise_than_by_refusing(text: str) -> None:
    readers: list[Callable[[str], object]] = [values.number, values.iri]
    for reader in readers:
        try:
            reader(text)
        except Unfit:
            continue


def test_plain_forgets_what_people_write_differently() -> None:
    assert plain(" Ministère  de l’INTÉRIEUR ") == plain("ministere de l'interieur")
