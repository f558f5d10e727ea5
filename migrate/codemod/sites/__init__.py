"""Where migrated classes are constructed and called: what to rewrite there, or why it cannot be followed."""

from .plan import plan_sites
from .records import SitePlan, SiteRefusal

__all__ = ["SitePlan", "SiteRefusal", "plan_sites"]
