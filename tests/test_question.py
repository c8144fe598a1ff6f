"""Reading question files, binding parameters and finding chains; the shipped questions have a test of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from conftest import BASE, ORGANISATION, Small, service
from generator import generate
from govgraph.catalogue import Catalogue, View
from govgraph.contract import Contract
from govgraph.errors import NotFound, ParameterError, QuestionError
from govgraph.iris import XSD, Names, name
from govgraph.question import Question, Step
from govgraph.question.asking import ask, bind, find
from govgraph.question.reading import SHIPPED, read
from govgraph.store import Part
from govgraph.store.embedded import DiskStore
from habits import Shape

TODAY = date(2026, 11, 1)
HEADER = """#+ title = {en = "Which?", fr = "Lesquels ?"}
#+ reason = {en = "To know.", fr = "Pour savoir."}
"""
PLAIN = (
    HEADER
    + """#+ columns.service = {type = "Service", en = "service", fr = "service"}
SELECT ?service WHERE { ?service a cpsv:PublicService } ORDER BY ?service
"""
)
TYPED = (
    HEADER
    + """#+ columns.service = {type = "Service", en = "service", fr = "service"}
#+ params.authority = {type = "Organisation", en = "of", fr = "de"}
#+ params.level = {type = "DigitalisationLevel", en = "at", fr = "au"}
#+ params.least = {type = "integer", default = "0", en = "at least", fr = "au moins"}
#+ params.share = {type = "decimal", en = "share", fr = "part"}
#+ params.shared = {type = "boolean", en = "shared", fr = "mutualisé"}
#+ params.day = {type = "date", default = "today", en = "on", fr = "le"}
#+ params.word = {type = "string", en = "word", fr = "mot"}
SELECT ?service ?authority ?level ?least ?share ?shared ?day ?word WHERE { ?service a cpsv:PublicService }
ORDER BY ?service
"""
)
CHAINED = (
    HEADER
    + """#+ params.stop = {type = "Service", en = "over", fr = "par"}
