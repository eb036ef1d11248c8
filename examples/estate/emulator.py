"""A moto server with a clock that can be put back.

Keys that nobody changed for two years and snapshots from last spring matter to an assessment, but
an emulator stamps everything with the present moment. This is the ordinary moto server with one
path more, `/estate-clock`: `POST /estate-clock?days_ago=400` makes whatever is created next look
400 days old. It also knows the policies of the provider, such as `AdministratorAccess`, and leaves
out the images that moto puts into each account, whose snapshots would pass for the account's own.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from moto.core import utils
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import run_simple

CLOCK_PATH = "/estate-clock"
moto_utcnow = utils.utcnow


class Clock:
    """The time that the emulator believes in: now, less some days."""

    def __init__(self) -> None:
        self.behind = timedelta()

    def utcnow(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None) - self.behind

    def install(self) -> None:
        """Replaces moto's clock where it is defined and in each module that imported it by name."""
        for module in list(sys.modules.values()):
            if module.__name__.startswith("moto.") and getattr(module, "utcnow", None) is moto_utcnow:
                module.utcnow = self.utcnow


class ClockedServer:
    """WSGI: answers the clock's path itself and leaves the rest to moto."""

    def __init__(self, clock: Clock, moto) -> None:
        self.clock = clock
        self.moto = moto

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != CLOCK_PATH:
            return self.moto(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            asked = parse_qs(environ["QUERY_STRING"]).get("days_ago", ["0"])
            self.clock.behind = timedelta(days=float(asked[0]))
        body = json.dumps({"estate-clock": f"{self.clock.utcnow().isoformat()}Z"}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def main() -> None:
    parser = argparse.ArgumentParser(description="moto server with a clock that can be put back")
    parser.add_argument("-p", "--port", type=int, required=True)
    port = parser.parse_args().port
    os.environ |= {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    clock = Clock()
    clock.install()
    run_simple(
        "127.0.0.1",
        port,
        ClockedServer(clock, DomainDispatcherApplication(create_backend_app)),
        threaded=True,
        request_handler=MotoRequestHandler,
    )


if __name__ == "__main__":
    main()
