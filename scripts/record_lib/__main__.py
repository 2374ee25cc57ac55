import sys

from loguru import logger

from scripts.record_lib.command import main

logger.remove()  # a line for each tool call
sys.exit(main())
