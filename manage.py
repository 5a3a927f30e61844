#!/usr/bin/env python
"""Command line of mailadmin."""

import sys

from mailadmin.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
