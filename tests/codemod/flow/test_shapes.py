# ruff: noqa: E501
"""Every rule of the size engine against JAX itself: what it claims holds for arrays of every rank that JAX takes."""

import einops
import pytest
from migrate_norm.codemod.flow.found import Flow

from .oracle import contradictions, engine, real, text

_SHAPES = [
    ((6,), (6,)), ((5,), (3, 5)), ((4, 6), (6,)), ((4, 6), (4, 6)), ((4, 6), (6, 8)), ((4, 6), (4, 7)),
    ((2, 4, 6), (6, 8)), ((2, 4, 6), (2, 4, 6)), ((2, 4, 6), (2, 6, 5)), ((2, 4, 6), (2, 4, 3)),
    ((2, 8, 4, 6), (2, 8, 4, 6)), ((2, 8, 4, 6), (6,)), ((2, 8, 4, 6), (2, 8, 6, 3)), ((3, 2, 8, 4, 6), (8, 4, 6)),
    ((2, 4, 6), (2,)), ((2, 6, 6), (6, 6)),
]  # fmt: skip
"""Ranks 1 to 5, no two axes alike where it matters; whatever JAX refuses is left out."""

_THREE = "b, n, d = x.shape\n"
_FOUR = "b, h, w, c = x.shape\n"

_EITHER = "z = x if x.ndim > 2 else y\n"
_UNKNOWN = "z = jnp.ones((len(x.shape), x.ndim + 1, 3, 4))\n"
_SCORES = "z = jnp.einsum('...id,...jd->...ij', x, y)[..., :2, :3]\n"

