"""What an incident is made of.

An incident is one module in `cloudwatch_mcp/sandbox/incidents/`: add its name to `INCIDENTS` there and define
`INCIDENT`, an `Incident`. `quiet_day` is a short one to begin with; a large one can have its log lines in a second
module, as `checkout_failures` has. Its parts:

Time
    is in minutes before the end of the data, the sandbox's `now`: 95 is 95 minutes before the end, and numbers count
    down. A *level* is a number, or a function of that minute: `phases(4, (95, 40), (35, 12))` is 4, then 40 from 95
    minutes before the end, then 12 from 35. Its parts can be levels again: `daily(peak)` follows the time of day,
    `ramp(95, 80, 4, 40)` rises, `pulses(24, 10, 90, 30)` is at 90 for 10 of every 24 minutes, `times(a, b)` multiplies.

Logs
    `LogGroup(name, (writer, ...))`. A writer is `lines(level, text, ..., streams=..., name=draw)`, with the lines per
    minute and a template: a text with `$name`, or a dict, which becomes a JSON line. A draw is a random value:
    `one_of`, `whole`, `around`, `uuid`. Several texts belong together, like START and REPORT of a Lambda function.
    Lines `about` the same have the same times and values, like those of two services about one request. `Line` is a
    single line, and `Deployment` a release; put releases in a log group of their own.

Metrics
    `metric(namespace, name, unit, count, level, Dimension="value")`, or `gauge` or `latency(...)` in place of `count`;
    a gauge's level of nan is a gap. `metrics` makes several with the same dimensions. In `AWS/...` namespaces use
    AWS's own names, units and dimensions: the tools know them.

Alarms
    `MetricAlarm(name, metric, statistic, ABOVE, threshold)` and `CompositeAlarm(name, description, rule)`. Write no
    states: the sandbox evaluates alarms on their metrics of the last six hours, and their history follows.

Red herrings
    are ordinary parts: a nightly batch with warnings, an alarm that flaps, a deployment that changed nothing. List
    each in `Truth.innocent`, with the reason why it is not the cause.

Truth and solution
    `Truth` has the cause, its first minute and what it affects. `solution` has the calls that a good investigation
    makes, each with texts that its answer must contain; `tests/sandbox/test_incidents.py` makes the calls and holds
    them to their budget. Nothing in the data may name the cause outright: it has to follow from the calls.

The same `now` gives the same data: use `randomness(name)` and the draws, never `random` or the clock.
"""
