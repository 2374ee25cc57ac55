"""The profile and the Region of a call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from cloudwatch_mcp.errors import InputError, nearest, quote

if TYPE_CHECKING:
    import boto3

DEFAULT_REGION = "us-east-1"
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")


def open_session(profile: str | None) -> boto3.Session:
    """A session of the profile; None stands for AWS_PROFILE or the default profile. Reads files, so it may block.

    Raises:
        InputError: there is no such profile; the message lists the existing ones.
    """
    import boto3
    import botocore.session
    from botocore.exceptions import ProfileNotFound

    known_regions()
    try:
        return boto3.Session(profile_name=profile)
    except ProfileNotFound as error:
        profiles = sorted(botocore.session.Session(profile=None).full_config.get("profiles", {}))
        available = f"Profiles here: {', '.join(profiles[:20])}." if profiles else "No profile is configured here."
        raise InputError(f"{error}. {available} Pass one as profile_name, or set AWS_PROFILE.") from None


def find_region(session: boto3.Session, given: str | None, environment: Mapping[str, str]) -> tuple[str, str | None]:
    """The Region of a call, and a note when it is only the default.

    The first that is set wins: `given`, AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1.

    Raises:
        InputError: AWS has no such Region, and no custom endpoint is configured.
    """
    region, _ = configured_region(session, given, environment)
    if region is None:
        note = f"No region was given or configured: this is {DEFAULT_REGION}. Pass region for another."
        return DEFAULT_REGION, note
    known = known_regions()
    if region in known or (_REGION.fullmatch(region) and has_own_endpoint(session, environment)):
        return region, None
    near = ", ".join(nearest(region, known, 3))
    hint = f"did you mean {near}?" if near else "a Region looks like eu-west-1."
    raise InputError(
        f"Unknown region {quote(region)}: {hint} A Region newer than the installed boto3 needs an upgrade."
    )


def configured_region(
    session: boto3.Session, given: str | None, environment: Mapping[str, str]
) -> tuple[str | None, str]:
    """The given or else the configured Region, if any, and its source."""
    candidates = {
        "--region": given,
        "AWS_REGION": environment.get("AWS_REGION"),
        "AWS_DEFAULT_REGION": environment.get("AWS_DEFAULT_REGION"),
        "the profile": session.region_name,
    }
    return next(((region, source) for source, region in candidates.items() if region), (None, "the default"))


def refuse_unlisted_profile(profile: str | None, listed: Sequence[str], environment: Mapping[str, str]) -> None:
    """Refuse a profile that is not `listed`, before its configuration is read. An empty list allows every profile.

    Credentials without a profile, such as keys in the environment or a role, count as `default`.

    Raises:
        InputError: the profile is not listed; the message has the list.
    """
    # botocore's order: keys in the environment, AWS_DEFAULT_PROFILE, AWS_PROFILE
    by_variable = environment.get("AWS_DEFAULT_PROFILE") or environment.get("AWS_PROFILE") or "default"
    used = profile or ("default" if environment.get("AWS_ACCESS_KEY_ID") else by_variable)
    if listed and used not in listed:
        raise InputError(
            f"The profile {quote(used)} is not allowed here: CLOUDWATCH_MCP_PROFILES lists "
            f"{', '.join(listed)}. Pass one of them as profile_name."
        )


@cache
def known_regions() -> Mapping[str, str]:
    """The Regions that the installed boto3 knows, each with its partition; the file is read once."""
    from botocore.loaders import create_loader

    partitions = create_loader().load_data("partitions")["partitions"]
    pairs = ((region, partition["id"]) for partition in partitions for region in partition["regions"])
    return {region: partition for region, partition in pairs if not region.endswith("-global")}


def has_own_endpoint(session: boto3.Session, environment: Mapping[str, str]) -> bool:
    profile: Mapping[str, Any] = session._session.get_scoped_config()  # noqa: SLF001 - boto3 has no public way
    in_environment = any(name.startswith("AWS_ENDPOINT_URL") for name in environment)
    return in_environment or "endpoint_url" in profile or "services" in profile
