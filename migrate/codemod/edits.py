"""Edits to a file as data: what a plan asks for and the writer carries out."""

from typing import Literal, NamedTuple

from .source import Span


class Replace(NamedTuple):
    """Puts `code` in the place of the expression at `span`, or of the keyword with its value."""

    span: Span
    code: str


class Remove(NamedTuple):
    """Takes the small statement at `span` out, with the comments above it."""

    span: Span


class Insert(NamedTuple):
    """Puts `code`, whole statements, ahead of the small statement at `span`, behind it, or in its place."""

    span: Span
    code: str
    place: Literal["ahead", "behind", "instead"]


class Ask(NamedTuple):
    """Gives the function at `span` required parameters by name, each with its annotation, which may be empty."""

    span: Span
    asked: tuple[tuple[str, str], ...]


Edit = Replace | Remove | Insert | Ask
