"""Random GraphQL operations over a schema, for tests that compare two ways of answering them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

VARIABLES: dict[str, tuple[str, Any]] = {
    "yes": ("Boolean!", True),
    "no": ("Boolean!", False),
    "lang": ("[String!]", ["fr", "en"]),
    "few": ("Int", 2),
    "nothing": ("Int", None),
    "severity": ("[Severity!]", ["INFO"]),
    # Allowed where a String! is wanted, since it has a default: that it is null shows when the field runs.
    "word": ('String = "en"', None),
}
"""By name: how an operation declares it, and what it is given."""
LIKELY = {
    "lang": ("$lang", '["fr"]', '["de", "*"]', "null", '["fr", $word]'),
    "first": ("$few", "1", "2", "$nothing"),
    "last": ("$few", "1"),
    "offset": ("1", "$nothing"),
    "severity": ("[WARNING]", "$severity", "INFO"),
    "after": ('"no cursor"', "null"),
    "before": ('"no cursor"',),
}
"""What is written for an argument by its name; others follow from their types."""
_DEEPEST = 3


@dataclass
class Writer:
    """Writes one operation. What takes arguments or has fields of its own has an alias of its own, so that all merge;
    ``samples`` are values to write, by the name of an argument or type."""

    schema: GraphQLSchema
    random: Random
    samples: dict[str, list[str]]
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0

    @classmethod
    def of(cls, schema: GraphQLSchema, seed: int, samples: dict[str, list[str]]) -> Writer:
        """The same operation for the same seed."""
        return cls(schema, Random(seed), samples)  # noqa: S311  # nothing here is secret

    def operation(self, most: int = 3) -> str:
        """A query with its variables declared."""
        root = self.schema.query_type
        assert root is not None
        names = [name for name in root.fields if not name.startswith("_")]
        chosen = [self.field(name, root.fields[name], _DEEPEST) for name in self.random.choices(names, k=most)]
        said = f"{{ {' '.join(chosen)} __typename }} {' '.join(self.fragments)}"
        used = [f"${name}: {type_}" for name, (type_, _) in VARIABLES.items() if f"${name}" in said]
        return f"query({', '.join(used)}) {said}" if used else said

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def selection(self, type_: Any, depth: int) -> str:
        names = self.random.sample(sorted(type_.fields), min(len(type_.fields), self.random.randint(1, 5)))
        parts = [part for name in names if (part := self.field(name, type_.fields[name], depth))]
        if self.chance(4):
            parts.append("__typename")
        if isinstance(type_, GraphQLInterfaceType) and depth > 1:
            parts += self.narrowed(type_, depth)
        self.random.shuffle(parts)
        if self.chance(5):
            parts.append(f"... {self.directive()} {{ {' '.join(parts) or '__typename'} }}")
        if self.chance(5):
            on = type_.name
            if is_object_type(type_) and type_.interfaces and self.chance(3):
                on = "Entity"
                parts = [part for part in parts if part.strip() == "__typename"]
            name = f"F{len(self.fragments)}"
            self.fragments.append("")
            self.fragments[int(name[1:])] = f"fragment {name} on {on} {{ {' '.join(parts) or '__typename'} }}"
            parts.append(f"...{name} {self.directive()}")
        return "{ " + (" ".join(parts) or "__typename") + " }"

    def narrowed(self, type_: GraphQLInterfaceType, depth: int) -> list[str]:
        possible = ["Service", "LifeEvent", "Entity", "Node", *(t.name for t in self.schema.get_possible_types(type_))]
        names = self.random.sample(possible, self.random.randint(0, 2))
        return [f"... on {name} {self.selection(self.schema.type_map[name], depth - 1)}" for name in names]

    def field(self, name: str, definition: GraphQLField, depth: int) -> str:
        of = get_named_type(definition.type)
        if depth == 0 and not is_leaf_type(of):
            return ""
        arguments = self.arguments(definition)
        self.aliases += 1
        alias = f"a{self.aliases}: " if definition.args or not is_leaf_type(of) or self.chance(6) else ""
        said = f"{alias}{name}({', '.join(arguments)})" if arguments else f"{alias}{name}"
        if is_leaf_type(of):
            return f"{said} {self.directive()}"
        if not hasattr(of, "fields"):  # a union
            return f"{said} {{ __typename }}"
        first = f"{said} {self.directive()} {self.selection(of, depth - 1)}"
        return f"{first} {said} {self.selection(of, depth - 1)}" if self.chance(6) else first

    def arguments(self, definition: GraphQLField) -> list[str]:
        return [
            f"{name}: {self.value(name, argument)}"
            for name, argument in definition.args.items()
            if is_non_null_type(argument.type) or self.chance(8 if name in ("after", "before") else 3)
        ]

    def value(self, name: str, argument: GraphQLArgument) -> str:
        if name in LIKELY:
            return self.random.choice(LIKELY[name])
        return self.literal(name, argument.type, 2)

    def literal(self, name: str, type_: Any, depth: int) -> str:
        type_ = get_nullable_type(type_)
        if is_list_type(type_):
            return f"[{', '.join(self.literal(name, type_.of_type, depth) for _ in range(self.random.randint(1, 2)))}]"
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self.object(type_, depth)
        samples = self.samples.get(name) or self.samples.get(type_.name) or ["1"]
        if type_.name == "Boolean":
            return self.random.choice(["true", "$no"])
        return json.dumps(self.random.choice(samples))

    def object(self, type_: GraphQLInputObjectType, depth: int) -> str:
        flat = {n: f for n, f in type_.fields.items() if depth or is_leaf_type(get_named_type(f.type))}
        names = [n for n, f in type_.fields.items() if is_non_null_type(f.type)]
        if flat and not names:
            most = 1 if type_.is_one_of else self.random.randint(0, min(2, len(flat)))
            names = self.random.sample(sorted(flat), most)
        return "{" + ", ".join(f"{n}: {self.literal(n, type_.fields[n].type, depth - 1)}" for n in names) + "}"

    def directive(self) -> str:
        return self.random.choice(["", "", "", "", "@skip(if: $no)", "@include(if: $yes)", "@skip(if: $yes)"])


def variables_of(operation: str) -> dict[str, Any]:
    return {name: value for name, (_, value) in VARIABLES.items() if f"${name}" in operation}
