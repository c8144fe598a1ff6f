"""Settings are declared once, read once, and say what is wrong with a value."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from govgraph.errors import SettingError
from govgraph.settings import DECLARATIONS, Settings, read


def test_every_field_is_declared_and_explained() -> None:
    assert [s.name for s in DECLARATIONS] == [field.name for field in fields(Settings)]
    assert all(s.help and not s.help.endswith(".") for s in DECLARATIONS)


def test_defaults_then_environment_then_command_line() -> None:
    assert read({}).port == 8000
    assert read({"GOVGRAPH_PORT": "9000"}).port == 9000
    assert read({"GOVGRAPH_PORT": "9000"}, port=9001).port == 9001
    assert read({"GOVGRAPH_PORT": "9000"}, port=None).port == 9000
    assert read({}, data="x").data == Path("x")
    assert read({}).contract is None


def test_a_base_ends_with_a_slash() -> None:
    assert read({}, base="https://data.example.gov/cat").base == "https://data.example.gov/cat/"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PORT", "http", "whole number"),
        ("QUERY_SECONDS", "-1", "not negative"),
        ("BASE", "data.example.gov", "http"),
        ("BASE", "https://x/?a=b", "http"),
        ("ENGINE", "jena", "pyshacl"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingError) as caught:
        read({f"GOVGRAPH_{variable}": value})
    assert says in str(caught.value)
    assert value in str(caught.value)


def test_a_slip_in_a_name_is_ours_to_mend() -> None:
    with pytest.raises(TypeError, match="prot"):
        read({}, prot=1)
