"""Plans of classes that an earlier run migrated: their constructors stand as they are, and ask for no sizes."""

from collections.abc import Collection, Mapping

from ..model import LinenClass, Refused
from ..project import Project
from .caches import attention_in
from .checks import check
from .helpers import Helpers
from .kept_names import draws
from .planner import plan_class
from .records import ClassPlan
from .sown import sows
from .training import trains_by_mode

_OTHER = (
    (draws, "it draws random numbers"),
    (sows, "it sows"),
    (attention_in, "an attention in it may decode"),
    (trains_by_mode, "`train()` and `eval()` decide what it computes"),
)
"""What a class does otherwise behind a bridge than as a part of an NNX module."""


def plan_before(
    project: Project, helpers: Helpers, builders: Collection[str]
) -> tuple[Mapping[str, ClassPlan], Mapping[str, str]]:
    """Returns the plans of the classes, which nothing is written of, and why some have none."""
    plans, unread = dict[str, ClassPlan](), dict[str, str]()
    waiting = dict(project.before)
    while waiting:
        count = len(waiting)
        for name, cls in [*waiting.items()]:
            try:
                plans[name] = _planned(cls, project, plans, helpers, builders)
                del waiting[name]
            except Refused as why:
                unread[name] = why.message
        if len(waiting) == count:
            break
    return plans, {name: unread[name] for name in waiting}


def _planned(
    cls: LinenClass,
    project: Project,
    plans: Mapping[str, ClassPlan],
    helpers: Helpers,
    builders: Collection[str],
) -> ClassPlan:
    for refused in check(cls, project, helpers, builders):
        raise refused
    plan = plan_class(cls, project, plans, helpers, linen_names=True)
    for holds, reason in _OTHER:
        if holds(plan):
            raise Refused("MN111", cls.node, reason)
    plan.parameters, plan.stands = [], True
    return plan
