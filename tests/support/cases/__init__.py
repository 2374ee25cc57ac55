"""The suite's cases: what is asked of each tool, and what must hold of the answer."""

from __future__ import annotations

from itertools import chain

from tests.support.cases import (
    active_alarms,
    alarm_history,
    catalog,
    failures,
    log_analysis,
    log_groups,
    log_queries,
    metric_absence,
    metric_data,
    query_results,
)
from tests.support.cases.case import Case

_MODULES = (
    active_alarms,
    alarm_history,
    log_groups,
    log_analysis,
    log_queries,
    query_results,
    metric_absence,
    metric_data,
    failures,
    catalog,
)
CASES: tuple[Case, ...] = tuple(chain.from_iterable(module.CASES for module in _MODULES))

__all__ = ["CASES", "Case"]
