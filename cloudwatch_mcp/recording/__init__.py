"""Record and replay of what the server asks of AWS, on vcrpy's cassettes.

A recorder hears what botocore sends and gets, without taking part; a replay answers instead of the network. Neither
patches anything: both listen to the events of the boto3 sessions that they open for the server's `Clients`.

To replay, in a test say:

    replay = Replay("cassettes/active_alarms.yaml")
    server = build_server(Settings(), {}, clients=replay.clients(Settings()), clock=replay.clock)
    ...                          # call a tool
    assert not replay.misses     # what was asked and is not in the cassette, even when a tool swallowed the error
    assert not replay.unplayed   # what is in the cassette and was not asked

To record:

    recorder = Recorder("sandbox", base=clock, rename_queries=True)
    server = build_server(settings, environment, clients=recorder.clients(settings, environment), clock=recorder.clock)
    ...                          # call a tool
    recorder.save(path)          # redacted and sorted

A tool call has one time, in recording and in replay: the file lists the calls with their times. `check` finds in a
file what must not be shared, and what AWS's service model does not allow.
"""

from cloudwatch_mcp.recording.cassettes import load
from cloudwatch_mcp.recording.checks import Finding, check
from cloudwatch_mcp.recording.errors import CannotRecord, CassetteUnreadable, NotRecorded
from cloudwatch_mcp.recording.recorder import Recorder
from cloudwatch_mcp.recording.replay import Replay

__all__ = ["CannotRecord", "CassetteUnreadable", "Finding", "NotRecorded", "Recorder", "Replay", "check", "load"]
