"""What an operation may cost, found before it runs; knows the document and the sizes of pages, no data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    Node,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    specified_rules,
)

from govgraph.errors import GovgraphError, QueryTooCostly
from govgraph.graphql.execution.reading import Limits


class Refusal(QueryTooCostly):
    """The operation asks for more than it may; ``name`` is what clients find in ``extensions.code``."""

    def __init__(self, name: str, sentence: str, hint: str) -> None:
        super().__init__(sentence, hint)
        self.code = name


@dataclass(frozen=True)
class Price:
    """What an operation costs, found before it runs: points, and what they are made of.

    ``fields`` are those selected with fragments spread, ``entities`` at most what the lists of the answer hold, be it
    entries, revisions or rows; ``surcharge`` is for what costs more (counts, orders, aggregates, questions, search).
    """

    fields: int
    entities: int
    surcharge: int
    depth: int
    searching: bool = False
    """Whether it needs the index of all texts."""

    def of_the_past(self, limits: Limits) -> Price:
        """What the same costs of a past state. Raises Refusal where that is too much."""
        if not self.searching:
            return self
        price = replace(self, surcharge=self.surcharge + SEARCHING_THE_PAST)
        if price.points > limits.points:
            sentence = f"Searching the past costs {price.points:,} points; {limits.points:,} are allowed."
            raise Refusal("TOO_COSTLY", sentence, "Search without asOf, or filter by something else than words.")
        return price

    @property
    def points(self) -> int:
        return points_of(self.entities, self.surcharge)


def points_of(entities: int, surcharge: int) -> int:
    """The formula of docs/graphql.md."""
    return 1 + entities // _ENTITIES_PER_POINT + surcharge


_ENTITIES_PER_POINT = 100
SEARCHING_THE_PAST = 200
"""Points beside those of the searches: the index of a past state may have to be made first, of all its texts."""
_INTROSPECTIONS = 3
_DESCRIBED = 300_000
"""Values about the schema; a whole introspection is somewhat more than a quarter of them."""
INTROSPECTING = 50
"""Points of a root field about the schema: all of it is a megabyte or two."""
_COMPARISONS = 100_000
"""Units of graphql-core's work, each some microseconds. Ten fields selected of each of thirty types take 16,000."""
_VALUES = 50_000
"""In the variables: every member of a list or an object is one."""
_SMALLER = "Give smaller pages: first on lists and on lists within lists."


def located(refusal: GovgraphError, node: FieldNode) -> GraphQLError:
    """A refusal that leads to its field."""
    return GraphQLError(str(refusal), [node], original_error=refusal)


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Before validation, which compares fields of one name pairwise. Raises Refusal."""
    aliases = repeated = 0
    for fields in _selections(document):
        aliases += sum(field.alias is not None for field in fields)
        names = {field.alias.value if field.alias else field.name.value for field in fields}
        repeated += len(fields) - len(names)
    if aliases > limits.aliases:
        raise Refusal(
            "TOO_MANY_ALIASES",
            f"The document has {aliases} aliases; {limits.aliases} are allowed.",
            "Ask for several things of one kind by nodes(ids:) or a filter, or send several requests.",
        )
    if repeated > limits.aliases:
        raise Refusal(
            "TOO_MANY_REPETITIONS",
            f"The document selects {repeated} fields again beside themselves; {limits.aliases} are allowed.",
            "Select each field once.",
        )


class _Comparing(OverlappingFieldsCanBeMergedRule):
    """Compares the fields of one document with each other, and stops where that takes too long."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _COMPARISONS


RULES = tuple(_Comparing if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)
"""All that a document has to keep to."""


def too_entangled() -> Refusal:
    """Of a document whose fields could not be compared in time."""
    return Refusal(
        "TOO_MANY_REPETITIONS",
        "The document selects the same fields or fragments beside themselves too often to be compared.",
        "Select each field once, and spread fewer fragments beside each other.",
    )


