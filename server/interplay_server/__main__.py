"""`python -m interplay_server` is the command `interplay`."""

import sys

from interplay_server.cli import main

sys.exit(main())
