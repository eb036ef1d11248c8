"""Builds the bank: three accounts of one organisation, in two regions, on a running emulator.

    python bank.py --endpoint http://127.0.0.1:5055             builds (what was there before is gone)
    python bank.py --endpoint http://127.0.0.1:5055 --summary   prints what the list APIs return

The three accounts are told in three files: `shared.py` (careful), `production.py` (where the breach
of 2019 could happen again) and `development.py` (careless). The other modules know how to build one
kind of thing and nothing about this bank.
"""

import argparse
import json
import sys

import development
import production
import shared
from accounts import Emulator
from summary import summary


def main() -> None:
    parser = argparse.ArgumentParser(description="builds a small bank on a running emulator")
    parser.add_argument("--endpoint", required=True, help="the emulator, such as http://127.0.0.1:5055")
    parser.add_argument("--summary", action="store_true", help="only print kind → count per account and region, as JSON")
    asked = parser.parse_args()
    emulator = Emulator(asked.endpoint.rstrip("/"))
    if asked.summary:
        print(json.dumps(summary(emulator), indent=2))
        return
    if not emulator.clock_works:
        print("this server has no clock that can be put back: keys and snapshots will all be of today", file=sys.stderr)
    emulator.start_afresh()
    for account in (shared, production, development):
        account.build(emulator)


if __name__ == "__main__":
    main()
