"""All scenes of the fuzz."""

from __future__ import annotations

from tests.support.fuzz.alarm_scenes import ALARM_SCENES
from tests.support.fuzz.log_scenes import LOG_SCENES
from tests.support.fuzz.metric_scenes import METRIC_SCENES

SCENES = (*ALARM_SCENES, *LOG_SCENES, *METRIC_SCENES)