def check_variables(variables: Mapping[str, Any] | None) -> None:
    """Before they are coerced, which takes long and tells of every value that is wrong. Raises Refusal."""
    count = 0
    ahead: list[Any] = [variables]
    while ahead:
        one = ahead.pop()
        if isinstance(one, Mapping | list):
            count += len(one)
            if count > _VALUES:
                sentence = f"The variables hold more than {_VALUES:,} values."
                raise Refusal("TOO_MANY_VALUES", sentence, "Give fewer at a time.")
            ahead.extend(one.values() if isinstance(one, Mapping) else one)


def check_length(characters: int, limits: Limits) -> None:
    """Of an answer. Raises Refusal."""
    if characters > limits.megabytes * 1_000_000:
        sentence = f"The answer is longer than {limits.megabytes} megabytes."
        raise Refusal("ANSWER_TOO_LARGE", sentence, _SMALLER)


def check_changes(number: int, limits: Limits) -> None:
    """Of one request. Raises Refusal."""
    if number > limits.edits:
        sentence = f"The request makes {number} changes; {limits.edits} are allowed."
        raise Refusal("TOO_MANY_CHANGES", sentence, "Make several edits one change, or send several requests.")


def _selections(document: DocumentNode) -> Iterator[list[FieldNode]]:
    """The fields of every selection set of a document."""
    ahead: list[Node] = list(document.definitions)
    while ahead:
        selected = getattr(ahead.pop(), "selection_set", None)
        if selected is not None:
            yield [node for node in selected.selections if isinstance(node, FieldNode)]
            ahead.extend(selected.selections)


class Meter:
    """Counts what a plan holds. Raises GraphQLError from a Refusal as soon as it is too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._fields = 0
        self._entities = 0
        self._surcharge = 0
        self._depth = 0
        self._described = 0
        self.searching = False
        """Whether anything needs the index of all texts."""

    @property
    def price(self) -> Price:
        return Price(self._fields, self._entities, self._surcharge, self._depth, self.searching)

    def field(self, node: FieldNode, depth: int) -> None:
        self._fields += 1
        self._depth = max(self._depth, depth)
        if depth > self._limits.depth:
            sentence = f"{node.name.value} stands {depth} levels deep; {self._limits.depth} are allowed."
            raise located(Refusal("TOO_DEEP", sentence, "Ask in two steps: the ids, then what is behind them."), node)
        if self._fields > self._limits.tokens:
            sentence = f"With its fragments spread the operation has more than {self._limits.tokens} fields."
            raise located(Refusal("TOO_MANY_FIELDS", sentence, "Select less, or send several requests."), node)

    def entities(self, node: FieldNode, number: int) -> None:
        """``number`` things in lists more, by the sizes of the pages around the field."""
        self._entities += number
        if self._entities > self._limits.nodes:
            held = f"With {node.name.value} the answer may hold {self._entities:,} entries"
            raise located(Refusal("TOO_MANY_NODES", f"{held}; {self._limits.nodes:,} are allowed.", _SMALLER), node)
        if points_of(self._entities, self._surcharge) > self._limits.points:
            raise located(self._too_costly(), node)

    def described(self, node: FieldNode, number: int) -> None:
        """``number`` values more about the schema."""
        self._described += number
        if self._described > _DESCRIBED:
            sentence = (
                f"The operation asks for {self._described:,} values about the schema; {_DESCRIBED:,} are allowed."
            )
            raise located(
                Refusal("TOO_MANY_FIELDS", sentence, "Ask less about each type, or fetch /schema.graphql."), node
            )

    def introspections(self, number: int) -> None:
        """Root fields about the schema, each of which may describe all of it."""
        if number > _INTROSPECTIONS:
            sentence = f"The operation asks {number} times about the schema; {_INTROSPECTIONS} are allowed."
            raise Refusal("TOO_MANY_INTROSPECTIONS", sentence, "Fetch /schema.graphql.")
        self.surcharge(number * INTROSPECTING)

    def surcharge(self, points: int) -> None:
        """Points beside those of the entities, of a rule that has a price of its own."""
        self._surcharge += points
        if points and points_of(self._entities, self._surcharge) > self._limits.points:
            raise self._too_costly()

    def _too_costly(self) -> Refusal:
        sentence = f"The operation costs {self.price.points:,} points; {self._limits.points:,} are allowed."
        return Refusal("TOO_COSTLY", sentence, _SMALLER)
