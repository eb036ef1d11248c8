#!/usr/bin/env python3
"""Check the codecs of the `aws` crate against botocore and moto, for every operation of the table.

For each operation a request with every parameter is made by the crate (`cargo build -p partywall-aws --example replay`
first) to a server of this script, and compared with the one that botocore would have made. The server answers with a
result that has every member, written by moto's serialiser; what the crate read is compared with what botocore's parser
reads.

    python xtask/botocore/compare.py target/debug/examples/replay [service …]

Needs `moto[server]` beside what generate.py needs. Ends with 1 if anything differs.
"""

import base64
import datetime
import http.server
import json
import subprocess
import sys
import threading
import urllib.parse
import warnings
from collections import deque

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.exceptions import BotoCoreError
from moto.core.model import ServiceModel
from moto.core.serialize import get_serializer_class
from requests.structures import CaseInsensitiveDict

import generate

WHEN = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
NEVER = generate.Never(generate.DATA / "never.txt")
DEEPEST = 7


def members(shape, service):
    """The members of a structure that the table keeps; of a union, one."""
    kept = {k: m for k, m in shape.members.items()
            if not NEVER.drops(service, shape.name, k) and not m.serialization.get("eventstream")}
    return dict(list(kept.items())[:1]) if shape.is_tagged_union else kept


def sample(shape, service, text, above=()):
    kind = shape.type_name
    if kind == "structure":
        if shape.metadata.get("document"):
            return {"a": 1}
        if len(above) > DEEPEST or (shape.name in above and not shape.required_members):
            return {}
        below = above + (shape.name,)
        wanted = members(shape, service)
        if above.count(shape.name) > 0:
            wanted = {k: m for k, m in wanted.items() if k in shape.required_members}
        return {k: sample(m, service, text, below) for k, m in wanted.items()
                if m.serialization.get("location") != "statusCode"}
    if kind == "list":
        return [sample(shape.member, service, text, above)] * 2
    if kind == "map":
        return {"k1": sample(shape.value, service, text, above)}
    if shape.name == "AccountId":
        return "111122223333"
    return {"string": text, "character": text, "integer": 7, "long": 7, "float": 1.5, "double": 1.5,
            "boolean": True, "timestamp": WHEN, "blob": b"blob\x00\xff"}[kind]


def plain(value, shape, service):
    """A value of botocore in the form that the crate gives and takes."""
    kind = shape.type_name
    if kind == "structure" and not shape.metadata.get("document"):
        return {k: plain(value[k], m, service) for k, m in shape.members.items()
                if value.get(k) is not None and not NEVER.drops(service, shape.name, k)}
    if kind == "list":
        return [plain(v, shape.member, service) for v in value]
    if kind == "map":
        return {k: plain(v, shape.value, service) for k, v in value.items()}
    if kind == "timestamp":
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "blob" and isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers, asked = deque(), deque()

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        status, headers, reply = self.answers.popleft()
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("content-length", str(len(reply)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


def pairs(query):
    return sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))


def request_differs(protocol, ours, theirs):
    method, target, headers, body = ours
    path, _, query = target.partition("?")
    their_path, _, their_query = theirs["url_path"].partition("?")
    expected = urllib.parse.parse_qsl(their_query, keep_blank_values=True)
    given = theirs.get("query_string") or {}
    for name, value in given.items() if isinstance(given, dict) else given:
        expected += [(name, str(v)) for v in (value if isinstance(value, list) else [value])]
    if (method, path, pairs(query)) != (theirs["method"], their_path, sorted(expected)):
        return f"{method} {target} where botocore has {theirs['method']} {theirs['url_path']} {expected}"
    wanted = theirs["body"]
    if protocol in ("query", "ec2"):
        form = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in wanted.items()}
        if dict(pairs(body.decode())) != form:
            return f"form {body!r} where botocore has {form}"
    elif protocol in ("json", "rest-json"):
        if json.loads(body or "{}") != json.loads(wanted or "{}"):
            return f"body {body!r} where botocore has {wanted!r}"
    elif body != (wanted if isinstance(wanted, bytes) else (wanted or "").encode()):
        return f"body {body!r} where botocore has {wanted!r}"
    for name, value in (theirs.get("headers") or {}).items():
        # x-amzn-query-mode asks for the error codes of a protocol of old.
        if name.lower() not in ("content-type", "x-amzn-query-mode") and headers.get(name.lower()) != str(value):
            return f"header {name}: {headers.get(name.lower())} where botocore has {value}"
    return None


def main():
    warnings.filterwarnings("ignore")
    program, *only = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    replay = subprocess.Popen([program, f"http://127.0.0.1:{server.server_port}"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    compared, differ, skipped = 0, 0, []
    for line in generate.table()[1]:
        service, name = line.split(":")
        if only and service not in only:
            continue
        model = session.get_service_model(service)
        spoken = model.metadata.get("protocols") or [model.metadata["protocol"]]
        protocol = next(p for p in generate.PROTOCOLS if p in spoken)
        operation = model.operation_model(name)
        output = operation.output_shape
        params = sample(operation.input_shape, service, "a b/c&d") if operation.input_shape is not None else {}
        result = sample(output, service, 'v &<w> "q" /x') if output is not None else {}
        try:
            moto = ServiceModel(loader.load_service_model(service, "service-2"), service).operation_model(name)
            reply = get_serializer_class(service, protocol)(moto).serialize(result)
            body = reply["body"] if isinstance(reply["body"], bytes) else reply["body"].encode()
            headers = {k: str(v) for k, v in reply["headers"].items()}
            parsed = botocore.parsers.create_parser(protocol).parse(
                {"status_code": reply["status_code"], "headers": CaseInsensitiveDict(headers), "body": body,
                 "context": {"operation_name": name}}, output)
        except (BotoCoreError, botocore.parsers.ResponseParserError, TypeError, KeyError) as error:
            skipped.append(f"{line} ({error!r})")
            continue
        Server.answers.append((reply["status_code"], headers, body))
        sent = plain(params, operation.input_shape, service) if operation.input_shape is not None else {}
        print(json.dumps([service, name, sent]), file=replay.stdin, flush=True)
        said = json.loads(replay.stdout.readline())
        compared += 1
        if not Server.asked:
            Server.answers.clear()
            difference = f"nothing was sent: {said}"
        else:
            theirs = botocore.serialize.create_serializer(protocol, include_validation=False)
            difference = request_differs(protocol, Server.asked.popleft(),
                                         theirs.serialize_to_request(params, operation))
        parsed.pop("ResponseMetadata", None)
        expected = plain(parsed, output, service) if output is not None else {}
        if difference is None and said.get("answer") != expected:
            difference = f"read {json.dumps(said)[:400]} where botocore reads {str(expected)[:400]}"
        if difference is not None:
            differ += 1
            print(f"{line}: {difference}")
    replay.stdin.close()
    print(f"{compared} operations compared, {differ} differ, {len(skipped)} could not be: {skipped}", file=sys.stderr)
    sys.exit(1 if differ or not compared else 0)


if __name__ == "__main__":
    main()
