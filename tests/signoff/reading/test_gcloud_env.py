"""Names of variables and secrets that a deploying command sets or takes away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.reading.gcloud import deploys_in
from signoff.reading.gcloud_env import Changes, Environment


def read(flags: str) -> Environment:
    [deploy] = deploys_in(f"gcloud run deploy web --image=x {flags}\n")
    return deploy.environment


def some(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("flags", "variables", "secrets"),
    [
        ("", Changes(), Changes()),
        ("--set-env-vars=A=1,B=2", Changes(some("A", "B"), others=True), Changes()),
        ("--set-env-vars A=1 --set-env-vars B=2", Changes(some("A", "B"), others=True), Changes()),
        ("--update-env-vars '^:^A=1,2:B=x=y'", Changes(some("A", "B")), Changes()),
        ("--update-env-vars=A=$VALUE --remove-env-vars=C,D", Changes(some("A"), some("C", "D")), Changes()),
        ("--clear-env-vars", Changes(others=True), Changes()),
        ("--update-secrets=K=key:latest", Changes(), Changes(some("K"))),
        ("--set-secrets K=key:1 --remove-env-vars A", Changes(removed=some("A")), Changes(some("K"), others=True)),
    ],
)
def test_the_whole_of_what_is_written_out_is_read(flags: str, variables: Changes, secrets: Changes) -> None:
    assert read(flags) == Environment(variables, secrets, whole=True)


@pytest.mark.parametrize(
    "flags",
    [
        '"${FLAGS[@]}"',
        "$FLAGS",
        "--set-env-vars=$VARIABLES",
        "--update-env-vars=$NAME=1",
        "--env-vars-file=env.yaml",
        "--container sidecar --update-env-vars=A=1",
        "--remove-secrets=$OLD",
    ],
)
def test_what_is_not_in_the_text_is_said_not_to_be_the_whole(flags: str) -> None:
    assert not read(flags).whole


def test_what_is_not_set_again_is_gone_where_all_others_are_taken_away() -> None:
    assert read("--set-env-vars=A=1").variables.gone(["A", "B"]) == ["B"]
    assert read("--update-env-vars=A=1").variables.gone(["A", "B"]) == []
    assert read("--remove-env-vars=B,C").variables.gone(["A", "B"]) == ["B"]


@given(st.text(alphabet="AB=,^:$ -'\"", max_size=20))
def test_any_value_is_read_without_an_error(value: str) -> None:
    deploys_in(f"gcloud run deploy web --set-env-vars={value} --update-secrets {value}")
