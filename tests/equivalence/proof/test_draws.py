"""Random draws: which programs share what they draw, and which do not."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import lax, random
from migrate_norm.equivalence.proof import Level

from .programs import level, shape

KEY = shape("key")
Function = Callable[..., Any]


def draw(key: Any) -> Any:
    return random.bits(key, (3,))


def over(keys: Any) -> Any:
    return lax.scan(lambda c, key: (c, draw(key)), 0, keys)[1]


def by_split(key: Any) -> Any:
    return over(random.split(key, 4))


def carried(key: Any, turns: int = 4) -> Any:
    def turn(key: Any, _: Any) -> Any:
        key, own = random.split(key)
        return key, draw(own)

    return lax.scan(turn, key, None, length=turns)


def folded(function: Function) -> Function:
    def program(key: Any) -> Any:
        def turn(count: Any, _: Any) -> Any:
            return count + 1, draw(random.fold_in(key, function(count)))

        return lax.scan(turn, 0, None, length=4)[1]

    return program


def counted(offsets: tuple[int, ...], step: int, after: int | None = None) -> Function:
    """A stream that is drawn from at `offsets` from its count in each turn, and `after` from the end of them."""

    def program(key: Any) -> Any:
        def turn(count: Any, _: Any) -> Any:
            return count + step, [draw(random.fold_in(key, count + offset)) for offset in offsets]

        count, drawn = lax.scan(turn, 0, None, length=4)
        return drawn, draw(random.fold_in(key, count + after if after is not None else 1000))

    return program


def nested(key: Any) -> Any:
    return lax.scan(lambda c, k: (c, carried(k)[1]), 0, random.split(key, 4))[1]


def nested_alike(key: Any) -> Any:
    return lax.scan(lambda c, _: (c, carried(key)[1]), 0, None, length=4)[1]


def twice(steps: tuple[int, int]) -> Function:
    def program(key: Any) -> Any:
        def loop(step: int) -> Any:
            return lax.scan(lambda k, _: (random.fold_in(k, step), draw(k)), key, None, length=4)[1]

        return [loop(step) for step in steps]

    return program


SAME: dict[str, tuple[Function, Function]] = {
    "two folds": (
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 2)),
        lambda k: draw(random.fold_in(k, 7)) + draw(random.fold_in(k, 5)),
    ),
    "a split for folds": (
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 2)),
        lambda k: (lambda a, b: draw(a) + draw(b))(*random.split(k)),
    ),
    "keys carried for keys scanned over": (lambda k: carried(k)[1], by_split),
    "counts folded for keys scanned over": (folded(lambda i: i), by_split),
    "counts folded from another one": (folded(lambda i: i + 5), by_split),
    "vmap over split keys": (
        lambda k: jax.vmap(draw)(random.split(k, 4)),
        lambda k: jax.vmap(draw)(jax.vmap(lambda i: random.fold_in(k, i))(jnp.arange(4))),
    ),
    "two draws a turn": (counted((0, 1), 2, 0), counted((1, 3), 4, 7)),
    "loops in loops": (nested, nested),
    "the same in each turn": (nested_alike, nested_alike),
}
OTHER: dict[str, tuple[Function, Function]] = {
    "a key used twice": (
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 2)),
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 1)),
    ),
    "split and fold_in give one key": (
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 2)),
        lambda k: draw(random.fold_in(k, 1)) + draw(random.split(k, 3)[1]),
    ),
    "splits of two lengths give one key": (
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 2)),
        lambda k: draw(random.split(k, 2)[1]) + draw(random.split(k, 3)[1]),
    ),
    "slices that overlap": (
        lambda k: jax.vmap(draw)(random.split(k, 4)[:2]) + jax.vmap(draw)(random.split(k, 4)[2:]),
        lambda k: jax.vmap(draw)(random.split(k, 4)[:2]) + jax.vmap(draw)(random.split(k, 4)[1:3]),
    ),
    "data folded that may be equal": (
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, 2)),
        lambda k: draw(random.fold_in(k, 1)) + draw(random.fold_in(k, draw(random.fold_in(k, 3))[0] // 8)),
    ),
    "another turn's draw": (lambda k: by_split(k)[0], lambda k: by_split(k)[1]),
    "one turn's draw twice": (
        lambda k: by_split(k)[0] + by_split(k)[1],
        lambda k: by_split(k)[0] + by_split(k)[0],
    ),
    "one draw for all turns": (by_split, lambda k: jnp.broadcast_to(draw(k), (4, 3))),
    "one key in each turn": (by_split, lambda k: lax.scan(lambda c, _: (c, draw(k)), 0, None, length=4)[1]),
    "every other turn": (folded(lambda i: i), folded(lambda i: i // 2)),
    "a product of the count": (folded(lambda i: i), folded(lambda i: i * 0)),
    "narrow counts": (folded(lambda i: i), folded(lambda i: i.astype(jnp.int8))),
    "split of one key repeated": (
        lambda k: jax.vmap(draw)(random.split(k, 4)),
        lambda k: jax.vmap(lambda k: draw(random.split(k)[0]))(jnp.broadcast_to(k, (4,))),
    ),
    "the same in each turn of the loop outside": (nested, nested_alike),
    "loops that share the first draw alone": (twice((1, 1)), twice((1, 2))),
    "counts that overlap within a turn": (counted((0, 1), 2), counted((0, 1), 1)),
    "counts that overlap after the loop": (counted((0,), 1, 0), counted((0,), 1, -1)),
    "scanned again in reverse": (
        lambda k: (by_split(k), by_split(random.fold_in(k, 3))),
        lambda k: (
            by_split(k),
            lax.scan(lambda c, key: (c, draw(key)), 0, random.split(k, 4), reverse=True)[1],
        ),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_equal_given_equal_draws(name: str) -> None:
    assert level(*SAME[name], [KEY]) is Level.EXACT


@pytest.mark.parametrize("name", OTHER)
def test_other_draws_or_not_known_to_be_the_same(name: str) -> None:
    assert level(*OTHER[name], [KEY]) is Level.NOTHING


@pytest.mark.parametrize("sizes", [(4,)], ids=str)
def test_numbers_from_outside_may_be_equal(sizes: tuple[int, ...]) -> None:
    def by_data(key: Any, data: Any) -> Any:
        return lax.scan(lambda c, i: (c, draw(random.fold_in(key, i))), 0, data)[1]

    inputs = [KEY, shape("int32", *sizes)]
    assert level(lambda key, _: by_split(key), by_data, inputs) is Level.NOTHING


def test_keys_that_are_given_are_compared_as_they_are() -> None:
    """A key that is the same argument on both sides is no stream: what is drawn from it is equal bits."""

    def noise(data: Any) -> Any:
        return draw(random.wrap_key_data(data))

    def other(data: Any) -> Any:
        return draw(random.fold_in(random.wrap_key_data(data), 1))

    data = shape("uint32", 2)
    assert level(noise, noise, [data]) is Level.EXACT
    assert level(noise, other, [data]) is Level.NOTHING