CASES = {
    # operators
    "add": ("return x + 1", "(..., x)"),
    "add_two": ("return x + y", "(...)"),
    "add_unknown": ("return x + foreign(x)", "(..., x[-1])"),
    "add_to_the_last_axis_of_another": ("b, n, d = x.shape\nreturn x.mean(-1, keepdims=True) + y[..., :1] @ jnp.ones((1, 6))", "(..., ?, ?, 6)"),
    "scaled_as_configured": ("return x * (len(self.names) + 0.5 if self.width else 1.0)", "(..., x)"),
    "skipped": ("z = (None, None) if self.width < 3 else (x, y)\nreturn z[0]", "(..., x)"),
    "add_one": ("return x + jnp.ones((1, 1, 1))", "(..., x[:-3], ?, ?, x[-1])"),
    "add_wider": ("return jnp.ones((5, 1, 1)) + jnp.ones((4, 6))", "(5, 4, 6)"),
    "add_known_rank": (_THREE + "return x + jnp.ones((7, 1, 1, 1))", "(7, x[-3], x[-2], x[-1])"),
    "filled_up": ("return jnp.ones((x.shape[0],) + (1,) * (x.ndim - 1))", "(..., 1)"),
    "filled_up_times": ("return x * jnp.ones((x.shape[0],) + (1,) * (x.ndim - 1))", "(..., x[-1])"),
    "filled_up_known": (_THREE + "return jnp.ones([b, n] + [1] * (len(x.shape) - 2))", "(x[-3], x[-2], 1)"),
    "filled_up_of_another": ("return jnp.ones((x.shape[0],) + (1,) * (y.ndim - 1)) + y", "(..., y[-1])"),
    "filled_up_shorter": ("return jnp.ones((x.shape[0],) + (1,) * (x.ndim - 2))", "?"),
    "filled_up_with_others": ("return jnp.ones((x.shape[0],) + (2,) * (x.ndim - 1))", "?"),
    "filled_up_in_front": ("return jnp.ones((1,) * (x.ndim - 1) + (x.shape[-1],))", "?"),
    "matmul": ("return x @ jnp.ones((6, 9))", "(..., x[:-1], 9)"),
    "matmul_vector": ("return x @ jnp.ones(6)", "(..., x[:-1])"),
    "matmul_unknown": ("return x @ y", "(..., y[-1])"),
    "matmul_stack": ("return jnp.matmul(x, jnp.ones((2, 6, 5)))", "(..., 5)"),
    "matmul_stack_known": (_THREE + "return jnp.matmul(x, jnp.ones((2, 6, 5)))", "(2, x[-2], 5)"),
    "matmul_vector_left": ("return jnp.ones(6) @ jnp.ones((2, 6, 5))", "(2, 5)"),
    "scores": (_FOUR + "return x @ jnp.swapaxes(x, -1, -2)", "(x[-4], x[-3], x[-2], x[-2])"),
    "dot": ("return jnp.dot(x, jnp.ones((6, 9)))", "(..., x[:-1], 9)"),
    "dot_stack": ("return jnp.dot(x, jnp.ones((2, 6, 9)))", "?"),
    # reductions
    "mean_all": ("return jnp.mean(x)", "()"),
    "mean_none": ("return x.mean(axis=None)", "()"),
    "mean_last": ("return jnp.mean(x, axis=-1)", "(..., x[:-1])"),
    "mean_keep": ("return jnp.mean(x, -1, keepdims=True)", "(..., x[:-1], 1)"),
    "mean_keep_unknown": ("return jnp.mean(x, -1, keepdims=self.names)", "?"),
    "mean_positional_keep": ("return jnp.max(x, -1, None, True)", "?"),
    "mean_first": ("return jnp.mean(x, axis=1)", "(..., x[-1])"),
    "mean_first_keep": ("return x.mean(axis=(1, 2), keepdims=True)", "(..., x[-1])"),
    "mean_mixed": ("return x.mean(axis=(0, -1))", "?"),
    "mean_known": (_THREE + "return x.mean(1)", "(x[-3], x[-1])"),
    "mean_known_last": (_THREE + "return x.mean(2)", "(x[-3], x[-2])"),
    "mean_known_keep": (_THREE + "return x.mean(2, keepdims=True)", "(x[-3], x[-2], 1)"),
    "mean_out_of_range": (_THREE + "return x.mean(3)", "?"),
    "argmax": ("return x.argmax(-1)", "(..., x[:-1])"),
    "norm": ("return jnp.linalg.norm(x, axis=-1, keepdims=True)", "(..., x[:-1], 1)"),
    "norm_order": ("return jnp.linalg.norm(x, 1)", "()"),
    "lax_max": ("return lax.max(x, 0.0)", "(..., x)"),
    "lax_max_zero": ("return lax.max(x, lax.full_like(x, 0))", "(..., x[-1])"),
    "cumsum": ("return jnp.cumsum(x, axis=1)", "(..., x)"),
    "cumsum_flat": ("return jnp.cumsum(x)", "?"),
    "sort": ("return x.sort()", "?"),
    "sort_last": ("return jnp.sort(x)", "(..., x)"),
    "sort_flat": ("return jnp.sort(x, axis=None)", "?"),
    # where, clip
    "where": ("return jnp.where(x > 0, x, 0)", "(..., x)"),
    "where_masked": (_THREE + "return jnp.where(y, x, 0)", "(..., x[-3], x[-2], x[-1])"),
    "where_masked_one": ("return jnp.where(y, jnp.ones((1, 6)), 0)", "(..., ?, 6)"),
    "repeat_a_field": (_THREE + "return jnp.repeat(x, self.width // 2, axis=1)", "(x[-3], x[-2] * (width // 2), x[-1])"),
    "where_one": ("return jnp.where(x > 0)[0]", "?"),
    "where_wider": ("return jnp.where(jnp.ones((5, 1, 1)) > 0, jnp.ones((4, 6)), 0)", "(5, 4, 6)"),
    "clip_wider": ("return jnp.clip(jnp.ones((4, 6)), 0, jnp.ones((5, 1, 1)))", "(5, 4, 6)"),
    "array_ndmin": ("return jnp.array(x, ndmin=5)", "?"),
    "zeros_like_shape": ("return jnp.zeros_like(x, shape=(3, 2))", "?"),
    "glu": ("return nn.glu(x)", "(..., x[:-1], x[-1] // 2)"),
    "glu_axis": ("return nn.glu(x, axis=-2)", "(..., x[:-2], x[-2] // 2, x[-1])"),
    "glu_front": ("return nn.glu(x, 1)", "?"),
    # put together
    "concatenate": ("return jnp.concatenate([x, y], axis=-1)", "(..., x[:-1], x[-1] + y[-1])"),
    "concatenate_unknown": ("return jnp.concatenate([x, foreign(x)], axis=-1)", "(..., x[:-1], ?)"),
    "concatenate_other": ("return jnp.concatenate([x, foreign(x)], axis=-2)", "(..., x[:-2], ?, x[-1])"),
    "concatenate_one": ("return jnp.concatenate([x, y], axis=1)", "?"),
    "concatenate_vectors": ("return jnp.concatenate([x, y])", "?"),
    "concatenate_of_three_axes": (_THREE + "return jnp.concatenate([x[..., :2, :] + foreign(x), y], axis=1)", "(..., x[-1])"),
    "concatenate_last_of_all": ("return jnp.concatenate([jnp.ones((4, 2)), x], axis=1)", "(4, 2 + x[-1])"),
    "concatenate_known": (_THREE + "return jnp.concatenate([x, y], axis=1)", "(x[-3], x[-2] + y[-2], x[-1])"),
    "concatenate_lax": ("return lax.concatenate([jnp.ones((2, 3)), jnp.ones((2, 4))], 1)", "(2, 7)"),
    "stack_last": ("return jnp.stack([x, x, x], axis=-1)", "(..., x, 3)"),
    "stack_first": ("return jnp.stack([x, x])", "(..., x[-1])"),
    "stack_one": ("return jnp.stack([x, x], axis=1)", "?"),
    "stack_before_last": ("return jnp.stack([x, x], axis=-2)", "(..., x[:-1], 2, x[-1])"),
    "stack_known": (_THREE + "return jnp.stack([x, x], 1)", "(x[-3], 2, x[-2], x[-1])"),
    "stack_known_last": (_THREE + "return jnp.stack([x, x], 3)", "(x[-3], x[-2], x[-1], 2)"),
    "split": ("return jnp.split(x, 2, axis=-1)", "[(..., x[:-1], x[-1] // 2); (..., x[:-1], x[-1] // 2)]"),
    "split_places": (
        "return jnp.split(x, [2, self.width], -1)",
        "[(..., x[:-1], 2); (..., x[:-1], width - 2); (..., x[:-1], x[-1] - width)]",
    ),
    "split_front": ("return jnp.split(x, 2)", "?"),
    "split_what_is_spelled_twice": ("return jnp.split(x @ jnp.ones((6, self.width * 2)), 2, axis=2)[0]", "(..., x[:-1], width)"),
    "split_what_is_even": ("return jnp.split(x @ jnp.ones((6, 8)), 2, axis=2)[0]", "?"),
    "split_what_is_spelled_twice_in_two_ranks": ("z = x @ jnp.ones((6, self.width * 2))\nw = jnp.split(z, 2, axis=2)\nreturn jnp.split(z, 2, axis=1)[0]", "?"),
    "concatenate_the_rows": (_THREE + "return jnp.concatenate(x, axis=-1)", "(x[-2], ?)"),
    "concatenate_the_rows_in_front": (_THREE + "return jnp.concatenate(x)", "(?, x[-1])"),
    "scan": (_THREE + "return lax.scan(lambda c, v: (c + 1, v @ jnp.ones((6, 9))), 0, x)[1]", "(x[-3], x[-2], 9)"),
    "scan_carry": ("return lax.scan(lambda c, v: (c, None), y, x)[0]", "(..., y)"),
    "scan_count": ("return lax.scan(lambda c, _: (c + 1, jnp.ones((3, self.width))), 0, None, length=4)[1]", "(4, 3, width)"),
    "scan_two": (_THREE + "return lax.scan(lambda c, v: (c, (v[0], v[1] * 2)), 0, (x, x))[1][1]", "(x[-3], x[-2], x[-1])"),
    "map": (_THREE + "return lax.map(lambda v: v.sum(-1), x)", "(x[-3], x[-2])"),
    "map_unknown": ("return lax.map(foreign, x)", "?"),
    "dynamic_slice": ("return lax.dynamic_slice(jnp.ones((4, 6)), (0, 0), (2, 3))", "(2, 3)"),
    "sqrt_of_a_size": ("return x / jnp.sqrt(x.shape[-1])", "(..., x)"),
    "list_of_a_shape": ("return jnp.ones(list(x.shape[:-1]) + [7])", "(..., x[:-1], 7)"),
    "split_known": (_THREE + "return jnp.split(x, 2, 1)[0]", "(x[-3], x[-2] // 2, x[-1])"),
    "split_however_many_and_stack": ("return jnp.stack(jnp.split(x, self.width // 2, axis=1), axis=1)", "(..., x[-1])"),
    "split_however_many_and_pool": ("z = jnp.split(x, self.width // 2, axis=1)\nreturn jnp.stack(z, axis=1).mean(axis=2)", "(..., x[-1])"),
    "split_however_many_along_the_last": ("return jnp.stack(jnp.split(x, self.width // 2, axis=-1), axis=-1)", "(..., x[:-1], ?, ?)"),
    "split_however_many_and_join": (_THREE + "return jnp.concatenate(jnp.split(x, self.width // 2, 1), axis=2)", "(x[-3], ?, ?)"),
    "split_however_many_of_known_rank": (_THREE + "return jnp.stack(jnp.split(x, self.width // 2, axis=1), axis=1)", "(x[-3], ?, ?, x[-1])"),
    "stack_along_an_array": (_THREE + "return jnp.stack(x, axis=-1)", "(x[-2], x[-1], ?)"),
    "filled_up_with_ones": ("return jnp.ones((x.shape[0],) + (1,) * (x.ndim - 1))", "(..., 1)"),
    "times_what_is_filled_up_with_ones": ("return x * jnp.ones((x.shape[0],) + (1,) * (len(x.shape) - 1))", "(..., x[-1])"),
    "filled_up_with_too_few": ("return x * jnp.ones((x.shape[0],) + (1,) * (x.ndim - 2))", "(..., x[-1])"),
    "add_what_is_made_of_its_axes": ("return x + jnp.ones((1, x.shape[1], x.shape[2]))", "(..., x[:-3], x[-3], x[-2], x[-1])"),
    "split_uneven": ("return jnp.array_split(x, 4, axis=-1)", "[(..., x[:-1], ?); (..., x[:-1], ?); (..., x[:-1], ?); (..., x[:-1], ?)]"),
    "split_uneven_back": (_THREE + "z = jnp.array_split(x, 4, axis=-1)[0]\nreturn jnp.matmul(z, jnp.swapaxes(z, 1, 2)).reshape(b, -1, n)", "(x[-3], x[-2], x[-2])"),
    "pad": ("return jnp.pad(x, ((0, 0), (1, 2), (0, 3)))", "(x[-3], x[-2] + 1 + 2, x[-1] + 3)"),
    "pad_number": (_THREE + "return jnp.pad(x, 1)", "(x[-3] + 1 + 1, x[-2] + 1 + 1, x[-1] + 1 + 1)"),
    "pad_pair": ("return jnp.pad(x, (1, 2))", "?"),
    "pad_one_pair": ("return jnp.pad(x, ((1, 2),))", "?"),
    "tile": (_THREE + "return jnp.tile(x, (2, 1, 3))", "(x[-3] * 2, x[-2], x[-1] * 3)"),
    "tile_any": ("return jnp.tile(x, (4, 1, 3))", "(..., x[-1] * 3)"),
    "tile_any_none": ("return jnp.tile(x, ())", "?"),
    "new_axis_between": ("return x[:, None, :]", "(..., x[-1])"),
    "new_axis_in_front": ("return x[None, :]", "(..., x[-1])"),
    "new_axis_at_the_end": ("return x[:, None]", "?"),
    "tile_behind_a_new_axis": ("return jnp.tile(x[:, None, :], (1, 5, 1))", "(..., x[-1])"),
    "at_places": ("return x[y.astype(int)]", "(..., x[-1])"),
    "at_places_of_a_size": ("return x[y.astype(int) + 1]", "(..., x[-1])"),
    "at_two_places": ("return x[y.astype(int), y.astype(int)]", "?"),
    "segment_sum": ("return jax.ops.segment_sum(x, jnp.zeros(x.shape[0], int), num_segments=3)", "(..., x[-1])"),
    "tile_more": (_THREE + "return jnp.tile(x, (2, 1, 1, 3))", "?"),
    "repeat": ("return jnp.repeat(x, 3, axis=-1)", "(..., x[:-1], x[-1] * 3)"),
    "repeat_flat": ("return jnp.repeat(x, 3)", "?"),
    "repeat_axis_of_another": (_THREE + "return jnp.repeat(jnp.ones((1, 5, 7)), b, axis=0).reshape(b, 5, -1)", "(x[-3], 5, 7)"),
    "repeat_counted": ("return jnp.repeat(jnp.ones((2, 7)), len(self.names), axis=0)", "(?, 7)"),
    "repeat_field": ("return x.repeat(self.width, -2)", "(..., x[:-2], x[-2] * width, x[-1])"),
    "take": ("return jnp.take(x, jnp.arange(3), axis=-1)", "(..., x[:-1], 3)"),
    "take_flat": ("return jnp.take(x, jnp.arange(3))", "?"),
    "top_k": ("return lax.top_k(x, 3)[0]", "(..., x[:-1], 3)"),
    # other axes
    "reshape": ("return x.reshape(2, -1)", "(2, ?)"),
    "reshape_known": (_FOUR + "return x.reshape(b, -1)", "(x[-4], x[-3] * x[-2] * x[-1])"),
    "reshape_tuple": (_FOUR + "return jnp.reshape(x, (b, h * w, c))", "(x[-4], x[-3] * x[-2], x[-1])"),
    "reshape_order": (_FOUR + "return jnp.reshape(x, (b, h * w, c), 'F')", "(x[-4], x[-3] * x[-2], x[-1])"),
    "reshape_keyword": (_THREE + "return jnp.reshape(x, shape=(b, -1))", "(x[-3], x[-2] * x[-1])"),
    "reshape_split": (_THREE + "return x.reshape(b, n, 2, -1)", "(x[-3], x[-2], 2, x[-1] // 2)"),
    "reshape_front": (_THREE + "return x.reshape(-1, d)", "(x[-3] * x[-2], x[-1])"),
    "reshape_star": ("return x.reshape(*x.shape[:-1], 2, -1)", "(..., x[:-1], 2, x[-1] // 2)"),
    "reshape_plus": ("return x.reshape(x.shape[:-2] + (-1,))", "(..., x[:-2], x[-2] * x[-1])"),
    "reshape_other": ("return x.reshape(y.shape[:-1] + (-1,))", "(..., y[:-1], ?)"),
    "reshape_part": ("z = x.reshape(*x.shape[:-1], 2, 3)\nreturn z.reshape(*z.shape[:-2], -1)", "(..., x[:-1], 6)"),
    "reshape_own": ("z = x * 2\nreturn z.reshape(*z.shape[:-1], 2, -1)", "(..., x[:-1], 2, x[-1] // 2)"),
    "reshape_own_two": (_SCORES + "return z.reshape(*z.shape[:-2], -1)", "(..., 6)"),
    "reshape_of_another": (_SCORES + "w = y + x\nreturn z.reshape(*w.shape[:-2], -1)", "(..., ?)"),
    "reshape_behind": (_FOUR + "return x.reshape(-1, *x.shape[2:])", "(x[-4] * x[-3], x[-2], x[-1])"),
    "reshape_two": ("return x.reshape(*x.shape[:2], -1)", "(x[0], x[1], ?)"),
    "ravel": (_THREE + "return x.ravel()", "(x[-3] * x[-2] * x[-1])"),
    "ravel_unknown": ("return x.ravel()", "(prod(x[0:]))"),
    "flatten": ("return x.reshape(x.shape[0], -1)", "(x[0], prod(x[1:]))"),
    "flatten_tuple": ("return jnp.reshape(x / 2, (x.shape[0], -1))", "(x[0], prod(x[1:]))"),
    "flatten_behind": ("return x.reshape((x.shape[0], -1, 2))", "(x[0], prod(x[1:]) // 2, 2)"),
    "flatten_two": ("return x.reshape(x.shape[0], x.shape[1], -1)", "(x[0], x[1], ?)"),
    "flatten_other": ("return x.reshape(y.shape[0], -1)", "(y[0], ?)"),
    "flatten_later": ("return (x @ jnp.ones((6, 9))).reshape(x.shape[0], -1)", "(x[0], ?)"),
    "expand_last": ("return jnp.expand_dims(x, -1)", "(..., x, 1)"),
    "expand_first": ("return jnp.expand_dims(x, 0)", "(..., x[-1])"),
    "expand_one": ("return jnp.expand_dims(x, 1)", "?"),
    "expand_one_of_three": (_THREE + "return jnp.expand_dims(x + foreign(x), 1)", "(..., x[-1])"),
    "expand_before": ("return jnp.expand_dims(x, -2)", "(..., x[:-1], 1, x[-1])"),
    "expand_known": (_THREE + "return jnp.expand_dims(x, axis=1)", "(x[-3], 1, x[-2], x[-1])"),
    "expand_known_last": (_THREE + "return jnp.expand_dims(x, 3)", "(x[-3], x[-2], x[-1], 1)"),
    "expand_two": (_THREE + "return jnp.expand_dims(x, (0, 1))", "?"),
    "squeeze_all": ("return jnp.ones((1, 2, 1)).squeeze()", "?"),
    "squeeze": ("return jnp.expand_dims(x, -1).squeeze(-1)", "(..., x)"),
    "squeeze_known": ("return jnp.ones((2, 1, 3)).squeeze(1)", "(2, 3)"),
    "swapaxes": ("return jnp.swapaxes(x, -1, -2)", "(..., x[:-2], x[-1], x[-2])"),
    "swapaxes_front": ("return jnp.swapaxes(x, 1, 2)", "?"),
    "swapaxes_known": (_THREE + "return x.swapaxes(1, 2)", "(x[-3], x[-1], x[-2])"),
    "swapaxes_mixed": (_FOUR + "return x.swapaxes(1, -1)", "(x[-4], x[-1], x[-2], x[-3])"),
    "moveaxis": ("return jnp.moveaxis(x, -1, -3)", "(..., x[:-3], x[-1], x[-3], x[-2])"),
    "moveaxis_known": (_FOUR + "return jnp.moveaxis(x, 1, -1)", "(x[-4], x[-2], x[-1], x[-3])"),
    "moveaxis_front": ("return jnp.moveaxis(x, 1, -1)", "?"),
    "transpose": ("return x.transpose(0, 2, 1)", "(x[-3], x[-1], x[-2])"),
    "transpose_tuple": ("return jnp.transpose(x, (0, 2, 1, 3))", "(x[-4], x[-2], x[-3], x[-1])"),
    "transpose_negative": ("return jnp.transpose(x, (0, -1, 1))", "(x[-3], x[-1], x[-2])"),
    "transpose_keyword": ("return jnp.transpose(x, axes=[1, 0])", "(x[-1], x[-2])"),
    "turned": ("y = jnp.transpose(x, (1, 0, 2))\nreturn jnp.swapaxes(x, 0, 1)", "(x[-2], x[-3], x[-1])"),
    "turned_inside": ("y = jnp.tanh(x[..., None].transpose(1, 0, 2)) + 1\nreturn jnp.swapaxes(x, 0, 1)", "(x[-1], x[-2])"),
    "turned_another": ("z = jnp.transpose(y, (1, 0, 2))\nreturn jnp.swapaxes(x, 0, 1)", "?"),
    "turned_on_one_side": ("y = x.transpose(1, 0, 2) if x.ndim == 3 else x\nreturn jnp.swapaxes(x, 0, 1)", "?"),
    "turned_in_a_branch": ("if x.ndim == 3:\n    y = x.transpose(1, 0, 2)\nreturn jnp.swapaxes(x, 0, 1)", "?"),
    "turned_later": ("def f():\n    return x.transpose(1, 0, 2)\ny = [f for i in x]\nreturn jnp.swapaxes(x, 0, 1)", "?"),
    "turned_by_a_function": ("y = (lambda v: v.transpose(1, 0, 2))\nreturn jnp.swapaxes(x, 0, 1)", "?"),
    "transpose_all": ("return x.transpose()", "?"),
    "transpose_all_known": (_THREE + "return x.transpose()", "(x[-1], x[-2], x[-3])"),
    "transpose_T": (_THREE + "return x.T", "(x[-1], x[-2], x[-3])"),
    "broadcast_to": ("return jnp.broadcast_to(x, x.shape[:-1] + (6,))", "(..., x[:-1], 6)"),
    "broadcast_other": ("return jnp.broadcast_to(jnp.ones((1, 1)), (5, self.width))", "(5, width)"),
    # made
    "ones": ("return jnp.ones((3, self.width))", "(3, width)"),
    "arange": ("return jnp.arange(5)", "(5)"),
    "arange_from": ("return jnp.arange(2, 5)", "(?)"),
    "arange_stop": ("return jnp.arange(2, stop=5)", "(?)"),
    "eye": ("return jnp.eye(3)", "(3, 3)"),
    "eye_columns": ("return jnp.eye(3, 5)", "(3, 5)"),
    "one_hot": ("return jax.nn.one_hot(x.astype(int), 7)", "(..., x, 7)"),
    "one_hot_axis": ("return jax.nn.one_hot(x.astype(int), 7, axis=0)", "?"),
    "normal": ("return jax.random.normal(jax.random.key(0), (2, 3))", "(2, 3)"),
    "normal_scalar": ("return jax.random.normal(jax.random.key(0))", "?"),
    "bernoulli": ("return jax.random.bernoulli(jax.random.key(0), 0.5, (2, 3))", "(2, 3)"),
    "truncated": ("return jax.random.truncated_normal(jax.random.key(0), -2, 2, (2, 3))", "(2, 3)"),
    "categorical": ("return jax.random.categorical(jax.random.key(0), x)", "(..., x[:-1])"),
    "resize": (_FOUR + "return jax.image.resize(x, (b, 9, 9, c), 'nearest')", "(x[-4], 9, 9, x[-1])"),
    # contractions
    "einsum": ("return jnp.einsum('bnd,de->bne', x, jnp.ones((6, 9)))", "(x[-3], x[-2], 9)"),
    "einsum_dots": ("return jnp.einsum('...d,de->...e', x, jnp.ones((6, 9)))", "(..., x[:-1], 9)"),
    "einsum_dots_two": ("return jnp.einsum('...d,...d->...d', x, y)", "(..., ?)"),
    "einsum_back": ("return jnp.einsum('...ij->...ji', x)", "(..., x[:-2], x[-1], x[-2])"),
    "einsum_front_dots": ("return jnp.einsum('b...d->d...b', x)", "(..., x[0])"),
    "einsum_implicit": ("return jnp.einsum('ij,jk', jnp.ones((2, 3)), jnp.ones((3, 4)))", "?"),
    "einsum_one": ("return jnp.einsum('ij,ij->ij', jnp.ones((1, 3)), jnp.ones((2, 3)))", "(2, 3)"),
    "einsum_spaces": ("return jnp.einsum('b n d, d e -> b n e', x, jnp.ones((6, 9)))", "(x[-3], x[-2], 9)"),
    # windows
    "convolve": (
        "return lax.conv_general_dilated(x, jnp.ones((1, 1, 6, 9)), (1, 1), 'SAME', dimension_numbers=('NHWC', 'HWIO', 'NHWC'))",
        "(?, ?, ?, 9)",
    ),
    "convolve_default": ("return lax.conv_general_dilated(x, jnp.ones((9, 8, 1, 1)), (1, 1), 'SAME')", "?"),
    "convolve_first": (
        "return lax.conv_general_dilated(x, jnp.ones((9, 8, 1, 1)), (1, 1), 'SAME', dimension_numbers=('NCHW', 'OIHW', 'NCHW'))",
        "(?, 9, ?, ?)",
    ),
    "pool": (
        "return nn.max_pool(x, (2, 2), strides=(2, 2))",
        "(..., x[:-3], x[-3] // 2, x[-2] // 2, x[-1])",
    ),
    "pool_of_any_size": (
        "b, h, w, c = x.shape\nreturn nn.avg_pool(x, (divmod(5, 2)[0], 2))",
        "(x[-4], ?, ?, x[-1])",
    ),
    "pool_default": (
        "return nn.avg_pool(x, (3, 3))",
        "(..., x[:-3], x[-3] - 3 + 1, x[-2] - 3 + 1, x[-1])",
    ),
    "pool_same": (
        "return nn.avg_pool(x, (3, 3), (2, 2), 'SAME')",
        "(..., x[:-3], (x[-3] + 1) // 2, (x[-2] + 1) // 2, x[-1])",
    ),
    "pool_pairs": (
        "return nn.avg_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (0, 1)))",
        "(..., x[:-3], (x[-3] + 2 - 3) // 2 + 1, (x[-2] + 1 - 3) // 2 + 1, x[-1])",
    ),
    "pool_field": (
        "return nn.avg_pool(x, (self.width, 1), (self.width, 1))",
        "(..., x[:-3], x[-3] // width, x[-2], x[-1])",
    ),
    # indices
    "last": ("return x[..., -1]", "(..., x[:-1])"),
    "last_new": ("return x[..., None]", "(..., x, 1)"),
    "dots_middle": ("return x[:, ..., 0]", "(..., x[:-1])"),
    "dots_new": ("return x[None, ..., :2]", "(..., 2)"),
    "first": ("return x[:, 0]", "(..., x[-1])"),
    "first_slice": ("return x[:, :2]", "?"),
    "new": ("return x[:, None]", "?"),
    "new_known": (_THREE + "return x[:, None]", "(x[-3], 1, x[-2], x[-1])"),
    "first_known": (_THREE + "return x[:, 0]", "(x[-3], x[-1])"),
    "all_known": (_THREE + "return x[:, 0, 0]", "(x[-3])"),
    "too_many": (_THREE + "return x[:, 0, 0, 0]", "?"),
    "by_field": ("return x[..., self.names]", "?"),
    "part": ("return x[..., :3]", "(..., x[:-1], 3)"),
    "part_from": ("return x[..., 2:]", "(..., x[:-1], x[-1] - 2)"),
    "part_to_end": ("return x[..., -2:]", "(..., x[:-1], 2)"),
    "part_but": ("return x[..., :-1]", "(..., x[:-1], x[-1] - 1)"),
    "part_between": ("return x[..., 1:3]", "(..., x[:-1], 2)"),
    "part_step": ("return x[..., ::2]", "(..., x[:-1], ?)"),
    "part_beyond": ("return jnp.ones((2, 5))[:, :10]", "(2, 5)"),
    "part_mixed": ("return x[..., 1:-1]", "(..., x[:-1], ?)"),
    "mask": ("return jnp.ones((3, 4))[jnp.ones((3, 4)) > 2]", "?"),
    "places_of_two_axes": ("return x[jnp.arange(2), y.argmax(-1)[:2]], x[jnp.arange(2), jnp.arange(2)]", "[?; ?]"),
    "places_of_known_axes": (_THREE + "return x[jnp.arange(2), x[:, :, 0].argmax(axis=-1)]", "(..., x[-1])"),
    "places_of_all_axes": ("z = jnp.ones((4, 6))\nreturn z[jnp.arange(2), jnp.arange(2)]", "?"),
    "places_and_a_mask": (_THREE + "return x[jnp.arange(2), x > 2]", "?"),
    "slices_then_mean": ("return jnp.mean(x[:, 1:, :], axis=1)", "(..., x[-1])"),
    "slices_of_the_last": ("return x[:, 1:].mean(axis=0)", "?"),
    "place_then_mean": ("return x[:, 0, :].mean(axis=0)", "(..., x[-1])"),
    "slices_of_two": ("return x[:, :1, :] + y[:, :2, :]", "(..., ?)"),
    "slices_twice": ("z = x[:, 1:, :]\nreturn z + z[:, :1, :]", "(..., x[-1])"),
    "rows": ("return np.array([[i / np.power(10, 2 * (j // 2) / 6) for j in range(6)] for i in range(9)])", "(9, 6)"),
    "rows_by_names": ("n, d = x.shape[-1], 3\nz = np.array([[i * d - j for j in range(d)] for i in range(n)])\nreturn jnp.array(np.zeros_like(z))", "(x[-1], 3)"),
    "rows_of_arrays": ("return np.array([[np.ones(2) * j for j in range(6)] for i in range(9)])", "?"),
    "rows_of_a_list": ("v = [1, 2]\nreturn np.array([[v for j in range(6)] for i in range(9)])", "?"),
    "rows_of_some": ("return np.array([[j for j in range(6) if j > 2] for i in range(9)])", "?"),
    "rows_from": ("return np.array([[j for j in range(2, 6)] for i in range(9)])", "?"),
    "rows_that_grow": ("return np.array([[j for j in range(i)] for i in range(2)])", "?"),
    "take_by_an_unknown_rank": ("return jnp.take(jnp.ones((9, 5)), x.astype(int), axis=0)", "(..., 5)"),
    "take_by_unknown": ("return jnp.take(jnp.ones((9, 5)), foreign(x), axis=0)", "(..., 5)"),
    "take_of_the_last": ("return jnp.take(jnp.ones((9, 5)), x.astype(int), axis=-1)", "?"),
    "add_unknown_to_three": (_THREE + "z = x + foreign(x)\nreturn z[:, 0]", "(..., x[-1])"),
    # functions of the method
    "local": ("def f(z):\n    return z.reshape(2, -1, 4, 6)\nreturn f(x)", "(2, ?, 4, 6)"),
    "local_reads": ("d = 3\ndef f(z):\n    return z @ jnp.ones((6, d))\nd = 5\nreturn f(x)", "(..., x[:-1], 5)"),
    "local_binds": ("d = 3\ndef f(z):\n    d = 4\n    return z @ jnp.ones((6, d))\nreturn f(x), jnp.ones(d)", "[(..., x[:-1], 4); (3)]"),
    "local_binds_a_local": ("def f(z):\n    d = len(str(z))\n    return jnp.ones((2, d))\nreturn f(self.names)", "(2, ?)"),
    "local_hides": ("def f(x):\n    return x.sum(-1)\nreturn f(y)", "(..., y[:-1])"),
    "local_in_local": ("def f(z):\n    def g(z):\n        return z.sum(-1)\n    return g(z)\nreturn f(x)", "(..., x[:-1])"),
    "local_beside_local": ("def g(z):\n    return z @ jnp.ones((6, d))\nd = 3\ndef f(z):\n    d = 4\n    return g(z)\nreturn f(x)", "(..., x[:-1], 3)"),
    "local_changes": ("d = 3\ndef f(z):\n    nonlocal d\n    d = 4\n    return z\nf(x)\nreturn jnp.ones((2, d))", "(2, ?)"),
    "local_default": ("d = 3\ndef f(z, d=d):\n    return jnp.ones((2, d))\nreturn f(x)", "(2, ?)"),
    "local_default_of_one": ("def f(z, d=4):\n    return jnp.ones((2, d))\nreturn f(x), f(x, 5)", "[(2, 4); (2, 5)]"),
    "local_star": ("def f(*z):\n    return z[0]\nreturn f(x)", "?"),
    "local_in_a_loop": ("z = x\nfor k in range(3):\n    def f(v):\n        return v * k\n    z = f(z)\nreturn z", "(..., x)"),
    "local_bound_twice": ("def f(z):\n    return z.sum(-1)\nif self.width > 9:\n    def f(z):\n        return z\nreturn f(x)", "?"),
    "local_wrapped": ("f = jax.vmap(lambda z: z.sum(-1))\nreturn f(x)", "?"),
    "local_decorated": ("@foreign\ndef f(z):\n    return z\nreturn f(x)", "?"),
    "local_lambda": ("f = lambda z: z.sum(-1)\nreturn f(x)", "(..., x[:-1])"),
    "local_lambda_called": ("return (lambda z, n: z @ jnp.ones((6, n)))(x, 3)", "(..., x[:-1], 3)"),
    "local_of_two_returns": ("def f(z, v=None):\n    if v is not None:\n        return z, v * 2\n    return (z,)\na = f(x)\nb, c = f(x, y.sum(-1))\nreturn a[-1], c", "[(..., x); (..., y[:-1])]"),
    "local_may_be_none": ("def f(z):\n    return z if z is None else z.sum(-1)\nreturn f(None if self.width > 9 else x)", "?"),
    "local_skipped": ("def f(z):\n    if z is not None:\n        return (z, z)\n    return (z,)\nz = (None, None) if self.width < 3 else (x * 2, y)\na = f(z[0])\nreturn a[-1]", "(..., x)"),
    "partial": ("f = functools.partial(jnp.sum, axis=-1)\nreturn f(x)", "(..., x[:-1])"),
    "partial_overridden": ("f = functools.partial(jnp.sum, axis=-1)\nreturn f(x, axis=-2)", "(..., x[:-2], x[-1])"),
    "partial_pool": ("f = functools.partial(nn.avg_pool, padding=((0, 0), (0, 0)))\nreturn f(x, window_shape=(2, 2), strides=(2, 2))", "(..., x[:-3], x[-3] // 2, x[-2] // 2, x[-1])"),
    "partial_positional": ("f = functools.partial(jnp.sum, x)\nreturn f(axis=-1)", "?"),
    "gather": ("return jnp.ones((10, 7))[jnp.arange(3)]", "(..., 7)"),
    "shape_part": (_FOUR + "return jnp.ones(x.shape[1:-1])", "(x[-3], x[-2])"),
    "shape_end": ("return jnp.ones(x.shape[-2:])", "(x[-2], x[-1])"),
    "narrowed": ("if x.ndim == 2:\n    x = x[:, None]\nreturn x", "(..., x[-1])"),
    "narrowed_other": ("if x.ndim == 1:\n    x = x[:, None]\nreturn x", "(...)"),
    "narrowed_not": ("if len(x.shape) != 3:\n    return x\nreturn jnp.swapaxes(x, 1, 2)", "(...)"),
    "narrowed_raise": ("if x.ndim != 3:\n    raise ValueError\nreturn jnp.swapaxes(x, 1, 2)", "(x[-3], x[-1], x[-2])"),
    "array_split": (
        "return jnp.array_split(jnp.ones((4, 3 * self.width)), 3, axis=-1)", "[(4, width); (4, width); (4, width)]",
    ),
    "split_multiple": (
        "return jnp.split(jnp.ones((4, self.width * 2)), 2, axis=-1)", "[(4, width); (4, width)]",
    ),
    "tuple_field": ("return jnp.ones(self.sizes + (1, 7))", "(..., 1, 7)"),
    "two_lengths": ("z = (x * 2, x) if self.names else (x * 2,)\nreturn z[0]", "(..., x)"),
    "two_lengths_from_behind": ("z = (x[..., None], x) if self.names else (x[..., None],)\nreturn z[-1]", "(..., x[-1] if names else 1)"),
    "two_lengths_in_front": ("z = (x * 2,)\nif self.names:\n    z = (x.sum(),) + z\nreturn z[-1]", "(..., x)"),
    "two_lengths_and_more": ("z = (x,) if self.names else (x, x)\nz = z + (y * 2,)\nreturn z[-1]", "(..., y)"),
    "two_lengths_and_unknown": ("z = (x,) if self.names else (x, x)\nz = z + tuple(foreign(x))\nreturn z[-1]", "?"),
    "two_lengths_taken_in": ("z = (y.sum(),) + ((x,) if self.names else (y, x))\nreturn z[-1]", "(..., x)"),
    "two_lengths_beyond_the_end": ("z = (x, y) if self.names else (y,)\nreturn z[-2]", "?"),
    "two_lengths_added": ("z = (x.sum(),) + tuple(foreign(x))\nreturn z[0]", "()"),
    "two_lengths_of_a_statement": ("z = (x * 2,)\nif self.names:\n    z += (x.sum(),)\nreturn z[0]", "(..., x)"),
    "two_lengths_beyond": ("z = (x, x) if self.names else (x,)\nreturn z[1]", "?"),
    "tuples_of_two_ranks": ("z = (x, 1) if self.names else (x.sum(-1), 2)\nreturn z[0]", "(..., x[-1] if names else x[-2])"),
    "reshape_by_a_name": ("z = foreign(x)\nreturn jnp.ones((4, 6)).reshape(z)", "?"),
    "start_of_some_shape": (
        "z = x if self.names else jnp.ones((2, 3, 6))\nreturn jnp.ones(z.shape[:2] + (3, 7))", "(?, ?, 3, 7)",
    ),
    "unpacking_one_of_two_alike": (
        "z = jnp.ones((2, 3, 6)) if self.names else jnp.ones((4, 6))\nw = jnp.ones((1, 2, 3, 6)) if self.names else jnp.ones((4, 6))\na, b, c = z.shape\nreturn w",
        "(..., 3 if names else 4, 6)",
    ),
    "updated": ("return lax.dynamic_update_slice(x, jnp.ones((1,) * x.ndim), (0,) * x.ndim)", "(..., x)"),
    # one argument here, another there
    "one_of_two": (_EITHER + "return jnp.ones(z.shape[:2] + (3, 7))", "(?, ?, 3, 7)"),
    "one_of_two_by_statement": (
        "if x.ndim > 2:\n    z = x * 2\nelse:\n    z = y\nreturn jnp.ones(z.shape[:2] + (3, 7))", "(?, ?, 3, 7)",
    ),
    "one_of_two_alike": ("z = x @ jnp.ones((6, 8)) if x.ndim > 2 else y @ jnp.ones((6, 8))\nreturn z", "(..., 8)"),
    "one_of_two_heads": (
        _EITHER + "z = z @ jnp.ones((6, 8))\nz = z.reshape(z.shape[:2] + (2, 4))\nreturn z.reshape(z.shape[:2] + (-1,))",
        "(?, ?, 8)",
    ),
    "one_of_two_back_to_front": (
        _EITHER + "z = jnp.ones(z.shape[:2] + (2, 4))\nreturn z.reshape(z.shape[1:2] + z.shape[:1] + (-1,))",
        "?",
    ),
    "one_of_three": ("w = x if x.ndim > 2 else y\nz = w if x.ndim > 3 else x\nreturn z.shape[:2]", "(?, ?)"),
    "one_of_two_of_other_ranks": ("w = jnp.ones((6, 8))\nz = x @ w if x.ndim > 2 else (y @ w)[..., None, :]\nreturn jnp.ones(z.shape[:2] + (3, 7))", "(?, ?, 3, 7)"),
    "one_of_two_and_a_known": ("z = x @ jnp.ones((6, 8)) if x.ndim > 2 else jnp.ones((4, 8))\nreturn jnp.ones(z.shape[:2] + (3, 7))", "(?, ?, 3, 7)"),
    "one_of_two_unpacked": (_EITHER + "w = y if x.ndim > 2 else x\na, b, c = z.shape\nreturn w", "(...)"),
    "one_of_two_unpacked_itself": (_EITHER + "a, b, c = z.shape\nreturn jnp.swapaxes(z, 1, 2)", "(?, ?, ?)"),
    "one_of_two_narrowed": (
        _EITHER + "w = y if x.ndim > 2 else x\nif z.ndim != 3:\n    raise ValueError\nreturn z + w", "(...)",
    ),
    "one_of_two_item": (_EITHER + "return z[0]", "?"),
    "one_of_two_flat": (_EITHER + "return z.reshape(z.shape[0], -1)", "(?, ?)"),
    "own_front_keywords": (_UNKNOWN + "return jnp.reshape(z, shape=z.shape[:2] + (-1,))", "(?, ?, ?)"),
    "own_keywords_alone": ("return jnp.reshape(a=x, shape=(-1, 1))", "(?, 1)"),
    "param_of_lambda": ("return x * self.param('a', lambda _, shape: jnp.ones(shape), 6)", "(..., x[:-1], 6)"),
    "param_of_lambda_alone": ("return self.param('a', lambda k, shape, n: jnp.ones((*shape, n)), (2, 6), 3)", "(2, 6, 3)"),
    "param_of_lambda_with_a_local": ("d = 3\nreturn self.param('a', lambda k: jnp.ones(d))", "?"),
    "param_of_lambda_with_a_local_of_a_list": ("return [self.param('a', lambda k: jnp.ones(i)) for i in (3, 4)][0]", "?"),
    "param_of_lambda_with_an_argument": ("return self.param('a', lambda k, s: jnp.ones((x.shape[-1],)), (2, 6))", "?"),
    "param_of_lambda_and_foreign": ("return self.param('a', lambda k, s: foreign(s), (6,))", "?"),
    "param_of_lambda_star": ("return self.param('a', lambda k, *s: jnp.ones(s), 2, 6)", "?"),
    "own_front_star": (_UNKNOWN + "return z.reshape(*z.shape[:2], -1)", "(?, ?, 12)"),
    "own_front_places": (_UNKNOWN + "return jnp.reshape(z, (z.shape[0], z.shape[1], -1))", "(?, ?, 12)"),
    "own_front_from_behind": (_UNKNOWN + "return z.reshape(z.shape[:-2] + (2, -1))", "(?, ?, 2, 6)"),
    "own_front_of_another": (_UNKNOWN + "w = z[::-1]\nreturn z.reshape(w.shape[:2] + (-1,))", "(?, ?, ?)"),
    "own_front_one_left": (_UNKNOWN + "return z.reshape(z.shape[0], -1)", "(?, ?)"),
    "own_front_swapped": (_UNKNOWN + "return z.reshape(z.shape[1], z.shape[0], -1)", "(?, ?, ?)"),
    "rank_by_unpacking": ("*lead, d = x.shape\nreturn x.reshape(*lead, 2, -1)", "?"),
}  # fmt: skip

