"""What a forked process has when it starts: the imports of a server, and what botocore has read from files."""

from __future__ import annotations

import gc
import os
from functools import cache

import anyio
import botocore.session
from botocore.loaders import create_loader

import cloudwatch_mcp.recording
import cloudwatch_mcp.sandbox.server
import cloudwatch_mcp.server.lifecycle
import cloudwatch_mcp.server.normal_form  # noqa: F401
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.definitions import definitions
from cloudwatch_mcp.server.tool_calls import build_server

botocore.session.create_loader = cache(create_loader)
os.environ.clear()
os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
definitions()
_clients = build_server(Settings(), os.environ).runtime.clients
for _service in ("cloudwatch", "logs"):
    _clients.client(None, "us-east-1", _service)
anyio.run(anyio.sleep, 0)
gc.freeze()  # a search for garbage would copy every page that forked processes share
