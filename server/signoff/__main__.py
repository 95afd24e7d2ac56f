"""`python -m signoff` is the command `signoff`."""

import sys

from signoff.cli.main import main

sys.exit(main())