PATTERNS = {
    "merge": ("'b h w c -> b (h w) c'", "(x[-4], x[-3] * x[-2], x[-1])"),
    "split": ("'b n m (h d) -> b h n m d', h=2", "(x[-4], 2, x[-3], x[-2], x[-1] // 2)"),
    "dots": ("'... n d -> ... d n'", "(..., x[:-2], x[-1], x[-2])"),
    "dots_inside": ("'b ... d -> d ... b'", "(..., x[0])"),
    "dots_grouped": ("'b ... d -> (b ...) d'", "?"),
    "one": ("'b n m d -> b 1 n (m d)'", "(x[-4], 1, x[-3], x[-2] * x[-1])"),
    "patches": ("'b (h p) (w q) c -> b (h w) (p q c)', p=2, q=2", "(x[-4], x[-3] // 2 * (x[-2] // 2), 4 * x[-1])"),
    "two_unknown": ("'b n m (h d) -> b n m h d'", "(x[-4], x[-3], x[-2], ?, ?)"),
    "other_rank": ("'b n d -> b d n'", "?"),
}  # fmt: skip
"""Patterns of einops for an array of four axes."""

IMPOSSIBLE = {"two_unknown": "Could not infer sizes", "other_rank": "Wrong shape"}
"""What einops itself says of those that fit no array of four axes."""


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_of_einops(name: str) -> None:
    pattern, expected = PATTERNS[name]
    body, shape = f"return einops.rearrange(x, {pattern})", (2, 8, 4, 6)
    value = engine(body if "dots" in name else _FOUR + body).returns["__call__"]
    assert text(value) == expected
    if name in IMPOSSIBLE:
        with pytest.raises(einops.EinopsError, match=IMPOSSIBLE[name]):
            real(body, shape, shape)
    else:
        assert not contradictions(value, real(body, shape, shape), shape, shape)


def _fits(flow: Flow, root: tuple[str, str], shape: tuple[int, ...]) -> bool:
    """Tells whether an input has as many axes as it is taken to have."""
    return len(shape) >= flow.assumed.get(root, 0) and len(shape) == flow.exact.get(root, len(shape))


@pytest.mark.parametrize("name", CASES)
def test_the_engine_says_what_jax_does(name: str) -> None:
    body, expected = CASES[name]
    flow = engine(body)
    value = flow.returns["__call__"]
    assert text(value) == expected
    taken = 0
    for x, y in _SHAPES:
        if not all(_fits(flow, ("__call__", name), shape) for name, shape in (("x", x), ("y", y))):
            continue
        try:
            found = real(body, x, y)
        except Exception:
            continue
        taken += 1
        assert not contradictions(value, found, x, y), (x, y)
    assert taken or "foreign" in body or expected == "?", "no shape that JAX takes"
