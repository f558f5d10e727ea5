"""Adds keyword-only parameters to a function."""

from collections.abc import Mapping, Sequence

import libcst as cst


def with_keywords(parameters: cst.Parameters, asked: Mapping[str, str]) -> cst.Parameters:
    """Returns the parameters with required ones, by name, of the kinds that are `asked`, before `**kwargs`."""
    kinds = {n: cst.Annotation(cst.parse_expression(kind)) if kind else None for n, kind in asked.items()}
    added = [cst.Param(cst.Name(name), kind) for name, kind in kinds.items()]
    star = parameters.star_arg
    if not isinstance(star, cst.Param | cst.ParamStar):
        star = cst.ParamStar()
    every = [*parameters.params, *parameters.kwonly_params]
    apart = every[-1].comma if every and isinstance(every[-1].comma, cst.Comma) else None
    if apart is None:
        return parameters.with_changes(star_arg=star, kwonly_params=[*parameters.kwonly_params, *added])
    return _one_below_another(parameters, star, added, apart)


def with_rest(parameters: cst.Parameters, name: str) -> cst.Parameters:
    """Returns the parameters with `**name` behind them, of which each is a bool."""
    rest = cst.Param(cst.Name(name), cst.Annotation(cst.Name("bool")), star="**")
    rows = "kwonly_params" if parameters.kwonly_params else "params"
    every = getattr(parameters, rows)
    last = every[-1].comma if every else None
    if not isinstance(last, cst.Comma) or isinstance(parameters.star_arg, cst.Param):
        return parameters.with_changes(star_kwarg=rest)
    apart = every[-1].with_changes(comma=cst.Comma(whitespace_after=_between(parameters)))
    return parameters.with_changes(**{rows: [*every[:-1], apart]}, star_kwarg=rest.with_changes(comma=last))


def _one_below_another(
    parameters: cst.Parameters, star: cst.Param | cst.ParamStar, added: Sequence[cst.Param], last: cst.Comma
) -> cst.Parameters:
    """Parameters that end in a comma stand one on a line; the last comma goes behind what is added."""
    space = _between(parameters)
    comma = cst.Comma(whitespace_after=space)
    params, kwonly = list(parameters.params), list(parameters.kwonly_params)
    if kwonly:
        kwonly[-1] = kwonly[-1].with_changes(comma=comma)
    elif params:
        params[-1] = params[-1].with_changes(comma=comma)
    if isinstance(star, cst.ParamStar):
        star = star.with_changes(comma=comma)
    rows = [*kwonly, *(p.with_changes(comma=comma) for p in added)]
    rows[-1] = rows[-1].with_changes(comma=last)
    return parameters.with_changes(params=params, star_arg=star, kwonly_params=rows)


def _between(parameters: cst.Parameters) -> cst.BaseParenthesizableWhitespace:
    """The white space between two parameters, as the function has it."""
    first = parameters.params[0].comma if parameters.params else None
    return first.whitespace_after if isinstance(first, cst.Comma) else cst.SimpleWhitespace(" ")
