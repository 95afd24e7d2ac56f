from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.model.images import ImageRef, digest
from signoff.systems.google.registry import repository_of

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("r-docker.pkg.dev/p/apps/web", ("r-docker.pkg.dev/p/apps/web", "", "")),
        ("r-docker.pkg.dev/p/apps/web:v1", ("r-docker.pkg.dev/p/apps/web", "v1", "")),
        (f"gcr.io/p/web@{DIGEST}", ("gcr.io/p/web", "", DIGEST)),
        (f"localhost:5000/web:v1@{DIGEST}", ("localhost:5000/web", "v1", DIGEST)),
    ],
)
def test_a_reference_falls_into_path_tag_and_digest(reference: str, parts: tuple[str, str, str]) -> None:
    parsed = ImageRef.parse(reference)
    assert (parsed.path, parsed.tag, parsed.digest) == parts
    assert str(parsed) == reference


@pytest.mark.parametrize("reference", ["", "a b", "web@sha256:short", "web:", "web@", "web:\n", "web\x1b[31m"])
def test_what_is_no_reference_is_refused(reference: str) -> None:
    if reference in {"web:", "web@"}:  # an empty tag or digest is none
        assert ImageRef.parse(reference) == ImageRef("web")
        return
    with pytest.raises(ValueError, match="image"):
        ImageRef.parse(reference)


@given(st.text())
def test_whatever_is_accepted_is_plain_ascii_without_spaces(text: str) -> None:
    try:
        parsed = ImageRef.parse(text)
    except ValueError:
        return
    assert str(parsed).isascii()
    assert not any(character.isspace() or not character.isprintable() for character in str(parsed))


def test_a_digest_is_sha256_in_full() -> None:
    assert digest(DIGEST) == DIGEST
    with pytest.raises(ValueError, match="digest"):
        digest(DIGEST + "\n")


@pytest.mark.parametrize(
    ("path", "repository"),
    [
        ("us-docker.pkg.dev/p/apps/team/web", "projects/p/locations/us/repositories/apps"),
        ("gcr.io/p/web", "projects/p/locations/us/repositories/gcr.io"),
        ("eu.gcr.io/p/web", "projects/p/locations/europe/repositories/eu.gcr.io"),
        ("docker.io/library/python", None),
        ("us-docker.pkg.dev/p", None),
    ],
)
def test_a_path_tells_the_repository_that_is_asked(path: str, repository: str | None) -> None:
    assert repository_of(path) == repository
