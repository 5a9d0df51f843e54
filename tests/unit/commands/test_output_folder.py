"""Tests of capacity.commands.output_folder."""

from pathlib import Path

import click
import pytest

from capacity.commands.output_folder import OutputFolder


@pytest.mark.parametrize("text", [".", "rel/x", "/tmp/x"])  # noqa: S108  # never opened
def test_path_is_taken_as_written(text: str) -> None:
    """A relative path stays relative."""
    assert OutputFolder().convert(text, None, None) == Path(text)


def test_empty_text_is_refused() -> None:
    """`-o "$UNSET"` used to spread the files over the current folder."""
    with pytest.raises(click.BadParameter, match="'' names no folder"):
        OutputFolder().convert("", None, None)