#+ columns.first = {type = "Service", en = "first", fr = "premier"}
#+ columns.last = {type = "Service", en = "last", fr = "dernier"}
#+ columns.chain = {type = "chain", en = "why", fr = "pourquoi"}
#+ explain = {column = "chain", start = "first", end = "last", through = ["stop"]}
SELECT ?first ?last ?stop WHERE { ?first cv:relatedService+ ?last } ORDER BY ?first ?last
"""
)
EDGES = "SELECT ?from ?relation ?to WHERE { VALUES ?relation { cv:relatedService } ?from ?relation ?to }"


@pytest.fixture
def asked(contract: Contract, tmp_path: Path) -> Callable[..., Question]:
    """Reads one question from its text, and that of its edges."""

    def write(text: str, edges: str = "") -> Question:
        directory = tmp_path / "questions"
        directory.mkdir(exist_ok=True)
        (directory / "trial.rq").write_text(text, "utf-8")
        if edges:
            (directory / "trial.edges.rq").write_text(edges, "utf-8")
        return read(contract, [directory])["trial"]

    return write


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN.replace("{en =", "{en"), "trial.rq: the header is no TOML"),
        (PLAIN.replace("title", "name"), "unknown in header: name"),
        (PLAIN.replace('#+ reason = {en = "To know.", fr = "Pour savoir."}\n', ""), "no reason in the header"),
        (PLAIN.replace('en = "Which?", ', ""), "title has no words in English"),
        (PLAIN.replace('en = "service", ', ""), "service has no words in English"),
        (PLAIN.replace('"Service"', '"Servise"'), "service has the type 'Servise'"),
        (PLAIN.replace('type = "Service", ', ""), "service has no type"),
        (PLAIN.replace('type = "Service"', 'type = "Service", nulable = true'), "unknown in service: nulable"),
        (PLAIN.replace("?service WHERE", "?service ?more WHERE"), "the SELECT projects more, service"),
        (PLAIN.replace("?service a", "?service a a a"), "trial.rq:4:"),
        (PLAIN + "#+ order = 'first'", "order is 'first'"),
        (PLAIN + "#+ chart = {label = 'service', values = ['count']}", "chart names 'count'"),
        (PLAIN + "#+ chart = {label = 'service'}", "chart does not have the right keys"),
        (TYPED.replace('"0"', '"none"'), "the default: least is 'none'"),
        (TYPED.replace("PublicService }", "PublicService FILTER(?day < NOW()) }"), "the query calls NOW"),
        (TYPED.replace("PublicService }", "PublicService FILTER(!BOUND(?day)) }"), "BOUND(?day) is always false"),
        (
            TYPED.replace("PublicService }", "PublicService { SELECT ?service { ?service ?p ?day } } }"),
            "a sub-select uses the parameter ?day",
        ),
        (CHAINED.replace("chain = {type", "way = {type").replace("columns.chain", "columns.way"), "go together"),
        (CHAINED.replace('end = "last"', 'end = "end"'), "explain names 'end'"),
        (CHAINED.replace(', end = "last"', ""), "explain does not have the right keys"),
    ],
)
def test_a_file_that_would_fail_when_asked_is_refused_when_read(
    asked: Callable[..., Question], text: str, said: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        asked(text, EDGES if "explain" in text else "")
    assert said in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        (EDGES.replace("?to WHERE", "WHERE"), "lacks ?from, ?relation or ?to"),
        (EDGES.replace("?to WHERE", "?to ?weight WHERE"), "nothing is known of ?weight"),
        (EDGES + "}", "trial.edges.rq:1:"),
        (EDGES.replace("?to }", "?to FILTER(BOUND(?stop)) }"), "BOUND(?stop) is always false"),
        ("", "explain needs trial.edges.rq"),
    ],
)
def test_edges_that_would_fail_when_asked_are_refused_when_read(
    asked: Callable[..., Question], edges: str, said: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        asked(CHAINED, edges)
    assert said in str(refused.value)


def test_names_of_files_and_edges_without_question_are_refused(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "lonely.edges.rq").write_text(EDGES)
    with pytest.raises(QuestionError, match=r"lonely\.edges\.rq: there is no question"):
        read(contract, [tmp_path])
    (tmp_path / "lonely.edges.rq").rename(tmp_path / "Two-Words.rq")
    with pytest.raises(QuestionError, match="snake_case"):
        read(contract, [tmp_path])


def test_a_parameter_projected_in_its_sub_select_is_accepted(asked: Callable[..., Question]) -> None:
    inner = "{ SELECT ?service ?day (COUNT(?p) AS ?n) { ?service ?p ?o FILTER(?day > ?o) } GROUP BY ?service ?day } }"
    question = asked(TYPED.replace("PublicService }", f"PublicService {inner}"))
    assert [parameter.name for parameter in question.parameters][-2:] == ["day", "word"]


def test_a_later_directory_replaces_a_question_and_adds_others(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "blocked_services.rq").write_text(PLAIN, "utf-8")
    (tmp_path / "of_ours.rq").write_text("#+ order = 1\n" + PLAIN, "utf-8")
    questions = read(contract, [SHIPPED, tmp_path])
    assert questions["blocked_services"].explanation is None
    assert next(iter(questions)) == "of_ours"
    assert list(questions)[-1] == "blocked_services", "without order it stands last"


@pytest.fixture
def few(small: Callable[..., Small]) -> View:
    return small(
        ORGANISATION
        + service("a", more="; cv:relatedService <id/service/b>, <id/service/c>")
        + service("b", more="; cv:relatedService <id/service/d>")
        + service("c", more="; cv:relatedService <id/service/d>, <id/service/a>")
        + service("d")
    ).public


def test_parameters_are_written_as_people_do(asked: Callable[..., Question], few: View) -> None:
    given = {"authority": "interior", "level": "LEVEL_2", "share": "12.50", "shared": "true", "word": "?x } #"}
    bound = bind(few, asked(TYPED), given, TODAY)
    assert bound == {
        "authority": NamedNode(f"{BASE}id/organisation/interior"),
        "level": NamedNode("https://w3id.org/govgraph/code#Level2"),
        "least": Literal("0", datatype=name(XSD, "integer")),
        "share": Literal("12.50", datatype=name(XSD, "decimal")),
        "shared": Literal("true", datatype=name(XSD, "boolean")),
        "day": Literal("2026-11-01", datatype=name(XSD, "date")),
        "word": Literal("?x } #"),
    }
    full = bind(few, asked(TYPED), {"authority": f"{BASE}id/organisation/interior", "day": "2024-02-29"}, TODAY)
    assert full["authority"] == bound["authority"]
    assert full["day"] == Literal("2024-02-29", datatype=name(XSD, "date"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "red"}, "no parameter 'colour'"),
        ({"authority": "nobody"}, "no Organisation of that name"),
        ({"authority": f"{BASE}id/service/a"}, "no Organisation of that name"),
        ({"authority": "urn:<>"}, "which is no IRI"),
        ({"level": "LEVEL_9"}, "level is 'LEVEL_9'"),
        ({"least": "1_000"}, "which is no integer"),
        ({"least": "١"}, "which is no integer"),
        ({"share": "1e3"}, "which is no decimal"),
        ({"share": "NaN"}, "which is no decimal"),
        ({"shared": "yes"}, "which is no boolean"),
        ({"day": "2026-02-30"}, "which is no date"),
        ({"day": "20261101"}, "which is no date"),
    ],
)
def test_what_is_no_value_of_a_parameter_is_refused(
    asked: Callable[..., Question], few: View, given: dict[str, str], said: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        bind(few, asked(TYPED), given, TODAY)
    assert said in str(refused.value)
    assert refused.value.hint


def test_a_missing_parameter_is_named_with_an_example(few: View, contract: Contract) -> None:
    questions = read(contract)
    with pytest.raises(ParameterError, match="retiring_system needs the parameter system"):
        ask(few, questions["retiring_system"], {})
    assert find(questions, "retiring-system") is find(questions, "retiringSystem") is questions["retiring_system"]
    with pytest.raises(NotFound, match="blocked_services"):
        find(questions, "nothing")


def test_the_shortest_chain_is_found_always_the_same(asked: Callable[..., Question], few: View) -> None:
    answer = ask(few, asked(CHAINED, EDGES), {})
    chains = {(row[0], row[1]): row[2] for row in answer.rows}
    a, b, c, d = (NamedNode(f"{BASE}id/service/{slug}") for slug in "abcd")
    related = NamedNode("http://data.europa.eu/m8g/relatedService")
    assert chains[a, d] == (Step(a, related, b), Step(b, related, d)), "over b and over c are as short; b comes first"
    assert chains[c, d] == (Step(c, related, d),)
    assert chains[c, b] == (Step(c, related, a), Step(a, related, b))
    assert len(answer.rows) == 9


def test_a_chain_passes_what_the_row_says_and_is_empty_where_it_cannot(
    asked: Callable[..., Question], few: View
) -> None:
    answer = ask(few, asked(CHAINED, EDGES), {"stop": "c"})
    chains = {(row[0], row[1]): row[2] for row in answer.rows}
    a, b, c, d = (NamedNode(f"{BASE}id/service/{slug}") for slug in "abcd")
    assert [step.target for step in chains[a, d]] == [c, d]  # type: ignore[union-attr]  # the column of chains
    assert chains[b, d] == (), "there is no way from b to c"


def test_an_edge_read_backwards_says_so(asked: Callable[..., Question], few: View) -> None:
    backwards = EDGES.replace("?to WHERE", "?to ?forward WHERE").replace(
        "?from ?relation ?to }", "?to ?relation ?from BIND(false AS ?forward) }"
    )
    text = CHAINED.replace('start = "first", end = "last"', 'start = "last", end = "first"')
    answer = ask(few, asked(text, backwards), {})
    steps = [step for row in answer.rows for step in row[2]]  # type: ignore[union-attr]  # the column of chains
    assert steps
    assert not any(step.forward for step in steps)


def test_an_answer_is_cut_where_it_is_told_to_be(asked: Callable[..., Question], few: View) -> None:
    answer = ask(few, asked(PLAIN), {}, most=3)
    assert (len(answer.rows), answer.complete) == (3, False)
    assert ask(few, asked(PLAIN), {}, most=4).complete


@pytest.fixture(scope="module")
def large(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """Thirty times the seed, on disk, where every query has the deadline that served ones have."""
    directory, names = tmp_path_factory.mktemp("large"), Names(BASE)
    generate(contract, Shape(2000), directory / "large.nt", BASE)
    store = DiskStore(directory / "data", BASE)
    public = (directory / "large.nt").read_bytes()
    store.replace([Part(names.public, public), Part(names.vocabulary, contract.vocabulary)], contract.hash)
    yield Catalogue(store, contract).view()
    store.close()


@pytest.mark.parametrize("question", sorted(path.stem for path in SHIPPED.glob("*.rq") if path.stem.isidentifier()))
def test_no_question_grows_faster_than_the_catalogue(contract: Contract, large: View, question: str) -> None:
    """A cross product, or a pattern begun at the wrong end, takes minutes here; the slowest now takes half a second."""
    asked = read(contract)[question]
    given = {p.name: large.members(contract.by_name[p.type])[0].value for p in asked.parameters if p.required}
    assert ask(large, asked, given, today=TODAY).revision == 1


def test_years_ahead_are_counted_and_not_spelt(small: Callable[..., Small], contract: Contract) -> None:
    ends = {"soon": "2027-06-30", "same": "2028-01-31", "late": "2028-02-01", "far": "9999-12-31"}
    systems = (f'<id/system/{slug}> a gov:System ; gov:endDate "{day}"^^xsd:date .\n' for slug, day in ends.items())
    view, question = small(ORGANISATION + "".join(systems)).working, read(contract)["expiring_systems"]

    def found(years: str) -> list[str]:
        rows = ask(view, question, {"date": "2027-01-31", "years": years}).rows
        return [str(row[0]).rpartition("/")[2].rstrip(">") for row in rows]

    assert found("0") == []
    assert found("1") == ["soon", "same"]
    assert found("2") == found("100") == found("1000") == ["soon", "same", "late"]


@pytest.mark.parametrize("years", ["1001", "99999", "-1", "9" * 30, "9" * 9_000, "-" + "9" * 30])
def test_a_number_beyond_the_bounds_of_its_parameter_is_refused(few: View, contract: Contract, years: str) -> None:
    with pytest.raises(ParameterError, match="years is") as refused:
        ask(few, read(contract)["expiring_systems"], {"years": years})
    assert refused.value.hint == "Give a number from 0 to 1000."


@pytest.mark.parametrize(
    "bound", ['type = "string", least = 1', 'type = "integer", most = "x"', 'type = "integer", most = true']
)
def test_a_bound_that_bounds_nothing_is_refused_when_read(contract: Contract, tmp_path: Path, bound: str) -> None:
    text = (SHIPPED / "expiring_systems.rq").read_text("utf-8")
    text = text.replace('type = "integer", default = "1", least = 0, most = 1000', bound)
    (tmp_path / "bounded.rq").write_text(text, "utf-8")
    with pytest.raises(QuestionError, match="bounds nothing"):
        read(contract, (tmp_path,))
