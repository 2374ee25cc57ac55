"""The sandbox's incidents, each in a module of its own; docs/incidents.md says how to write one."""

from importlib import import_module

from cloudwatch_mcp.sandbox.kit.incident import Incident

INCIDENTS = ("checkout-failures", "fulfilment-backlog", "lambda-throttles", "quiet-day", "slow-storefront")
"""Their names: the modules' names with hyphens."""


def incident(name: str) -> Incident:
    """The incident of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in INCIDENTS:
        raise ValueError(f"The sandbox has no incident {name!r}. It has: {', '.join(INCIDENTS)}.")
    found = import_module(f"{__name__}.{name.replace('-', '_')}").INCIDENT
    assert isinstance(found, Incident)  # noqa: S101  # a module's INCIDENT
    return found
