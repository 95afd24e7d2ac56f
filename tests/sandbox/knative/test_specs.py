"""What runs, in v1 and v2: read-modify-write over v1 loses nothing that v2 holds."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from sandbox.knative.templates import revision_templates, task_templates
from signoff_sandbox.wire.knative.specs import annotations_of, spec_of, take_spec
from signoff_sandbox.world.store import copy_of
from support.discovery import problems


@given(revision_templates())
def test_a_revision_spec_that_is_written_back_changes_nothing(template: Any) -> None:
    wanted = copy_of(template)
    take_spec(template, spec_of(template), annotations_of(template))
    assert template == wanted


@given(revision_templates())
def test_a_changed_image_changes_only_the_image(template: Any) -> None:
    wanted, spec = copy_of(template), spec_of(template)
    spec["containers"][0]["image"] = wanted.containers[0].image = "other"
    take_spec(template, spec, annotations_of(template))
    assert template == wanted


@given(revision_templates(), revision_templates())
def test_a_spec_says_the_same_whatever_it_is_written_over(template: Any, other: Any) -> None:
    spec, annotations = spec_of(template), annotations_of(template)
    take_spec(other, spec, annotations)
    assert (spec_of(other), annotations_of(other)) == (spec, annotations)


@given(revision_templates())
def test_a_revision_spec_has_the_shape_that_google_declares(template: Any) -> None:
    assert problems("run.v1", "RevisionSpec", spec_of(template)) == []
    assert all(isinstance(value, str) for value in annotations_of(template).values())


@given(task_templates())
def test_a_task_spec_that_is_written_back_changes_nothing(template: Any) -> None:
    wanted, spec = copy_of(template), spec_of(template)
    assert problems("run.v1", "TaskSpec", spec) == []
    take_spec(template, spec, annotations_of(template))
    assert template == wanted
