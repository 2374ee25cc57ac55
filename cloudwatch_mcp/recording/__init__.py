"""Record and replay the server's requests to AWS, with vcrpy's cassettes.

A `Recorder` listens to what botocore sends and receives; a `Replay` answers instead of the network. Neither patches
anything: both use the events of the boto3 sessions that they open for the server's `Clients`.

Replay, for example in a test:

    replay = Replay("cassettes/active_alarms.yaml")
    server = build_server(Settings(), {}, clients=replay.clients(Settings()), clock=replay.clock)
    ...                          # call a tool
    assert not replay.misses     # requests that are not in the cassette, even if a tool ignored the error
    assert not replay.unplayed   # recorded requests that were not made

Record:

    recorder = Recorder(base=clock, rename_queries=True)
    server = build_server(settings, environment, clients=recorder.clients(settings, environment), clock=recorder.clock)
    ...                          # call a tool
    recorder.save(path)          # redacted and sorted

Time stands still during a tool call: the file lists the calls with their times, and each request has the number of its
call. A replay compares calls as the server reads them, so that they can be in other words. `check` finds in a file
what must not be shared and what AWS's service model does not allow.
"""

from cloudwatch_mcp.recording.cassettes import load
from cloudwatch_mcp.recording.checks import Finding, check
from cloudwatch_mcp.recording.errors import CannotRecord, CassetteUnreadable, NotRecorded
from cloudwatch_mcp.recording.recorder import Recorder
from cloudwatch_mcp.recording.replay import Replay

__all__ = ["CannotRecord", "CassetteUnreadable", "Finding", "NotRecorded", "Recorder", "Replay", "check", "load"]
