"""All scenes that are fuzzed."""

from __future__ import annotations

from tests.fuzz.alarm_scenes import ALARM_SCENES
from tests.fuzz.log_scenes import LOG_SCENES
from tests.fuzz.metric_scenes import METRIC_SCENES

SCENES = (*ALARM_SCENES, *LOG_SCENES, *METRIC_SCENES)
